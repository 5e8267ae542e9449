// After a fix the appliance itself shows whether it holds.
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr std::uint32_t kBelt = 2;      ///< the fault code of a live rule
constexpr std::uint32_t kBeltSign = 9;  ///< names the belt; no rule asks for it
constexpr double kDay = 24;

}  // namespace

TEST_GROUP(Verification) {
    Station station;
    Appliance appliance;

    void setup() override {
        FaultInfo& sign = station.model().faults[kBeltSign - 1];
        sign.component = "belt";
        sign.severity = Severity::major;
        sign.title = "Belt slips";
        station.enrol("wm-1");
    }
    void fault(double hour, std::uint32_t code, double happened) {
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(happened), code)}));
        station.commit_at(at_h(hour));
    }
    void fault(double hour, std::uint32_t code = kBelt) {
        fault(hour, code, hour);
    }
    /// A clean reading and so many cycles.
    void run(double hour, int cycles = 0) {
        std::vector<Record> records{appliance.reading(at_h(hour))};
        for (int i = 0; i < cycles; ++i) {
            records.push_back(appliance.reading(at_h(hour)));
            records.back().body = Usage{.programme_id = 1};
        }
        station.send(appliance.report(at_h(hour), std::move(records)));
        station.commit_at(at_h(hour));
    }
    void outcome(double hour, OutcomeCode code, const std::string& id = "o1") {
        station.go_to(at_h(hour));
        Outcome said{.id = id};
        said.tenant = "brand";
        said.device_id = "wm-1";
        said.at = at_h(hour);
        said.code = code;
        said.component = "belt";
        CHECK(station.command(SubmitOutcome{said}).has_value());
    }
    /// A ticket of hour 1, fixed at hour 10.
    void fixed(OutcomeCode code = OutcomeCode::confirmed_fixed) {
        fault(1);
        outcome(10, code);
    }
    const TicketEvent* event(const std::string& kind) {
        for (const auto& [key, one] : station.tables().events) {
            if (one.kind == kind) return &one;
        }
        return nullptr;
    }
    const Watch& watch() {
        LONGS_EQUAL(1, station.tables().watches.size());
        return station.tables().watches.begin()->second;
    }
};

// promise: verified-by-telemetry
TEST(Verification, is_by_clean_telemetry_to_the_end_of_the_watch) {
    fixed();
    for (int day = 1; day <= 13; ++day) run(10 + day * kDay, day % 2);
    station.commit_at(at_h(10 + 14 * kDay) - milliseconds{1});
    CHECK(!station.ticket().verified_at && watch().state == WatchState::watching);
    LONGS_EQUAL(13 + 7, watch().record_count);
    LONGS_EQUAL(7, watch().cycle_count);
    station.commit_at(at_h(10 + 14 * kDay));
    CHECK(station.ticket().verified_at == at_h(10 + 14 * kDay));
    CHECK(watch().state == WatchState::verified && watch().ended_at == at_h(10 + 14 * kDay));
    STRCMP_EQUAL("14.0 d, 7 cycles, 20 records without a sign of it",
                 event("verified")->why.c_str());
    CHECK(station.ticket().state == TicketState::closed);  // two weeks after, as ever
    LONGS_EQUAL(1, station.engine().statistics().fixes_verified);
}

TEST(Verification, is_by_enough_cycles_before_that) {
    station.settings().verify_cycles = 3;
    station.restart();
    fixed();
    run(20, 2);
    CHECK(!station.ticket().verified_at);
    run(34, 1);
    CHECK(station.ticket().verified_at == at_h(34));
    STRCMP_EQUAL("1.0 d, 3 cycles, 5 records without a sign of it", event("verified")->why.c_str());
    fault(40);  // the watch is over: another ticket, linked
    LONGS_EQUAL(2, station.tables().tickets.size());
}

// promise: verified-by-telemetry
TEST(Verification, is_never_by_silence) {
    fixed();
    run(10 + 5 * kDay);
    station.commit_at(at_h(10 + 14 * kDay));
    CHECK(!station.ticket().verified_at && watch().state == WatchState::not_verified);
    STRCMP_EQUAL("silent for 9.0 d, after 0 cycles, 1 records", event("not_verified")->why.c_str());
    CHECK(station.ticket().state == TicketState::closed);
    LONGS_EQUAL(1, station.engine().statistics().fixes_not_verified);
}

