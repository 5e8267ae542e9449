// The death of the process at any moment: what is found afterwards is exactly a prefix of the
// commits, and every commit whose apply returned is in it.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "collector/io/sqlite/content_hash.hpp"
#include "common/rng.hpp"
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr std::uint64_t kDevices = 5;
constexpr unsigned kDatabases = 5;
constexpr unsigned kKillsPerDatabase = 12;

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

}  // namespace

TEST_GROUP(KilledCollector){};

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
