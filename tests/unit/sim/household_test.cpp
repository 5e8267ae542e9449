#include "firmware_sim/model/household.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

const WallTime kStart = wall_from_unix_ms(1'780'272'000'000);  // 2026-06-01T00:00:00Z

Household make(Family family, std::uint64_t seed, CustomerOptions customer = {}) {
    return Household(
        "demo", "centre-north",
        Appliance(kind_of(family),
                  {.device_id = "d-1", .start = kStart, .age_years = 4, .wear_factor = 25},
                  Rng{seed}),
        Customer("cust-1", customer, Rng{seed}.fork(9)));
}

struct Run {
    std::vector<Emission> telemetry;
    std::vector<collector::Command> commands;
    TruthLedger truth;
};

template <class T>
std::vector<T> all_of(const Run& run) {
    std::vector<T> found;
    for (const auto& command : run.commands) {
        if (const auto* one = std::get_if<T>(&command)) found.push_back(*one);
    }
    return found;
}

}  // namespace

TEST_GROUP(Household){};

TEST(Household, a_loss_of_function_leads_to_a_call_after_it) {
    std::size_t calls = 0, described = 0;
    double delay_h = 0;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        Household household =
            make(Family::washing_machine, seed, {.call_delay_h = 10, .annoyed_call_per_day = 0});
        Run run;
        household.advance(kStart + hours_ms(24 * 60), run.telemetry, run.commands, run.truth);
        const auto made = all_of<collector::InboundContact>(run);
        if (made.empty()) continue;
        CHECK(made[0].failed_at && *made[0].failed_at <= made[0].at);
        delay_h += as_hours(made[0].at - *made[0].failed_at);
        ++calls;
        if (!made[0].component.empty()) ++described;
    }
    CHECK(calls > 40);
    DOUBLES_EQUAL(10, delay_h / static_cast<double>(calls), 4.5);
    DOUBLES_EQUAL(0.85, static_cast<double>(described) / static_cast<double>(calls), 0.15);
}

TEST(Household, contact_ids_are_unique_so_that_a_retry_is_harmless) {
    Household household = make(Family::washing_machine, 3);
    Run run;
    household.advance(kStart + hours_ms(24 * 90), run.telemetry, run.commands, run.truth);
    const auto calls = all_of<collector::InboundContact>(run);
    for (std::size_t i = 1; i < calls.size(); ++i)
        CHECK(calls[i].contact_id != calls[i - 1].contact_id);
}

TEST(Household, a_heeded_notice_ends_a_self_help_episode_and_is_reported) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        Household household = make(Family::refrigerator, seed,
                                   {.heeds_notice_ratio = 1, .self_help_success_ratio = 1});
        Run run;
        const auto degrading = [&] {
            const auto finding = household.appliance().inspect("condenser");
            return finding->level > 0.2 && !finding->failed;
        };
        while (!degrading() && household.appliance().now() < kStart + hours_ms(24 * 60)) {
            household.advance(household.appliance().now() + hours_ms(1), run.telemetry,
                              run.commands, run.truth);
        }
        if (!degrading() || household.appliance().broken()) continue;
        household.on_notice({.message_key = "condenser_dusty"}, household.appliance().now());
        household.advance(household.appliance().now() + hours_ms(24 * 5), run.telemetry,
                          run.commands, run.truth);
        const auto outcomes = all_of<collector::SubmitOutcome>(run);
        CHECK_EQUAL(1U, outcomes.size());
        CHECK(outcomes[0].outcome.code == collector::OutcomeCode::self_resolved);
        STRCMP_EQUAL("condenser", outcomes[0].outcome.component.c_str());
        CHECK_EQUAL(0U, outcomes[0].outcome.visit_count);
        return;
    }
    FAIL("no condenser became dusty");
}

TEST(Household, a_notice_about_what_only_a_technician_can_do_changes_nothing) {
    Household household = make(Family::refrigerator, 1, {.heeds_notice_ratio = 1});
    Run run;
    household.on_notice({.message_key = "compressor_worn"}, kStart);
    household.on_notice({.message_key = "no_such_mode"}, kStart);
    household.advance(kStart + hours_ms(24 * 3), run.telemetry, run.commands, run.truth);
    CHECK(all_of<collector::SubmitOutcome>(run).empty());
}

TEST(Household, registration_names_customer_centre_and_warranty) {
    const Household household = make(Family::air_conditioner, 5);
    const auto info = household.registration();
    STRCMP_EQUAL("AC-240", info.model.c_str());
    STRCMP_EQUAL("centre-north", info.centre.c_str());
    STRCMP_EQUAL("cust-1", info.customer_id.c_str());
    // Four years old with two years of warranty.
    CHECK(*info.warranty_until < kStart);
    DOUBLES_EQUAL(4 * 8766, as_hours(kStart - *info.installed_at), 0.01);
}
