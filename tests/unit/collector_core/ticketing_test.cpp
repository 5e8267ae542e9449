#include "collector/core/desk/evidence.hpp"
#include "collector/core/desk/life_cycle.hpp"
#include "collector/core/desk/ticket_id.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using enum TicketState;

TEST_GROUP(Ticketing) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
    }
    Sent fault(double hour, std::uint32_t code) {
        station.go_to(at_h(hour));
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), code)}));
        return station.commit();
    }
    Result<CommandReply> change(TicketState to, const std::string& why = "because") {
        return station.command(ChangeTicket{.ticket_id = first_id(),
                                            .to = to,
                                            .at = station.now().wall,
                                            .who = "api:test",
                                            .why = why});
    }
    std::string first_id() {
        return station.tables().tickets.begin()->first;
    }
    const Ticket& find(TicketState state) {
        for (const auto& [id, ticket] : station.tables().tickets) {
            if (ticket.state == state) return ticket;
        }
        FAIL("no ticket in that state");
        return station.ticket();
    }
};

TEST(Ticketing, a_detection_opens_a_ticket_with_its_evidence) {
    fault(5, 2);
    const Ticket& ticket = station.ticket();
    STRCMP_EQUAL("belt_worn", ticket.failure_mode.c_str());
    STRCMP_EQUAL("belt", ticket.component.c_str());
    STRCMP_EQUAL("belt@1", ticket.rule.c_str());
    STRCMP_EQUAL(R"([{"code":2,"seq":1}])", ticket.evidence_json.c_str());
    CHECK(ticket.origin == Origin::predicted);
    CHECK(ticket.state == open);
    DOUBLES_EQUAL(0.6, ticket.probability, 0);
    DOUBLES_EQUAL(72, ticket.horizon_h, 0);
    CHECK(ticket.detected_at == at_h(5));
    CHECK(*ticket.sla.first_response.due_at == at_h(29));
    CHECK(*ticket.sla.resolution.due_at == at_h(5 + 120));
    STRCMP_EQUAL(ticket_id("brand", "wm-1", "belt_worn", at_h(5)).c_str(), ticket.id.c_str());
    const TicketEvent& event = station.tables().events.at({ticket.id, 1});
    STRCMP_EQUAL("opened", event.kind.c_str());
    CHECK(!event.from && *event.to == open);
    UNSIGNED_LONGS_EQUAL(1, ticket.version);
}

TEST(Ticketing, ids_are_deterministic_and_readable) {
    // Computed apart: FNV-1a 64 over the bytes, MurmurHash3 finaliser, upper 60 bits, Crockford
    // base32.
    const std::string id = ticket_id("brand", "wm-1", "belt_worn", at_h(5));
    LONGS_EQUAL(13, id.size());
    BYTES_EQUAL('T', id[0]);
    CHECK_TRUE(id.find_first_of("ILOU") == std::string::npos);
    CHECK_TRUE(id != ticket_id("brand", "wm-1b", "elt_worn", at_h(5)));
    CHECK_TRUE(id != ticket_id("brand", "wm-1", "belt_worn", at_h(5) + milliseconds{1}));
}

TEST(Ticketing, another_detection_adds_evidence_and_escalates) {
    fault(5, 1);
    fault(6, 5);  // the same failure mode by a graver rule
    const Ticket& ticket = station.ticket();
    UNSIGNED_LONGS_EQUAL(2, ticket.detection_count);
    CHECK(ticket.severity == Severity::critical);
    DOUBLES_EQUAL(0.9, ticket.probability, 0);
    STRCMP_EQUAL("pump@1", ticket.rule.c_str());
    STRCMP_EQUAL(R"([{"code":1,"seq":1},{"code":5,"seq":2}])", ticket.evidence_json.c_str());
    const TicketEvent& event = station.tables().events.at({ticket.id, ticket.version});
    STRCMP_EQUAL("detection", event.kind.c_str());
    STRCMP_CONTAINS("minor -> critical", event.why.c_str());
}

TEST(Ticketing, evidence_keeps_the_first_and_the_newest) {
    std::string list = "[]";
    for (int i = 0; i < 30; ++i) {
        list =
            append_evidence(list, R"({"n":)" + std::to_string(i) + R"(,"t":"a\"]}","l":[1,{}]})");
    }
    STRCMP_CONTAINS(R"([{"n":0,)", list.c_str());
    CHECK_TRUE(list.find(R"({"n":20,)") == std::string::npos);
    for (int i = 21; i < 30; ++i)
        STRCMP_CONTAINS((R"({"n":)" + std::to_string(i)).c_str(), list.c_str());
    STRCMP_EQUAL(list.c_str(), append_evidence(list, std::string(5000, ' ')).c_str());
}

TEST(Ticketing, shadow_rules_open_nothing) {
    fault(5, 3);
    LONGS_EQUAL(0, station.tables().tickets.size());
}

TEST(Ticketing, lapses_when_the_horizon_has_passed_and_the_evidence_is_gone) {
    fault(5, 2);
    station.commit_at(at_h(5 + 72) - milliseconds{1});
    CHECK(station.ticket().state == open);
    station.commit_at(at_h(5 + 72));
    CHECK(station.ticket().state == lapsed);
    CHECK(*station.ticket().closed_at == at_h(77));
    CHECK(station.ticket().decision == Decision::undecided);
    LONGS_EQUAL(0, station.engine().statistics().open_ticket_count);
    fault(80, 2);  // a later episode is a ticket of its own, and no recurrence of a repair
    LONGS_EQUAL(2, station.tables().tickets.size());
    STRCMP_EQUAL("", find(open).recurs_of.c_str());
}

