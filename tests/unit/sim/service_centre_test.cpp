#include "firmware_sim/model/service_centre.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;
using collector::OutcomeCode;

namespace {

const WallTime kStart = wall_from_unix_ms(1'780'272'000'000);  // 2026-06-01T00:00:00Z

CentreOptions faultless() {
    return {.no_answer_ratio = 0,
            .missed_fault_ratio = 0,
            .wrong_component_ratio = 0,
            .needless_part_ratio = 0,
            .part_missing_ratio = 0,
            .unreported_ratio = 0};
}

/// A refrigerator whose `component` is (or is not) degrading.
Household refrigerator(std::string_view component, bool worn, TruthLedger& truth) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Household household("demo", "c",
                            Appliance(kind_of(Family::refrigerator),
                                      {.device_id = "rf-1",
                                       .start = kStart,
                                       .age_years = 4,
                                       .wear_factor = worn ? 25.0 : 1.0},
                                      Rng{seed}),
                            Customer("cust-1", {}, Rng{seed}.fork(9)));
        std::vector<Emission> telemetry;
        std::vector<collector::Command> commands;
        truth = TruthLedger{};
        household.advance(kStart + hours_ms(24 * 20), telemetry, commands, truth);
        int degrading = 0;
        for (const auto& finding : household.appliance().inspect()) degrading += finding.level > 0;
        const double level = household.appliance().inspect(component)->level;
        if (worn ? level > 0.3 && level < 1 && degrading == 1 : degrading == 0) return household;
    }
    FAIL("no such refrigerator");
    return refrigerator(component, worn, truth);
}

collector::Ticket ticket(const char* component) {
    collector::Ticket made;
    made.id = "T1";
    made.tenant = "demo";
    made.device_id = "rf-1";
    made.component = component;
    return made;
}

}  // namespace

TEST_GROUP(ServiceCentre) {
    TruthLedger truth;
    std::vector<collector::Command> commands;

    std::vector<collector::Outcome> work(ServiceCentre & centre, Household & household, int days) {
        // A fresh ledger does not know the household's episodes, so they are lived again in
        // `truth`.
        for (int hour = 0; hour < 24 * days; ++hour) {
            centre.act(
                kStart + hours_ms(24 * 20 + hour),
                [&](std::string_view id) { return id == "rf-1" ? &household : nullptr; }, truth,
                commands);
        }
        std::vector<collector::Outcome> outcomes;
        for (const auto& command : commands) {
            if (const auto* submit = std::get_if<collector::SubmitOutcome>(&command)) {
                outcomes.push_back(submit->outcome);
            }
        }
        return outcomes;
    }
};

TEST(ServiceCentre, finds_no_fault_in_a_healthy_appliance) {
    Household household = refrigerator("compressor", false, truth);
    ServiceCentre centre("c", faultless(), Rng{1});
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20));
    const auto outcomes = work(centre, household, 10);
    CHECK_EQUAL(1U, outcomes.size());
    CHECK(outcomes[0].code == OutcomeCode::no_fault_found);
    STRCMP_EQUAL("T1", outcomes[0].ticket_id.c_str());
}

TEST(ServiceCentre, repairs_what_is_worn_before_it_fails) {
    Household household = refrigerator("compressor", true, truth);
    ServiceCentre centre("c", faultless(), Rng{1});
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20));
    const auto outcomes = work(centre, household, 10);
    CHECK_EQUAL(1U, outcomes.size());
    CHECK(outcomes[0].code == OutcomeCode::confirmed_fixed);
    STRCMP_EQUAL("compressor_worn", outcomes[0].failure_mode.c_str());
    DOUBLES_EQUAL(0, household.appliance().inspect("compressor")->level, 0);
    CHECK(truth.episodes().front().ending == Ending::repaired);
    CHECK(truth.episodes().front().would_fail_at.has_value());
}

