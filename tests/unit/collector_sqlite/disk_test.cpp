// Disks that are full, read-only, damaged or busy: the error says the way out, nothing is
// half-stored, and the same commit goes in once the cause is gone.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/sqlite/verify.hpp"
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

/// Twenty reports of four kilobytes and a ticket.
Commit bulky_commit(std::uint64_t k) {
    Commit commit;
    commit.devices = {device(1)};
    for (std::uint64_t i = 0; i < 20; ++i) {
        add_report(commit, 1, k * 20 + i + 1, 1);
        commit.raw.back().bytes = std::string(4096, static_cast<char>('a' + k % 26));
    }
    commit.tickets = {ticket("t" + std::to_string(k), 1, "mode-" + std::to_string(k))};
    commit.totals = {};
    commit.totals.reports = k + 1;
    return commit;
}

/// Applies commits until one fails and returns its number.
std::uint64_t fill(Store& store, Error& error) {
    for (std::uint64_t k = 0; k < 1000; ++k) {
        if (Status applied = store.apply(bulky_commit(k)); !applied) {
            error = applied.error();
            return k;
        }
    }
    return 1000;
}

std::uint64_t reports_in(Store& store) {
    return store.load(Settings{}, hour(0)).value().totals.reports;
}

/// Runs `work` in a child (as nobody, when root would not be refused) and returns its exit code.
template <class Work>
int in_child(bool unprivileged, Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (unprivileged && ::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(99);
        ::_exit(work());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void overwrite(const std::string& path, std::streamoff from, std::size_t size) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(from);
    file << std::string(size, '\xA5');
}

}  // namespace

TEST_GROUP(FullDisk) {
    ScratchDatabase database{"full"};
};

TEST(FullDisk, refuses_the_whole_commit_and_says_so) {
    const auto store = database.open({.durable = false, .bytes_max = 1'000'000});
    Error error{Errc::invalid, ""};
    const std::uint64_t refused = fill(*store, error);
    CHECK(refused > 5 && refused < 20);
    CHECK(error.code == Errc::unavailable);
    STRCMP_CONTAINS("full; nothing of this was stored. Free space", error.message.c_str());
    const std::uint64_t before = database_content_hash(database.path()).value();
    CHECK_FALSE(store->apply(bulky_commit(refused)).has_value());
    CHECK(before == database_content_hash(database.path()).value());
    UNSIGNED_LONGS_EQUAL(refused, reports_in(*store));
    UNSIGNED_LONGS_EQUAL(refused, database.queries()->counts()->tickets);
}

TEST(FullDisk, still_takes_what_fits) {
    const auto store = database.open({.durable = false, .bytes_max = 1'000'000});
    Error error{Errc::invalid, ""};
    const std::uint64_t refused = fill(*store, error);
    Commit small;
    small.devices = {device(1, "changed")};
    small.totals.reports = refused;
    CHECK(store->apply(small).has_value());
    STRCMP_EQUAL("changed", store->load(Settings{}, hour(0))->devices[0].state.c_str());
}

// The limit on file sizes makes write() itself fail, in the log as in the database file.
TEST(FullDisk, takes_the_same_commit_once_there_is_space) {
    const int code = in_child(false, [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const auto store = database.open({});
        rlimit unlimited{};
        ::getrlimit(RLIMIT_FSIZE, &unlimited);
        const rlimit tight{700'000, unlimited.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &tight);
        Error error{Errc::invalid, ""};
        std::uint64_t refused = fill(*store, error);
        if (refused == 0 || refused == 1000 || error.code != Errc::unavailable) return 1;
        // Opened again, the log is folded into the file, which may make room for some more.
        for (int failures = 0; failures < 2;) {
            if (store->apply(bulky_commit(refused))) {
                failures = 0;
                ++refused;
            } else {
                ++failures;
            }
            if (refused == 1000) return 2;
        }
        ::setrlimit(RLIMIT_FSIZE, &unlimited);
        for (std::uint64_t k = refused; k < refused + 10; ++k) {
            if (!store->apply(bulky_commit(k))) return 3;
        }
        return reports_in(*store) == refused + 10 ? 0 : 4;
    });
    LONGS_EQUAL(0, code);
    const auto counts = database.queries()->counts();
    UNSIGNED_LONGS_EQUAL(counts->totals.reports * 20, counts->raw_reports);
    UNSIGNED_LONGS_EQUAL(counts->totals.reports, counts->tickets);
    STRCMP_EQUAL("ok", database.sql("PRAGMA integrity_check").c_str());
}

TEST_GROUP(FullFileSystem) {
    ScratchDatabase database{"tmpfs"};
};

// A real file system without room, in a mount of this test alone; a ballast file gives room back.
TEST(FullFileSystem, takes_the_same_commit_once_there_is_space) {
    constexpr int kNoMount = 77;
    const int code = in_child(false, [&] {
        const std::string folder = std::filesystem::path(database.path()).parent_path();
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=3m") != 0) {
            return kNoMount;
        }
        const std::string ballast = database.path("ballast");
        std::ofstream(ballast) << std::string(1'500'000, 'x');
        const auto store = database.open({});
        Error error{Errc::invalid, ""};
        const std::uint64_t refused = fill(*store, error);
        if (refused == 0 || refused == 1000 || error.code != Errc::unavailable) return 1;
        if (error.message.find("Free space there") == std::string::npos) return 2;
        if (store->apply(bulky_commit(refused))) return 3;
        std::filesystem::remove(ballast);
        for (std::uint64_t k = refused; k < refused + 3; ++k) {
            if (!store->apply(bulky_commit(k))) return 4;
        }
        if (reports_in(*store) != refused + 3) return 5;
        return database.sql("PRAGMA integrity_check") == "ok" ? 0 : 6;
    });
    if (code == kNoMount) {
        std::puts("SKIP: this system lets no test mount a file system of its own");
        return;
    }
    LONGS_EQUAL(0, code);
}

