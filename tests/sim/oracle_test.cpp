// Proves that the judge can say no: worlds whose store breaks one promise each.
#include "firmware_sim/world/oracle.hpp"

#include "tests/sim/worlds.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

enum class Broken : std::uint8_t { not_yet, changed, dropped };
using Break = std::function<Broken(collector::Commit&)>;

/// Breaks one commit, the first that can be broken; a dropped one is never applied.
class BrokenStore final : public collector::Store {
  public:
    BrokenStore(std::unique_ptr<collector::Store> inner, Break breaking)
        : inner_(std::move(inner)), breaking_(std::move(breaking)) {}

    Result<collector::Loaded> load(const collector::Settings& settings, WallTime now) override {
        return inner_->load(settings, now);
    }
    Status apply(const collector::Commit& commit) override {
        if (broken_ != Broken::not_yet || commit.raw.empty()) return inner_->apply(commit);
        collector::Commit changed = commit;
        broken_ = breaking_(changed);
        if (broken_ == Broken::dropped) return {};
        return inner_->apply(broken_ == Broken::changed ? changed : commit);
    }

  private:
    std::unique_ptr<collector::Store> inner_;
    Break breaking_;
    Broken broken_ = Broken::not_yet;
};

/// Loads every high-water mark as nothing.
class ForgetfulStore final : public collector::Store {
  public:
    explicit ForgetfulStore(std::unique_ptr<collector::Store> inner) : inner_(std::move(inner)) {}

    Result<collector::Loaded> load(const collector::Settings& settings, WallTime now) override {
        auto loaded = inner_->load(settings, now);
        if (loaded) {
            for (auto& stream : loaded->streams) stream.high_water = {};
        }
        return loaded;
    }
    Status apply(const collector::Commit& commit) override { return inner_->apply(commit); }

  private:
    std::unique_ptr<collector::Store> inner_;
};

template <class Broken, class... Arguments>
Result<RunSummary> run_on(const Scenario& scenario, Arguments... arguments) {
    RunOptions options;
    options.open_store = [=](const std::string& path, const std::vector<RunDocument>& documents,
                             WallTime now) -> Result<std::unique_ptr<collector::Store>> {
        auto inner = open_sqlite(path, documents, now);
        if (!inner) return inner;
        return std::unique_ptr<collector::Store>(
            std::make_unique<Broken>(std::move(*inner), arguments...));
    };
    return run_fleet(scenario, shipped_catalogue(), shipped_rules(), options);
}

RunSummary run_broken(const Break& breaking) {
    return shipped(run_on<BrokenStore>(small_world(1), breaking));
}

}  // namespace

TEST_GROUP(Oracle) {
    Oracle oracle;

    agent::Accepted bulk(Seq seq, bool durable = false) {
        return {Lane::bulk, seq, durable};
    }

    void store(Seq seq, std::uint32_t hash) {
        oracle.stored(
            {.device_id = "d", .stream_id = 7, .lane = Lane::bulk, .seq = seq, .hash = hash});
    }
};

TEST(Oracle, notices_a_report_that_the_store_dropped) {
    const RunSummary summary = run_broken([](collector::Commit& commit) {
        commit.raw.pop_back();
        return Broken::changed;
    });
    CHECK(summary.verdict.lost > 0);
    CHECK_FALSE(summary.passed());
}

TEST(Oracle, notices_a_commit_that_was_acknowledged_but_never_applied) {
    const RunSummary summary = run_broken([](collector::Commit&) { return Broken::dropped; });
    CHECK(summary.verdict.lost > 0);
    CHECK_FALSE(summary.passed());
}

TEST(Oracle, notices_marks_that_a_restart_forgot) {
    Scenario scenario = small_world(1);
    scenario.collector.kill_after_commit_ratio = 0.05;
    // The store itself refuses to keep a record twice, which ends the run.
    const auto summary = run_on<ForgetfulStore>(scenario);
    CHECK(!summary || !summary->passed());
}

TEST(Oracle, notices_a_record_that_is_not_the_one_that_was_made) {
    // Whoever swaps the bytes of two devices keeps every number intact.
    const RunSummary summary = run_broken([](collector::Commit& commit) {
        auto& first = commit.raw.front();
        for (auto& raw : commit.raw) {
            if (raw.device_no == first.device_no || raw.lane != first.lane) continue;
            if (raw.first_seq != first.first_seq || raw.last_seq != first.last_seq) continue;
            std::swap(raw.bytes, first.bytes);
            return Broken::changed;
        }
        return Broken::not_yet;
    });
    CHECK_FALSE(summary.passed());
}