TEST(Ticketing, does_not_lapse_while_the_evidence_stands) {
    fault(5, 2);
    fault(75, 2);  // the horizon now ends at 147
    station.commit_at(at_h(146));
    CHECK(station.ticket().state == open);
    station.commit_at(at_h(147));
    CHECK(station.ticket().state == lapsed);
}

TEST(Ticketing, a_ticket_somebody_works_on_does_not_lapse) {
    fault(5, 2);
    CHECK_TRUE(change(scheduled).has_value());
    station.commit_at(at_h(1000));
    CHECK(station.ticket().state == scheduled);
}

TEST(Ticketing, follows_the_life_cycle_and_explains_refusals) {
    const std::vector<std::pair<TicketState, std::vector<TicketState>>> table{
        {open,
         {contacted, scheduled, in_progress, pending_customer, on_hold, resolved, dismissed,
          merged}},
        {contacted,
         {scheduled, in_progress, pending_customer, on_hold, resolved, dismissed, merged}},
        {scheduled,
         {contacted, in_progress, pending_customer, on_hold, resolved, dismissed, merged}},
        {in_progress, {scheduled, pending_customer, on_hold, resolved, dismissed}},
        {pending_customer,
         {open, contacted, scheduled, in_progress, on_hold, resolved, dismissed, merged}},
        {on_hold,
         {open, contacted, scheduled, in_progress, pending_customer, resolved, dismissed, merged}},
        {resolved, {open, closed}},
        {closed, {open}},
        {dismissed, {open}},
        {merged, {}},
        {lapsed, {open}},
    };
    for (const auto& [from, allowed] : table) {
        for (auto to = open; to <= lapsed; to = static_cast<TicketState>(int(to) + 1)) {
            const bool expected = std::find(allowed.begin(), allowed.end(), to) != allowed.end();
            CHECK_EQUAL_TEXT(expected, may_change(from, to), std::string{to_string(to)}.c_str());
        }
    }
    fault(5, 2);
    CHECK_TRUE(change(in_progress).has_value());
    const auto refused = change(merged);
    CHECK(refused.error().code == Errc::invalid);
    STRCMP_CONTAINS("from in_progress to merged; allowed next: scheduled, pending_customer",
                    refused.error().message.c_str());
    CHECK(change(in_progress)->kind == CommandReply::Kind::unchanged);
}

TEST(Ticketing, resolved_closes_by_itself_and_can_be_reopened) {
    fault(5, 2);
    CHECK_TRUE(change(resolved).has_value());
    CHECK(*station.ticket().resolved_at == at_h(5));
    station.commit_at(at_h(5 + 14 * 24));
    CHECK(station.ticket().state == closed);
    CHECK_TRUE(change(open).has_value());
    const Ticket& ticket = station.ticket();
    CHECK(ticket.state == open);
    UNSIGNED_LONGS_EQUAL(1, ticket.reopened_count);
    CHECK(!ticket.resolved_at && !ticket.closed_at);
    station.commit_at(at_h(5 + 14 * 24 + 71));
    CHECK(station.ticket().state == open);  // a new horizon began with the reopening
    station.commit_at(at_h(5 + 14 * 24 + 72));
    CHECK(station.ticket().state == lapsed);
}

// promise: one-open-ticket
TEST(Ticketing, one_incident_is_open_per_failure_mode) {
    fault(5, 2);
    const std::string first = first_id();
    CHECK_TRUE(change(resolved).has_value());
    fault(8, 2);
    LONGS_EQUAL(2, station.tables().tickets.size());
    STRCMP_EQUAL(first.c_str(), find(open).recurs_of.c_str());
    const auto refused = station.command(
        ChangeTicket{.ticket_id = first, .to = open, .at = at_h(8), .who = "x", .why = "y"});
    CHECK(refused.error().code == Errc::conflict);
    STRCMP_CONTAINS(find(open).id.c_str(), refused.error().message.c_str());
}

TEST(Ticketing, a_repair_long_ago_is_no_recurrence) {
    fault(5, 2);
    CHECK_TRUE(change(resolved).has_value());
    fault(5 + 31 * 24, 2);
    STRCMP_EQUAL("", find(open).recurs_of.c_str());
}

TEST(Ticketing, refuses_a_change_to_what_somebody_else_changed) {
    fault(5, 2);
    ChangeTicket command{.ticket_id = first_id(), .to = scheduled, .at = at_h(5), .who = "a"};
    command.expected_version = 7;
    CHECK(station.command(command).error().code == Errc::conflict);
    command.expected_version = 1;
    CHECK_TRUE(station.command(command).has_value());
    command.ticket_id = "T000000000000";
    CHECK(station.command(command).error().code == Errc::not_found);
    command.ticket_id = first_id();
    command.expected_version.reset();
    command.to = on_hold;
    command.at = at_h(5 - 25);
    CHECK(station.command(command).error().code == Errc::invalid);
}

TEST(Ticketing, a_desk_whose_clock_is_behind_changes_a_ticket_no_earlier_than_it_was_opened) {
    fault(5, 2);
    CHECK_TRUE(station
                   .command(ChangeTicket{
                       .ticket_id = first_id(), .to = resolved, .at = at_h(4.9), .who = "x"})
                   .has_value());
    CHECK(*station.ticket().resolved_at == at_h(5));
}

TEST(Ticketing, every_change_is_one_event_and_one_version) {
    fault(5, 1);
    fault(6, 1);
    CHECK_TRUE(change(scheduled).has_value());
    CHECK_TRUE(change(resolved).has_value());
    const Ticket& ticket = station.ticket();
    LONGS_EQUAL(ticket.version, station.tables().events.size());
    std::optional<TicketState> state;
    for (const auto& [key, event] : station.tables().events) {
        if (!event.to) continue;
        CHECK_TRUE(event.from == state);
        state = event.to;
    }
    CHECK(state == ticket.state);
}
