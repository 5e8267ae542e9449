#include "firmware_sim/world/world.hpp"

#include "tests/sim/worlds.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

constexpr std::uint64_t kSeeds = 2;

void all_faults(Scenario& s) {
    s.link = {.loss_ratio = 0.08,
              .duplicate_ratio = 0.08,
              .reorder_ratio = 0.08,
              .delay_max = milliseconds{5'000},
              .reorder_delay = hours_ms(3),
              .partitions_per_device_day = 1,
              .garbage_per_day = 30};
    s.agent.power_cuts_per_device_day = 1;
    s.agent.outage_max = milliseconds{600'000};
    s.broker = {.restarts_per_day = 2, .queue_messages_max = 500};
    s.collector.kill_before_commit_ratio = 0.02;
    s.collector.kill_inside_commit_ratio = 0.02;
    s.collector.kill_after_commit_ratio = 0.02;
    s.collector.store_refusal_ratio = 0.02;
}

void check_sound(const RunSummary& summary, const char* what, std::uint64_t seed) {
    const std::string where =
        std::string(what) + ", seed " + std::to_string(seed) + ": " +
        (summary.verdict.violations.empty() ? "" : summary.verdict.violations[0]);
    CHECK_TEXT(summary.verdict.violation_count == 0, where.c_str());
    CHECK_TEXT(summary.verdict.lost == 0, where.c_str());
    CHECK_TEXT(summary.verdict.duplicates == 0, where.c_str());
    // Nine appliances report every hour of eight days, less their time without power or function.
    CHECK_TEXT(summary.verdict.records > 1'000, where.c_str());
}

}  // namespace

TEST_GROUP(World){
    /// A few seeds of a world with one kind of fault; gives the total of what `struck` counts.
    template <class Change, class Struck>
    std::uint64_t survive(const char* what, Change change, Struck struck){std::uint64_t total = 0;
for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Scenario scenario = small_world(seed);
    change(scenario);
    const RunSummary summary = run_small(scenario);
    check_sound(summary, what, seed);
    total += struck(summary);
}
return total;
}
}
;

TEST(World, without_faults_everything_arrives) {
    CHECK_EQUAL(0U, survive(
                        "no fault", [](Scenario&) {},
                        [](const RunSummary& s) {
                            return s.faults.lost + s.faults.power_cuts + s.collector.deaths +
                                   s.verdict.declared_lost;
                        }));
}

// promise: same-seed
TEST(World, one_seed_is_one_history_and_one_database) {
    Scenario scenario = small_world(5);
    all_faults(scenario);
    const RunSummary one = run_small(scenario), two = run_small(scenario);
    CHECK(one.trace_hash == two.trace_hash);
    CHECK(one.database_hash == two.database_hash);
    scenario.seed = 6;
    const RunSummary other = run_small(scenario);
    CHECK(one.trace_hash != other.trace_hash);
    CHECK(one.database_hash != other.database_hash);
}

TEST(World, lost_messages_are_sent_again) {
    CHECK(0 < survive(
                  "loss", [](Scenario& s) { s.link.loss_ratio = 0.3; },
                  [](const RunSummary& s) { return s.faults.lost; }));
}

TEST(World, doubled_messages_count_once) {
    CHECK(0 < survive(
                  "duplicates", [](Scenario& s) { s.link.duplicate_ratio = 0.5; },
                  [](const RunSummary& s) {
                      CHECK(s.totals.duplicate_records > 0);
                      return s.faults.duplicated;
                  }));
}

TEST(World, messages_out_of_order_are_put_in_order) {
    CHECK(0 < survive(
                  "reorder",
                  [](Scenario& s) {
                      s.link.reorder_ratio = 0.3;
                      s.link.reorder_delay = hours_ms(3);
                  },
                  [](const RunSummary& s) { return s.faults.reordered; }));
}

TEST(World, long_delays_only_delay) {
    survive(
        "delay", [](Scenario& s) { s.link.delay_max = milliseconds{900'000}; },
        [](const RunSummary&) { return std::uint64_t{1}; });
}

TEST(World, partitions_end_with_everything_delivered) {
    CHECK(0 < survive(
                  "partitions",
                  [](Scenario& s) {
                      s.link.partitions_per_device_day = 2;
                      s.link.partition_mean = hours_ms(6);
                  },
                  [](const RunSummary& s) { return s.faults.partitions; }));
}

TEST(World, a_broker_that_loses_its_queue_costs_a_resend) {
    CHECK(0 < survive(
                  "broker", [](Scenario& s) { s.broker.restarts_per_day = 12; },
                  [](const RunSummary& s) { return s.faults.broker_restarts; }));
}

TEST(World, a_broker_queue_that_overflows_costs_a_resend) {
    CHECK(0 < survive(
                  "queue",
                  [](Scenario& s) {
                      s.broker.queue_messages_max = 2;
                      s.collector.batch_period = milliseconds{300'000};
                  },
                  [](const RunSummary& s) { return s.faults.broker_dropped; }));
}

TEST(World, broken_messages_are_refused_and_counted) {
    CHECK(0 < survive(
                  "garbage", [](Scenario& s) { s.link.garbage_per_day = 200; },
                  [](const RunSummary& s) {
                      const auto reason = static_cast<std::size_t>(RefusalReason::bad_protobuf);
                      CHECK_EQUAL(s.faults.garbage, s.totals.refused[reason]);
                      return s.faults.garbage;
                  }));
}

TEST(World, a_power_cut_takes_nothing_that_was_durable) {
    CHECK(0 < survive(
                  "power",
                  [](Scenario& s) {
                      s.agent.power_cuts_per_device_day = 4;
                      s.agent.torn_write_ratio = 0;
                  },
                  [](const RunSummary& s) { return s.faults.power_cuts; }));
}

TEST(World, a_power_cut_inside_a_write_takes_nothing_that_was_durable) {
    CHECK(0 < survive(
                  "torn",
                  [](Scenario& s) {
                      s.agent.power_cuts_per_device_day = 4;
                      s.agent.torn_write_ratio = 1;
                  },
                  [](const RunSummary& s) { return s.faults.cuts_inside_a_write; }));
}

TEST(World, a_collector_killed_before_its_commit_gets_the_records_again) {
    CHECK(0 < survive(
                  "kill before", [](Scenario& s) { s.collector.kill_before_commit_ratio = 0.1; },
                  [](const RunSummary& s) { return s.collector.deaths; }));
}

TEST(World, a_collector_killed_inside_its_commit_gets_the_records_again) {
    CHECK(0 < survive(
                  "kill inside", [](Scenario& s) { s.collector.kill_inside_commit_ratio = 0.1; },
                  [](const RunSummary& s) { return s.collector.deaths; }));
}

TEST(World, a_collector_killed_after_its_commit_does_not_store_twice) {
    CHECK(0 < survive(
                  "kill after", [](Scenario& s) { s.collector.kill_after_commit_ratio = 0.1; },
                  [](const RunSummary& s) {
                      CHECK(s.totals.duplicate_records > 0);
                      return s.collector.deaths;
                  }));
}

TEST(World, a_store_that_refuses_is_asked_again) {
    CHECK(0 < survive(
                  "refusals", [](Scenario& s) { s.collector.store_refusal_ratio = 0.2; },
                  [](const RunSummary& s) { return s.collector.store_refusals; }));
}

TEST(World, a_full_spool_declares_what_it_drops) {
    std::uint64_t declared = survive(
        "full spool",
        [](Scenario& s) {
            s.agent.spool_sector_bytes = 1024;
            s.agent.spool_sector_count = 6;
            s.link.partitions_per_device_day = 0.5;
            s.link.partition_mean = hours_ms(60);
        },
        [](const RunSummary& s) { return s.verdict.declared_lost; });
    CHECK(declared > 0);
}

// promise: exactly-once
TEST(World, everything_at_once_loses_and_doubles_nothing) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Scenario scenario = small_world(seed);
        all_faults(scenario);
        const RunSummary summary = run_small(scenario);
        check_sound(summary, "all faults", seed);
        CHECK(summary.faults.power_cuts > 0);
        CHECK(summary.collector.deaths > 0);
    }
}

TEST(World, faults_do_not_change_what_customers_and_technicians_can_do) {
    Scenario scenario = small_world(2);
    scenario.days = 30;
    scenario.fleet.wear_factor = 30;
    const RunSummary clean = run_small(scenario);
    all_faults(scenario);
    scenario.collector.kill_after_commit_ratio = 0.1;
    const RunSummary rough = run_small(scenario);
    check_sound(rough, "rough", 2);
    // Commands are repeated until answered: an unanswered call never disappears.
    CHECK(clean.collector.commands > 20);
    CHECK(rough.collector.commands > 20);
    CHECK(rough.collector.commands_repeated > 0);
    CHECK_EQUAL(0U, clean.collector.commands_repeated);
}

TEST(World, expectations_hold_or_fail_as_the_figures_say) {
    Scenario scenario = small_world(3);
    scenario.expect = {{.figure = "lost", .at_least = 0, .at_most = 0},
                       {.figure = "records", .at_least = 1'000},
                       {.figure = "prediction.precision", .at_least = 1.1}};
    const RunSummary summary = run_small(scenario);
    CHECK(summary.expect[0].held);
    CHECK(summary.expect[1].held);
    CHECK_FALSE(summary.expect[2].held);
    CHECK_FALSE(summary.passed());
}

TEST(World, names_that_the_catalogue_lacks_are_refused_before_the_run) {
    collector::RulePack rules = shipped_rules();
    rules.rules[0].when.children[0].faults = {"E99"};
    const auto refused = run_fleet(small_world(1), shipped_catalogue(), rules, {});
    CHECK_FALSE(refused.has_value());
    CHECK(refused.error().message.find("E99") != std::string::npos);
}