TEST(ServiceCentre, a_ticket_for_the_wrong_component_leads_to_what_is_really_worn) {
    Household household = refrigerator("compressor", true, truth);
    ServiceCentre centre("c", faultless(), Rng{1});
    centre.see(ticket("sealed_system"), kStart + hours_ms(24 * 20));
    const auto outcomes = work(centre, household, 10);
    const bool conspicuous = outcomes[0].code == OutcomeCode::other_fault_fixed;
    STRCMP_EQUAL(conspicuous ? "compressor" : "sealed_system", outcomes[0].component.c_str());
}

TEST(ServiceCentre, mistakes_happen_at_their_ratio) {
    auto options = faultless();
    options.missed_fault_ratio = 1;
    Household household = refrigerator("compressor", true, truth);
    ServiceCentre centre("c", options, Rng{1});
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20));
    const auto outcomes = work(centre, household, 10);
    CHECK(outcomes[0].code == OutcomeCode::no_fault_found);
    CHECK_EQUAL(1U, centre.statistics().mistakes);
    CHECK(household.appliance().inspect("compressor")->level > 0.3);
}

TEST(ServiceCentre, a_missing_part_takes_a_second_visit) {
    auto options = faultless();
    options.part_missing_ratio = 1;
    Household household = refrigerator("compressor", true, truth);
    ServiceCentre centre("c", options, Rng{1});
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20));
    const auto outcomes = work(centre, household, 20);
    CHECK_EQUAL(1U, outcomes.size());
    CHECK_EQUAL(2U, outcomes[0].visit_count);
    CHECK(outcomes[0].not_solvable_at_first_contact);
}

TEST(ServiceCentre, a_call_is_made_before_the_visit_and_the_states_follow) {
    Household household = refrigerator("compressor", false, truth);
    ServiceCentre centre("c", faultless(), Rng{1});
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20));
    (void)work(centre, household, 10);
    CHECK_EQUAL(4U, commands.size());
    CHECK(std::holds_alternative<collector::OutboundContact>(commands[0]));
    CHECK(std::get<collector::ChangeTicket>(commands[1]).to == collector::TicketState::scheduled);
    CHECK(std::get<collector::ChangeTicket>(commands[2]).to == collector::TicketState::in_progress);
    CHECK(std::get<collector::ChangeTicket>(commands[1]).at <
          std::get<collector::ChangeTicket>(commands[2]).at);
}

TEST(ServiceCentre, an_ended_ticket_cancels_the_visit) {
    Household household = refrigerator("compressor", false, truth);
    ServiceCentre centre("c", faultless(), Rng{1});
    auto job = ticket("compressor");
    centre.see(job, kStart + hours_ms(24 * 20));
    job.state = collector::TicketState::resolved;
    centre.see(job, kStart + hours_ms(24 * 20));
    CHECK_EQUAL(0U, work(centre, household, 10).size());
    CHECK_EQUAL(0U, commands.size());
}

TEST(ServiceCentre, seeing_a_ticket_twice_makes_one_visit) {
    Household household = refrigerator("compressor", false, truth);
    ServiceCentre centre("c", faultless(), Rng{1});
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20));
    centre.see(ticket("compressor"), kStart + hours_ms(24 * 20 + 1));
    (void)work(centre, household, 10);
    CHECK_EQUAL(1U, centre.statistics().visits);
}

TEST(ServiceCentre, capacity_spreads_visits_over_days) {
    auto options = faultless();
    options.visits_per_day = 1;
    options.visit_delay_days_min = options.visit_delay_days_max = 1;
    Household household = refrigerator("compressor", false, truth);
    ServiceCentre centre("c", options, Rng{1});
    for (const char* id : {"T1", "T2", "T3"}) {
        auto job = ticket("compressor");
        job.id = id;
        centre.see(job, kStart + hours_ms(24 * 20));
    }
    const auto outcomes = work(centre, household, 10);
    CHECK_EQUAL(3U, outcomes.size());
    std::int64_t last = 0;
    for (const auto& outcome : outcomes) {
        const std::int64_t day = unix_ms(outcome.at) / 86'400'000;
        CHECK(day > last);
        last = day;
    }
}