TEST_GROUP(ReadOnlyDisk) {
    ScratchDatabase database{"readonly"};
    void setup() override {
        database.open();
        ::chmod(std::filesystem::path(database.path()).parent_path().c_str(), 0777);
    }
};

TEST(ReadOnlyDisk, is_named_when_opening_not_at_the_first_commit) {
    ::chmod(database.path().c_str(), 0444);
    ::chmod((database.path() + ".lock").c_str(), 0666);
    const int code = in_child(true, [&] {
        const auto store = SqliteStore::open(database.path());
        if (store) return 1;
        if (store.error().code != Errc::unavailable) return 2;
        return store.error().message.find("read-only") == std::string::npos ? 3 : 0;
    });
    LONGS_EQUAL(0, code);
}

TEST(ReadOnlyDisk, is_named_when_the_folder_may_not_be_written) {
    std::filesystem::remove(database.path() + ".lock");
    ::chmod(std::filesystem::path(database.path()).parent_path().c_str(), 0555);
    const int code = in_child(true, [&] {
        const auto store = SqliteStore::open(database.path());
        if (store || store.error().code != Errc::unavailable) return 1;
        return store.error().message.find("must exist and be writable") == std::string::npos ? 2
                                                                                             : 0;
    });
    LONGS_EQUAL(0, code);
}

TEST_GROUP(DamagedDisk) {
    ScratchDatabase database{"damaged"};
    void setup() override {
        const auto store = database.open();
        for (std::uint64_t k = 0; k < 20; ++k) CHECK(store->apply(bulky_commit(k)).has_value());
    }
};

TEST(DamagedDisk, is_reported_when_the_damaged_page_is_read) {
    // All but the first page, so that it does not matter which table lives where.
    const auto size = static_cast<std::size_t>(std::filesystem::file_size(database.path()));
    overwrite(database.path(), 8192, size - 8192);
    const auto store = SqliteStore::open(database.path());
    const auto loaded =
        store ? (*store)->load(Settings{}, hour(0)) : Result<Loaded>(fail(store.error()));
    CHECK(!loaded && loaded.error().code == Errc::corrupt);
    STRCMP_CONTAINS("puts the last backup in its place", loaded.error().message.c_str());
}

TEST(DamagedDisk, is_found_by_verify_wherever_it_is) {
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(database.path()));
    overwrite(database.path(), size / 2 / 8192 * 8192, 8192);
    const auto report = verify_database(database.path());
    CHECK(!report || !report->sound());
}

TEST_GROUP(BusyDatabase) {
    ScratchDatabase database{"busy"};
};

TEST(BusyDatabase, is_named_and_taken_up_again) {
    const auto store = database.open({.busy_timeout = milliseconds{20}, .durable = false});
    sqlite3* other = nullptr;
    sqlite3_open(database.path().c_str(), &other);
    LONGS_EQUAL(SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr));
    const Status refused = store->apply(bulky_commit(0));
    CHECK(!refused && refused.error().code == Errc::unavailable);
    STRCMP_CONTAINS("locked by another process", refused.error().message.c_str());
    sqlite3_close(other);
    CHECK(store->apply(bulky_commit(0)).has_value());
    UNSIGNED_LONGS_EQUAL(1, reports_in(*store));
}
