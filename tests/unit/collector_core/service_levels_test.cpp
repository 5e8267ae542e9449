// The clock of a ticket as its life moves it. Arithmetic of the clock itself: collector_sla.
#include "collector/core/desk/service_levels.hpp"

#include <algorithm>
#include <map>

#include "collector/core/desk/ticket_book.hpp"
#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using enum TicketState;

namespace {

/// Calls of the last hours, of which some tickets wait, some are answered, and some have ended.
void open_many(Station& desk, std::size_t count, std::uint64_t seed) {
    Rng rng(seed);
    const auto run = [&](std::vector<Command> commands) {
        std::vector<PendingCommand> pending;
        for (Command& command : commands) {
            pending.push_back({std::move(command),
                               [](const Result<CommandReply>& r) { CHECK_TRUE(r.has_value()); }});
        }
        CHECK_TRUE(desk.pump().run({}, pending, desk.now()).has_value());
    };
    std::vector<Command> calls;
    for (std::size_t i = 0; i < count; ++i) {
        InboundContact call;
        call.contact_id = "c-" + std::to_string(i);
        call.tenant = "brand";
        call.device_id = "wm-1";
        call.at = at_h(rng.uniform(1, 10));
        call.component = "part-" + std::to_string(i);
        call.failure_mode = "mode-" + std::to_string(i);
        calls.emplace_back(std::move(call));
    }
    desk.go_to(at_h(10));
    run(std::move(calls));
    std::vector<Command> changes;
    constexpr std::array kStates{pending_customer, on_hold, scheduled, resolved};
    for (const auto& [id, ticket] : desk.tables().tickets) {
        if (rng.chance(0.4)) continue;
        changes.emplace_back(ChangeTicket{.ticket_id = id,
                                          .to = kStates[rng.below(kStates.size())],
                                          .at = at_h(rng.uniform(10, 12)),
                                          .why = "because"});
    }
    desk.go_to(at_h(12));
    run(std::move(changes));
}

/// The clocks of open tickets, each moved by the clock's own arithmetic.
std::map<std::string, SlaClock> moved_in_one_turn(Station& desk) {
    SlaTermsBook book(desk.settings().sla);
    std::map<std::string, SlaClock> clocks;
    for (const auto& [id, ticket] : desk.tables().tickets) {
        if (!is_open(ticket.state)) continue;
        SlaClock clock = ticket.sla;
        tell(clock, desk.now().wall);
        change_terms(clock, desk.tables().sla_terms.at(clock.terms), book.in_force(ticket),
                     desk.now().wall);
        tell(clock, desk.now().wall);
        clocks.emplace(id, clock);
    }
    return clocks;
}

std::size_t moved_count(const Station& desk) {
    const auto& events = desk.tables().events;
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [](const auto& e) { return e.second.kind == kSlaPolicy; }));
}

}  // namespace

TEST_GROUP(ServiceLevels) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
    }
    void fault(double hour, std::uint32_t code) {
        station.go_to(at_h(hour));
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), code)}));
        station.commit();
    }
    void change(double hour, TicketState to) {
        station.go_to(at_h(hour));
        const auto done = station.command(ChangeTicket{.ticket_id = station.ticket().id,
                                                       .to = to,
                                                       .at = station.now().wall,
                                                       .who = "api:test",
                                                       .why = "because"});
        CHECK_TRUE_TEXT(done.has_value(), done ? "" : done.error().message.c_str());
    }
    const SlaClock& clock() {
        return station.ticket().sla;
    }
    /// "sla_at_risk 24.2 first_response; …": kinds, hours since the start, first words.
    std::string told() {
        std::string text;
        for (const auto& [key, event] : station.tables().events) {
            if (event.kind.rfind("sla_", 0) != 0) continue;
            if (!text.empty()) text += "; ";
            const double hour = as_hours(event.at - at_h(0));
            text += event.kind.substr(4) + " " + StringFromFormat("%g ", hour).asCharString() +
                    event.why.substr(0, event.why.find_first_of(",#"));
        }
        return text;
    }
};

TEST(ServiceLevels, begin_with_the_ticket_and_stand_still_while_it_waits) {
    fault(5, 2);
    STRCMP_CONTAINS("default/always#", clock().terms.c_str());
    CHECK(clock().resolution.due_at == at_h(5 + 120));
    change(15, pending_customer);
    CHECK_FALSE(clock().resolution.due_at.has_value());
    CHECK_FALSE(clock().running_since.has_value());
    CHECK(clock().resolution.spent == hours_ms(10));
    change(20, on_hold);
    CHECK(clock().resolution.spent == hours_ms(10));
    change(25, scheduled);
    CHECK(clock().resolution.due_at == at_h(25 + 110));
    change(26, resolved);
    CHECK(clock().resolution.spent == hours_ms(11));
    CHECK(clock().resolution.due_at == at_h(25 + 110));
    change(50, open);
    CHECK(clock().resolution.due_at == at_h(50 + 109));
    STRCMP_EQUAL("", told().c_str());
}

TEST(ServiceLevels, end_the_first_response_at_the_first_contact) {
    fault(5, 2);
    station.go_to(at_h(8));
    CHECK(station
              .command(OutboundContact{.contact_id = "k1",
                                       .ticket_id = station.ticket().id,
                                       .at = at_h(8),
                                       .result = "no_answer"})
              .has_value());
    CHECK_FALSE(clock().first_response.met);
    CHECK(station
              .command(OutboundContact{.contact_id = "k2",
                                       .ticket_id = station.ticket().id,
                                       .at = at_h(9),
                                       .result = "reached"})
              .has_value());
    CHECK_TRUE(clock().first_response.met);
    CHECK(clock().first_response.spent == hours_ms(4));
    CHECK(clock().first_response.due_at == at_h(29));
    station.commit_at(at_h(60));
    STRCMP_EQUAL("", told().c_str());
}

