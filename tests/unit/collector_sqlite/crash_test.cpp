// The death of the process at any moment: what is found afterwards is exactly a prefix of the
// commits, and every commit whose apply returned is in it.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "collector/io/sqlite/content_hash.hpp"
#include "common/rng.hpp"
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"
#include "tests/unit/collector_sqlite/failing_vfs.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr std::uint64_t kDevices = 5;
constexpr unsigned kDatabases = 5;
constexpr unsigned kKillsPerDatabase = 12;
constexpr std::uint64_t kCommitsOnDeadlyDisk = 12;
/// The log is folded into the file every few commits.
constexpr StoreOptions kFolding{.durable = true, .checkpoint_pages = 40};
/// The default run dies at every 37th call to the disk, the long one at each.
#ifdef AFTERCARE_LONG
constexpr std::uint64_t kStride = 1;
#else
constexpr std::uint64_t kStride = 37;
#endif

/// Commit number k touches every kind of row; its number is in the totals.
Commit numbered_commit(std::uint64_t k) {
    const auto no = static_cast<DeviceNo>(k % kDevices + 1);
    const Seq first = k / kDevices * 4 + 1;
    Commit commit;
    commit.devices = {device(no, "state after " + std::to_string(k))};
    add_report(commit, no, first, 2);
    add_report(commit, no, first + 2, 2);
    commit.faults = {fault(no, first, 18, hour(static_cast<std::int64_t>(k)))};
    const std::string id = "t" + std::to_string(k / kDevices) + "-" + std::to_string(no);
    commit.tickets = {ticket(id, no, "mode-" + std::to_string(k))};
    commit.events = {event(id, 1, "opened", std::nullopt, TicketState::open)};
    commit.totals = {};
    commit.totals.reports = k + 1;
    return commit;
}

std::uint64_t commits_in(Store& store) {
    const auto loaded = store.load(Settings{}, hour(0));
    AFTERCARE_ASSERT(loaded.has_value());
    return loaded->totals.reports;
}

