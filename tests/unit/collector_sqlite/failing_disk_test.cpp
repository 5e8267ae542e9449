// Every call to the disk fails once, at every place, in every way; and the disk stays broken from
// every place on until it heals. Whatever happens: an error with words, nothing half-stored, the
// kept commit goes in, and no file of which a sync failed is trusted again.
#include <filesystem>
#include <limits>

#include "collector/io/sqlite/content_hash.hpp"
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"
#include "tests/unit/collector_sqlite/failing_vfs.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max() / 2;
constexpr std::uint64_t kCommits = 6;
constexpr int kAttemptsMax = 12;
/// Syncs, opens and truncations fail at every place; of the many writes and reads the default run
/// takes every seventh, the long one all.
#ifdef AFTERCARE_LONG
constexpr std::uint64_t kStride = 1;
#else
constexpr std::uint64_t kStride = 7;
#endif

/// The log is folded into the file after every other commit.
constexpr StoreOptions kOptions{.checkpoint_pages = 60};

Commit large_commit(std::uint64_t k) {
    Commit commit;
    commit.devices = {device(1), device(2, std::string(3000, 's'))};
    for (std::uint64_t i = 0; i < 4; ++i) {
        add_report(commit, 1, k * 4 + i + 1, 1);
        commit.raw.back().bytes = std::string(40'000, static_cast<char>('a' + k));
    }
    commit.tickets = {ticket("t" + std::to_string(k), 1, "mode-" + std::to_string(k))};
    commit.totals = {};
    commit.totals.reports = commit.totals.records = (k + 1) * 4;
    return commit;
}

std::string place(const DiskFault& fault, std::uint64_t nth, bool stays) {
    constexpr std::string_view kCalls[] = {"open", "write", "sync", "truncate", "read"};
    return std::string(kCalls[static_cast<std::size_t>(fault.call)]) + " " + std::to_string(nth) +
           ", code " + std::to_string(fault.code) + (stays ? ", stays broken" : "");
}

}  // namespace

TEST_GROUP(FailingDisk) {
    FailingVfs disk;

    /// What the same commits leave on a disk that never fails.
    std::uint64_t expected() {
        const ScratchDatabase clean("clean");
        const auto store = clean.open(kOptions);
        for (std::uint64_t k = 0; k < kCommits; ++k) {
            CHECK(store->apply(large_commit(k)).has_value());
        }
        return database_content_hash(clean.path()).value();
    }
    void said_clearly(const Error& error, const std::string& where) {
        const bool known = error.code == Errc::unavailable || error.code == Errc::corrupt;
        CHECK_TEXT(known, (where + ": " + error.message).c_str());
        CHECK_TEXT(error.message.size() > 40, (where + ": " + error.message).c_str());
    }
    /// Opens, applies all commits with retries, closes. Heals a broken disk after two refusals.
    void run(const ScratchDatabase& database, const std::string& where) {
        std::unique_ptr<SqliteStore> store;
        std::uint64_t next = 0;
        int refusals = 0;
        while (next < kCommits) {
            CHECK_TEXT(refusals <= kAttemptsMax, (where + ": never recovers").c_str());
            Status status;
            if (!store) {
                auto opened = SqliteStore::open(database.path(), kOptions);
                if (opened) {
                    store = std::move(*opened);
                    continue;
                }
                status = fail(opened.error());
            } else {
                status = store->apply(large_commit(next));
            }
            if (status) {
                ++next;
                CHECK_TEXT(disk.distrusted_files() == 0,
                           (where + ": stored through a file of which a sync failed").c_str());
                continue;
            }
            said_clearly(status.error(), where);
            if (++refusals == 2) disk.heal();
        }
        disk.heal();
    }
    /// Every n until a run passes without meeting the fault.
    std::uint64_t sweep(const DiskFault& fault, bool stays, std::uint64_t step = 1) {
        const std::uint64_t clean = expected();
        std::uint64_t met = 0;
        for (std::uint64_t nth = 1;; nth += step) {
            const std::string where = place(fault, nth, stays);
            const ScratchDatabase database("failing");
            disk.fail(fault, nth, stays ? kForEver : 1);
            run(database, where);
            if (disk.failures() == 0) break;
            ++met;
            const auto hash = database_content_hash(database.path());
            CHECK_TEXT(hash.has_value(), where.c_str());
            CHECK_TEXT(*hash == clean, where.c_str());
            STRCMP_EQUAL_TEXT("ok", database.sql("PRAGMA integrity_check").c_str(), where.c_str());
        }
        return met;
    }
};

// promise: disk-fault
TEST(FailingDisk, may_fail_any_sync) {
    CHECK(sweep({DiskCall::sync, SQLITE_IOERR_FSYNC}, false) >= 8);
    CHECK(sweep({DiskCall::sync, SQLITE_IOERR_FSYNC}, true) >= 8);
}

// promise: disk-fault
TEST(FailingDisk, may_fail_any_open) {
    CHECK(sweep({DiskCall::open, SQLITE_CANTOPEN}, false) >= 2);
    CHECK(sweep({DiskCall::open, SQLITE_CANTOPEN}, true) >= 2);
}

TEST(FailingDisk, may_fail_any_truncation) {
    sweep({DiskCall::truncate, SQLITE_IOERR_TRUNCATE}, false);
    sweep({DiskCall::truncate, SQLITE_IOERR_TRUNCATE}, true);
}

// promise: disk-fault
TEST(FailingDisk, may_be_full_at_any_write) {
    CHECK(sweep({DiskCall::write, SQLITE_FULL}, true, kStride) >= 20);
}

TEST(FailingDisk, may_write_only_half) {
    CHECK(sweep({DiskCall::write, SQLITE_IOERR_WRITE, true}, false, kStride) >= 20);
}

TEST(FailingDisk, may_fail_any_read) {
    CHECK(sweep({DiskCall::read, SQLITE_IOERR_READ}, false, kStride) >= 10);
}