TEST(Oracle, knows_lost_from_declared_from_doubtful) {
    const auto device = oracle.add_device("d");
    oracle.made(device, 7, bulk(1), 11);
    oracle.made(device, 7, bulk(2), 13);
    oracle.synced(device, 7);
    oracle.made(device, 7, bulk(3), 15);
    oracle.power_cut(device);
    oracle.made(device, 7, bulk(3), 17);  // never durable, never sent: may come again
    oracle.made(device, 7, bulk(4), 19);
    CHECK_EQUAL(0U, oracle.verdict().violation_count);
    store(1, 11);
    store(3, 17);
    store(4, 19);
    oracle.ends_at(device, 7, {1, 5});
    oracle.finish();
    CHECK_EQUAL(1U, oracle.verdict().lost);  // seq 2 was durable
    CHECK_EQUAL(3U, oracle.verdict().records);
}

TEST(Oracle, refuses_a_seq_that_was_durable_and_comes_again) {
    const auto device = oracle.add_device("d");
    oracle.made(device, 7, bulk(1, true), 11);
    oracle.power_cut(device);
    oracle.made(device, 7, bulk(1), 13);
    CHECK_EQUAL(1U, oracle.verdict().violation_count);
}

TEST(Oracle, a_record_gone_with_the_power_is_no_loss_but_is_counted) {
    const auto device = oracle.add_device("d");
    oracle.made(device, 7, bulk(1), 11);
    oracle.power_cut(device);
    oracle.ends_at(device, 7, {1, 1});
    oracle.finish();
    CHECK_EQUAL(0U, oracle.verdict().lost);
    CHECK_EQUAL(1U, oracle.verdict().unsynced_lost);
}

TEST(Oracle, counts_a_record_that_comes_twice_and_one_that_was_changed) {
    const auto device = oracle.add_device("d");
    oracle.made(device, 7, bulk(1, true), 11);
    oracle.made(device, 7, bulk(2, true), 13);
    store(1, 11);
    store(1, 11);
    store(2, 99);
    CHECK_EQUAL(1U, oracle.verdict().duplicates);
    CHECK_EQUAL(1U, oracle.verdict().violation_count);
}

TEST(Oracle, sees_holes_overlaps_early_marks_and_early_acks_in_a_commit) {
    oracle.add_device("d");
    collector::Commit commit;
    commit.devices.push_back({.info = {.no = 1, .tenant = "demo", .device_id = "d"}});
    commit.raw.push_back(
        {.device_no = 1, .stream_id = 7, .lane = Lane::bulk, .first_seq = 1, .last_seq = 3});
    commit.streams.push_back({.device_no = 1, .stream_id = 7, .high_water = {0, 3}});
    oracle.on_committed(commit);
    CHECK_EQUAL(0U, oracle.verdict().violation_count);

    commit.raw[0].first_seq = 5;  // 4 is missing
    commit.raw[0].last_seq = 6;
    commit.streams[0].high_water = {0, 6};
    oracle.on_committed(commit);
    CHECK_EQUAL(1U, oracle.verdict().violation_count);

    commit.raw.clear();
    commit.streams[0].high_water = {0, 8};  // nothing behind it
    oracle.on_committed(commit);
    CHECK_EQUAL(2U, oracle.verdict().violation_count);

    commit.streams.clear();
    commit.publications.push_back({"demo", "d", Ack{.stream_id = 7, .through = {0, 9}}});
    oracle.on_committed(commit);
    CHECK_EQUAL(3U, oracle.verdict().violation_count);
}

TEST(Oracle, sees_two_open_tickets_for_one_failure_mode) {
    oracle.add_device("d");
    collector::Commit commit;
    collector::Ticket ticket;
    ticket.tenant = "demo";
    ticket.device_no = 1;
    ticket.failure_mode = "worn";
    ticket.id = "T1";
    commit.tickets = {ticket};
    oracle.on_committed(commit);
    ticket.state = collector::TicketState::closed;
    commit.tickets = {ticket};
    ticket.id = "T2";
    ticket.state = collector::TicketState::open;
    commit.tickets.push_back(ticket);
    oracle.on_committed(commit);
    CHECK_EQUAL(0U, oracle.verdict().violation_count);
    ticket.id = "T3";
    commit.tickets = {ticket};
    oracle.on_committed(commit);
    CHECK_EQUAL(1U, oracle.verdict().violation_count);
}