// promise: verified-by-telemetry
TEST(Verification, ends_when_a_rule_finds_the_fault_again_and_opens_the_ticket) {
    fixed();
    run(30);
    fault(10 + 3 * kDay);
    const Ticket& ticket = station.ticket();
    CHECK(ticket.state == TicketState::open && !ticket.resolved_at);
    LONGS_EQUAL(1, ticket.reopened_count);
    LONGS_EQUAL(2, ticket.detection_count);
    CHECK(ticket.outcome == OutcomeCode::confirmed_fixed);
    CHECK(ticket.decision == Decision::confirmed);  // the prediction was right, the fix was not
    STRCMP_EQUAL(R"([{"code":2,"seq":1},{"code":2,"seq":2}])", ticket.evidence_json.c_str());
    STRCMP_EQUAL("belt@1 became true 3.0 d after the fix", event("reopened")->why.c_str());
    CHECK(watch().state == WatchState::returned);
    LONGS_EQUAL(1, station.engine()
                       .statistics()
                       .detections[static_cast<std::size_t>(DetectionFate::reopened)]);
    station.commit_at(at_h(10 + 60 * kDay));
    CHECK(station.ticket().state == TicketState::open);  // somebody has to look at it
    outcome(10 + 61 * kDay, OutcomeCode::failure_repaired, "o2");
    run(10 + 62 * kDay);
    CHECK(watch().state == WatchState::watching && watch().since == at_h(10 + 61 * kDay));
}

TEST(Verification, ends_with_a_grave_fault_code_of_the_component_without_any_rule) {
    fixed();
    station.model().faults[kBeltSign - 1].severity = Severity::minor;
    fault(20, kBeltSign);
    CHECK(station.ticket().state == TicketState::resolved);
    LONGS_EQUAL(1, watch().record_count);
    station.model().faults[kBeltSign - 1].severity = Severity::major;
    fault(30, kBeltSign);
    CHECK(station.ticket().state == TicketState::open);
    LONGS_EQUAL(1, station.ticket().detection_count);
    STRCMP_CONTAINS("E9 (Belt slips) came again", station.ticket().evidence_json.c_str());
    STRCMP_EQUAL("E9 (Belt slips) came again 0.8 d after the fix", event("reopened")->why.c_str());
}

TEST(Verification, is_not_moved_by_what_happened_before_the_fix) {
    fixed();
    fault(20, kBeltSign, 9);
    CHECK(station.ticket().state == TicketState::resolved);
    CHECK(station.tables().watches.empty());
}

TEST(Verification, is_of_tickets_whose_fix_was_claimed) {
    fixed(OutcomeCode::no_fault_found);
    fault(20, kBeltSign);
    CHECK(station.tables().watches.empty());
    fault(30);
    LONGS_EQUAL(2, station.tables().tickets.size());
}

TEST(Verification, ends_with_a_closing_by_hand_and_a_return_is_linked) {
    fixed();
    run(20);
    const std::string first = station.ticket().id;
    CHECK(station
              .command(ChangeTicket{
                  .ticket_id = first, .to = TicketState::closed, .at = station.now().wall})
              .has_value());
    fault(30);
    LONGS_EQUAL(2, station.tables().tickets.size());
    for (const auto& [id, ticket] : station.tables().tickets) {
        if (id != first) STRCMP_EQUAL(first.c_str(), ticket.recurs_of.c_str());
    }
}

TEST(Verification, leaves_a_ticket_that_the_customer_has_opened_since) {
    fixed();
    InboundContact call{.contact_id = "c1", .tenant = "brand", .device_id = "wm-1"};
    call.at = at_h(11);
    call.failure_mode = "belt_worn";
    CHECK(station.command(call).has_value());
    LONGS_EQUAL(2, station.tables().tickets.size());
    fault(20, kBeltSign);
    CHECK(watch().state == WatchState::returned);
    CHECK(event("returned") != nullptr && event("reopened") == nullptr);
}

TEST(Verification, goes_on_over_restarts) {
    fixed();
    for (int day = 1; day <= 14; ++day) {
        run(9 + day * kDay, 1);
        station.restart();
    }
    station.commit_at(at_h(10 + 14 * kDay));
    STRCMP_EQUAL("14.0 d, 14 cycles, 28 records without a sign of it",
                 event("verified")->why.c_str());
}

TEST(Verification, can_be_switched_off) {
    station.settings().verify_after = {};
    station.restart();
    fixed();
    run(20);
    fault(30);
    LONGS_EQUAL(2, station.tables().tickets.size());
    CHECK(station.tables().watches.empty());
}