/// A counter that survives the child's death.
class SharedCounter {
  public:
    SharedCounter()
        : value_(static_cast<volatile std::uint64_t*>(::mmap(nullptr, sizeof(std::uint64_t),
                                                             PROT_READ | PROT_WRITE,
                                                             MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
    ~SharedCounter() { ::munmap(const_cast<std::uint64_t*>(value_), sizeof(std::uint64_t)); }
    SharedCounter(const SharedCounter&) = delete;
    SharedCounter& operator=(const SharedCounter&) = delete;
    void set(std::uint64_t value) { *value_ = value; }
    [[nodiscard]] std::uint64_t get() const { return *value_; }

  private:
    volatile std::uint64_t* value_;
};

[[noreturn]] void commit_until_killed(const ScratchDatabase& database,
                                      SharedCounter& acknowledged) {
    const auto store = database.open({});
    for (std::uint64_t k = commits_in(*store);; ++k) {
        if (!store->apply(numbered_commit(k))) ::_exit(1);
        acknowledged.set(k + 1);
    }
}

/// Kills a collector `delay_us` after its start, or after its first commit.
void kill_after(useconds_t delay_us, bool at_work, const ScratchDatabase& database,
                SharedCounter& acknowledged) {
    const std::uint64_t before = acknowledged.get();
    const pid_t child = ::fork();
    if (child == 0) commit_until_killed(database, acknowledged);
    while (at_work && acknowledged.get() == before) ::usleep(100);
    ::usleep(delay_us);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
}

/// A process that stores its commits dies at the `nth` such call to the disk. False when it made
/// fewer and lived.
bool dies_at(const DiskFault& fault, std::uint64_t nth, const ScratchDatabase& database,
             SharedCounter& acknowledged) {
    const pid_t child = ::fork();
    if (child == 0) {
        FailingVfs disk;
        disk.fail(fault, nth, 1);
        const auto store = database.open(kFolding);
        for (std::uint64_t k = 0; k < kCommitsOnDeadlyDisk; ++k) {
            if (!store->apply(numbered_commit(k))) ::_exit(1);
            acknowledged.set(k + 1);
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kDeathExitCode));
    return WEXITSTATUS(status) == kDeathExitCode;
}

struct Deaths {
    unsigned at_creation = 0;   ///< before the first commit was asked for
    unsigned in_commit = 0;     ///< and nothing of it is found
    unsigned after_commit = 0;  ///< it is found whole, and nobody was told
};

/// What a death left is a prefix, and the rest goes in as if nothing had happened.
void check_and_complete(const ScratchDatabase& database, std::uint64_t acknowledged,
                        std::uint64_t whole, Deaths& deaths) {
    const auto store = database.open();
    const std::uint64_t found = commits_in(*store);
    CHECK(found == acknowledged || found == acknowledged + 1);
    STRCMP_EQUAL("ok", database.sql("PRAGMA integrity_check").c_str());
    ++(found > acknowledged ? deaths.after_commit
                            : (found == 0 ? deaths.at_creation : deaths.in_commit));
    for (std::uint64_t k = found; k < kCommitsOnDeadlyDisk; ++k) {
        CHECK(store->apply(numbered_commit(k)).has_value());
    }
    CHECK(database_content_hash(database.path()).value() == whole);
}

Deaths die_at_each(const DiskFault& fault, std::uint64_t stride) {
    const ScratchDatabase reference("reference");
    const auto reference_store = reference.open();
    for (std::uint64_t k = 0; k < kCommitsOnDeadlyDisk; ++k) {
        CHECK(reference_store->apply(numbered_commit(k)).has_value());
    }
    const std::uint64_t whole = database_content_hash(reference.path()).value();
    Deaths deaths;
    for (std::uint64_t nth = 1;; nth += stride) {
        const ScratchDatabase database("deadly");
        SharedCounter acknowledged;
        if (!dies_at(fault, nth, database, acknowledged)) break;
        check_and_complete(database, acknowledged.get(), whole, deaths);
    }
    return deaths;
}

}  // namespace

TEST_GROUP(KilledCollector){};

// promise: exactly-once
TEST(KilledCollector, may_die_at_any_write_of_a_transaction_whole_or_torn) {
    Deaths sum;
    for (const DiskFault& fault :
         {DiskFault{DiskCall::write, 0, false, true}, DiskFault{DiskCall::write, 0, true, true}}) {
        const Deaths deaths = die_at_each(fault, kStride);
        CHECK(deaths.in_commit > 0);
        sum.at_creation += deaths.at_creation;
        sum.in_commit += deaths.in_commit;
        sum.after_commit += deaths.after_commit;
    }
    std::printf("deaths before the first commit %u, inside one %u, after one %u\n", sum.at_creation,
                sum.in_commit, sum.after_commit);
}

TEST(KilledCollector, may_die_at_any_sync_of_a_transaction) {
    const Deaths deaths = die_at_each({DiskCall::sync, 0, false, true}, 1);
    CHECK(deaths.after_commit > 0);
}

TEST(KilledCollector, leaves_exactly_a_prefix_of_its_commits) {
    Rng rng(20'260'131);
    std::uint64_t commit_count = 0;
    for (unsigned round = 0; round < kDatabases; ++round) {
        const ScratchDatabase database("killed");
        const ScratchDatabase reference("reference");
        const auto reference_store = reference.open();
        SharedCounter acknowledged;
        std::uint64_t found = 0;
        for (unsigned kill = 0; kill < kKillsPerDatabase; ++kill) {
            kill_after(static_cast<useconds_t>(rng.below(15'000)), kill % 2 == 0, database,
                       acknowledged);
            const std::uint64_t before = found;
            found = commits_in(*database.open());
            CHECK(found >= acknowledged.get() && found <= acknowledged.get() + 1);
            acknowledged.set(found);
            for (std::uint64_t k = before; k < found; ++k) {
                CHECK(reference_store->apply(numbered_commit(k)).has_value());
            }
            CHECK(database_content_hash(database.path()).value() ==
                  database_content_hash(reference.path()).value());
        }
        commit_count += found;
    }
    CHECK(commit_count >= kDatabases * kKillsPerDatabase / 2);
}

TEST(KilledCollector, is_read_by_others_before_anybody_opens_it_again) {
    const ScratchDatabase database("killed");
    SharedCounter acknowledged;
    kill_after(2'000, true, database, acknowledged);
    const auto counts = database.queries()->counts();
    CHECK(counts.has_value());
    CHECK(counts->totals.reports >= acknowledged.get());
    UNSIGNED_LONGS_EQUAL(counts->totals.reports * 2, counts->raw_reports);
}