TEST(ServiceLevels, tell_of_risk_and_breach_once_at_their_moments_over_restarts) {
    fault(5, 2);
    station.commit_at(at_h(24));
    STRCMP_EQUAL("", told().c_str());
    station.restart();
    station.commit_at(at_h(29));  // on the stroke
    STRCMP_EQUAL("at_risk 24.2 first_response", told().c_str());
    station.restart();
    station.commit_at(at_h(40));
    STRCMP_EQUAL("at_risk 24.2 first_response; breached 29 first_response", told().c_str());
    change(41, scheduled);  // now it does not lapse
    station.restart();
    station.commit_at(at_h(1000));
    STRCMP_EQUAL(
        "at_risk 24.2 first_response; breached 29 first_response; "
        "at_risk 101 resolution; breached 125 resolution",
        told().c_str());
    LONGS_EQUAL(station.ticket().version, station.tables().events.size());
}

TEST(ServiceLevels, write_the_breach_before_the_change_that_came_after_it) {
    fault(5, 2);
    change(130, resolved);  // in one batch: no tick lay between
    std::string kinds;
    for (const auto& [key, event] : station.tables().events) kinds += event.kind + " ";
    STRCMP_EQUAL("opened sla_at_risk sla_breached sla_at_risk sla_breached state ", kinds.c_str());
}

TEST(ServiceLevels, follow_a_ticket_that_escalates_to_another_policy) {
    SlaPolicy urgent{.id = "urgent", .resolution = hours_ms(8)};
    urgent.severities = {Severity::critical};
    station.settings().sla.policies = {urgent};
    station.restart();
    fault(5, 1);  // minor, with a notice: contacted
    CHECK(clock().resolution.due_at == at_h(125));
    fault(7, 5);  // the same failure mode, critical
    STRCMP_EQUAL("policy 7 default/always", told().c_str());
    STRCMP_CONTAINS("urgent/always#", clock().terms.c_str());
    CHECK(clock().resolution.due_at == at_h(13));  // 2 h of 8 h are spent
    LONGS_EQUAL(2, station.tables().sla_terms.size());
}

TEST(ServiceLevels, change_with_the_settings_at_a_restart_and_keep_what_was_spent) {
    fault(5, 2);
    change(15, pending_customer);
    station.settings().sla.otherwise.resolution = hours_ms(30);
    Calendar nights;
    for (auto& day : nights.week) day = {{0, 360}};
    station.settings().sla.calendars = {{"nights", nights}};
    station.settings().sla.otherwise.calendar = "nights";
    station.restart();
    station.commit_at(at_h(16));
    STRCMP_EQUAL("policy 16 default/always", told().c_str());
    CHECK_FALSE(clock().resolution.due_at.has_value());
    change(20, scheduled);
    // 10 h were spent round the clock; 20 h of nights are left: 6 + 6 + 6 + 2.
    CHECK(clock().resolution.due_at == at_h(4 * 24 + 2));
    station.restart();
    station.commit_at(at_h(21));
    STRCMP_EQUAL("policy 16 default/always", told().c_str());  // no news without a change
}

TEST(ServiceLevels, move_many_tickets_some_in_each_turn_to_where_one_turn_would_lead) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Station desk;
        desk.enrol("wm-1");
        open_many(desk, 3 * kDueTicketsPerTurn + 50, seed);
        Calendar nights;
        for (auto& day : nights.week) day = {{0, 360}};
        SlaSettings& sla = desk.settings().sla;
        sla.calendars = {{"nights", nights}};
        sla.otherwise.calendar = "nights";
        sla.otherwise.resolution = hours_ms(30);
        const WallTime now = at_h(seed == 1 ? 13 : 40);  // without and with news of the old terms
        desk.go_to(now);
        const auto expected = moved_in_one_turn(desk);
        desk.restart();
        Appliance reporting;
        std::size_t moved = 0;
        std::size_t turns = 0;
        while (moved < expected.size()) {
            desk.send(reporting.report(now, {reporting.reading(now)}));
            const std::uint64_t records = desk.tables().totals.records;
            desk.commit();
            UNSIGNED_LONGS_EQUAL(records + 1, desk.tables().totals.records);  // intake goes on
            const std::size_t after = moved_count(desk);
            CHECK_TRUE(after > moved && after <= moved + kDueTicketsPerTurn);
            moved = after;
            if (++turns == 2) desk.restart();
        }
        CHECK_TRUE(turns >= 3);
        for (std::size_t i = 0; i <= turns; ++i) desk.commit();  // what the new terms tell at once
        for (const auto& [id, clock] : expected) {
            CHECK_TRUE_TEXT(desk.tables().tickets.at(id).sla == clock, id.c_str());
        }
        UNSIGNED_LONGS_EQUAL(moved, moved_count(desk));  // each once
    }
}

TEST(ServiceLevels, take_up_tickets_of_an_earlier_program_as_they_were_promised) {
    fault(5, 2);
    station.change_ticket([](Ticket& ticket) {
        ticket.sla.terms.clear();
        ticket.sla.first_response.at_risk_at.reset();
        ticket.sla.resolution.at_risk_at.reset();
    });
    station.restart();
    station.commit_at(at_h(10));
    STRCMP_EQUAL("policy 10 none -> default/always", told().c_str());
    CHECK(clock().resolution.spent == hours_ms(5));
    CHECK(clock().resolution.due_at == at_h(125));
    station.commit_at(at_h(24.2));
    STRCMP_CONTAINS("at_risk 24.2 first_response", told().c_str());
}
