// Housekeeping in a child process that ends, without a word, at a chosen statement.
#pragma once

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/collector_sqlite/telemetry_fleet.hpp"

#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {

/// One at a time: it watches every connection that this process opens.
class DyingHousekeeper {
  public:
    explicit DyingHousekeeper(StoreOptions options) : options_(std::move(options)) {
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch));
    }
    ~DyingHousekeeper() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(watch)); }
    DyingHousekeeper(const DyingHousekeeper&) = delete;
    DyingHousekeeper& operator=(const DyingHousekeeper&) = delete;

    /// Runs until nothing is due, in a child that dies at its statement number `at`. False: it got
    /// through.
    [[nodiscard]] bool dies(const ScratchDatabase& database, int at, WallTime now) const {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto store = database.open(options_);
            statements_left = at;
            settle(*store, now);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(WIFEXITED(status));
        return WEXITSTATUS(status) == 9;
    }

  private:
    static inline int statements_left = -1;

    static int count(unsigned, void*, void*, void*) {
        if (statements_left >= 0 && statements_left-- == 0) ::_exit(9);
        return 0;
    }
    static int watch(sqlite3* database, const char**, const sqlite3_api_routines*) {
        return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, count, nullptr);
    }

    const StoreOptions options_;
};

inline void copy_database(const ScratchDatabase& from, const ScratchDatabase& to) {
    std::error_code failed;
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::remove(to.path() + suffix, failed);
    }
    std::filesystem::copy_file(from.path(), to.path(),
                               std::filesystem::copy_options::overwrite_existing, failed);
    CHECK(!failed);
}

}  // namespace aftercare::collector::testing
