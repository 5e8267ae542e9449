#include "collector/core/desk/desk.hpp"

#include "collector/core/desk/desk_events.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

/// Every ticket's work and centre follow from its events alone.
void check_projections(const MemoryTables& tables) {
    for (const auto& [id, ticket] : tables.tickets) {
        Ticket derived;
        for (const auto& [key, event] : tables.events) {
            if (key.first == id) project(event, derived);
        }
        STRCMP_EQUAL(ticket.centre.c_str(), derived.centre.c_str());
        CHECK_TRUE_TEXT(ticket.work == derived.work, id.c_str());
    }
}

}  // namespace

TEST_GROUP(Desk) {
    std::unique_ptr<Station> station = std::make_unique<Station>();
    Appliance appliance;
    Appliance second{.id = "wm-2"};

    void setup() override {
        station->enrol("wm-1");
        station->enrol("wm-2");
    }
    void teardown() override {
        check_projections(station->tables());
    }
    /// Starts again with centres; before anything else.
    void with(std::vector<ServiceCentre> centres) {
        Settings settings = Station::default_settings();
        settings.sla.centres = std::move(centres);
        station = std::make_unique<Station>(settings);
        setup();
    }
    const Ticket& fault(double hour, std::uint32_t code, Appliance& of) {
        station->go_to(at_h(hour));
        station->send(of.report(at_h(hour), {of.fault(at_h(hour), code)}));
        station->commit();
        return newest();
    }
    const Ticket& fault(double hour, std::uint32_t code) {
        return fault(hour, code, appliance);
    }
    const Ticket& newest() const {
        const Ticket* found = nullptr;
        for (const auto& [id, t] : station->tables().tickets) {
            if (found == nullptr || t.opened_at > found->opened_at) found = &t;
        }
        CHECK(found != nullptr);
        return *found;
    }
    const Ticket& ticket(const std::string& id) const {
        return station->tables().tickets.at(id);
    }
    Result<CommandReply> work(const std::string& id, decltype(WorkOnTicket::action) action,
                              const std::string& why = "because") {
        return station->command(WorkOnTicket{id, std::move(action), "api:test", why});
    }
    Result<CommandReply> change(const std::string& id, TicketState to,
                                const std::string& why = "because") {
        return station->command(ChangeTicket{id, to, station->now().wall, "api:test", why});
    }
    TicketEvent last_event(const std::string& id) const {
        return station->tables().events.at({id, ticket(id).version});
    }
    static ServiceCentre centre(const char* id, std::uint32_t jobs_max) {
        return {.tenant = "brand", .id = id, .jobs_per_day_max = jobs_max};
    }
};

// promise: desk-events
TEST(Desk, assigns_escalates_and_comments_each_in_one_event_that_says_who_and_why) {
    const std::string id = fault(5, 2).id;
    CHECK(work(id, Assign{"anna"}, "on duty")->kind == CommandReply::Kind::updated);
    STRCMP_EQUAL("anna", ticket(id).work.assignee.c_str());
    TicketEvent event = last_event(id);
    STRCMP_EQUAL("assigned", event.kind.c_str());
    STRCMP_EQUAL("anna", event.value.c_str());
    STRCMP_EQUAL("api:test", event.who.c_str());
    STRCMP_EQUAL("on duty", event.why.c_str());
    UNSIGNED_LONGS_EQUAL(2, ticket(id).version);
    CHECK(work(id, Assign{"anna"})->kind == CommandReply::Kind::unchanged);
    UNSIGNED_LONGS_EQUAL(2, ticket(id).version);

    CHECK_TRUE(work(id, Escalate{2}, "customer waits").has_value());
    CHECK_TRUE(work(id, Escalate{1}, "calmer").has_value());
    CHECK_TRUE(work(id, Escalate{3}, "not at all").has_value());
    UNSIGNED_LONGS_EQUAL(3, ticket(id).work.escalation_level);
    UNSIGNED_LONGS_EQUAL(2, ticket(id).work.escalation_count);  // it rose twice
    LONGS_EQUAL(1, station->engine().statistics().open_desk_counts.escalated);
    CHECK(work(id, Escalate{1}, "").error().code == Errc::invalid);

    CHECK_TRUE(work(id, AddComment{}, "rang twice").has_value());
    UNSIGNED_LONGS_EQUAL(1, ticket(id).work.comment_count);
    STRCMP_EQUAL("rang twice", last_event(id).why.c_str());
    CHECK_TRUE(change(id, TicketState::resolved).has_value());
    LONGS_EQUAL(0, station->engine().statistics().open_desk_counts.escalated);
}

TEST(Desk, refuses_what_does_not_fit_and_says_what_would) {
    const std::string id = fault(5, 2).id;
    CHECK_TRUE(change(id, TicketState::resolved).has_value());
    const auto refused = work(id, Assign{"anna"});
    CHECK(refused.error().code == Errc::invalid);
    STRCMP_CONTAINS("is resolved: only an open one is assigned; reopen it",
                    refused.error().message.c_str());
    CHECK_TRUE(work(id, AddComment{}, "thanks").has_value());
    CHECK_TRUE(change(id, TicketState::open, "").has_value());
    const auto silent = change(id, TicketState::dismissed, "");
    STRCMP_CONTAINS("member \"why\"", silent.error().message.c_str());
    const auto alone = change(id, TicketState::merged);
    STRCMP_CONTAINS("/merge", alone.error().message.c_str());
    CHECK_TRUE(change(id, TicketState::dismissed, "a test device").has_value());
}

TEST(Desk, holds_every_action_to_the_version_and_to_whose_ticket_it_is) {
    const std::string id = fault(5, 2).id;
    WorkOnTicket command{.ticket_id = id, .action = Assign{"anna"}, .expected_version = 7};
    CHECK(station->command(command).error().code == Errc::conflict);
    command.expected_version = 1;
    for (const Scope& foreign : {Scope{"other", ""}, Scope{"brand", "north"}}) {
        command.scope = foreign;
        CHECK(station->command(command).error().code == Errc::not_found);
    }
    command.scope = {"brand", ""};
    CHECK_TRUE(station->command(command).has_value());
    ChangeTicket away{.ticket_id = id, .to = TicketState::on_hold, .at = at_h(5)};
    away.scope = {"other", ""};
    CHECK(station->command(away).error().code == Errc::not_found);
}

TEST(Desk, merges_into_another_ticket_of_the_device_which_then_gathers_the_evidence) {
    const std::string noise = fault(5, 4).id;
    const std::string blocked = fault(6, 1).id;
    CHECK_TRUE(work(noise, MergeInto{blocked}, "same pump").has_value());
    CHECK(ticket(noise).state == TicketState::merged);
    STRCMP_EQUAL(blocked.c_str(), ticket(noise).work.merged_into.c_str());
    STRCMP_EQUAL("merged_from", last_event(blocked).kind.c_str());
    STRCMP_EQUAL(noise.c_str(), last_event(blocked).value.c_str());
    STRCMP_CONTAINS("\"code\":4", ticket(noise).evidence_json.c_str());
    fault(7, 4);  // the noise again: no new ticket
    LONGS_EQUAL(2, station->tables().tickets.size());
    UNSIGNED_LONGS_EQUAL(2, ticket(blocked).detection_count);
    station->restart();
    fault(8, 4);
    LONGS_EQUAL(2, station->tables().tickets.size());
    CHECK(work(noise, Assign{"anna"}).error().message.find("goes on as " + blocked) !=
          std::string::npos);
    CHECK_TRUE(change(blocked, TicketState::resolved).has_value());
    fault(9, 4);  // that episode is over: this is another
    LONGS_EQUAL(3, station->tables().tickets.size());
}

TEST(Desk, merges_severity_and_evidence_into_the_ticket_that_goes_on) {
    SlaPolicy urgent{.id = "urgent", .resolution = hours_ms(8)};
    urgent.severities = {Severity::critical};
    station->settings().sla.policies = {urgent};
    station->restart();
    const std::string goes_on = fault(5, 4).id;
    const std::string ended = fault(6, 5).id;  // critical
    CHECK_TRUE(ticket(goes_on).severity < Severity::critical);
    const std::string before = ticket(goes_on).evidence_json;
    CHECK_TRUE(work(ended, MergeInto{goes_on}, "same pump").has_value());
    const Ticket& merged = ticket(goes_on);
    CHECK_TRUE(merged.severity == Severity::critical);
    STRCMP_CONTAINS("urgent/always#", merged.sla.terms.c_str());
    CHECK_TRUE(merged.sla.resolution.due_at == at_h(5 + 8));
    // What it had comes first, then what came in.
    const std::string expected =
        before.substr(0, before.size() - 1) + "," + ticket(ended).evidence_json.substr(1);
    STRCMP_EQUAL(expected.c_str(), merged.evidence_json.c_str());
    UNSIGNED_LONGS_EQUAL(1, merged.detection_count);
    // The event says so, and what it says leads to the row.
    Ticket derived;
    std::string told;
    for (const auto& [key, event] : station->tables().events) {
        if (key.first != goes_on) continue;
        project(event, derived);
        if (event.kind == kMergedFrom) told = event.value + ", " + event.why;
    }
    STRCMP_EQUAL((ended + ":critical, same pump").c_str(), told.c_str());
    CHECK_TRUE(derived.severity == Severity::critical);
    station->restart();
    CHECK_TRUE(ticket(goes_on).severity == Severity::critical);
}

TEST(Desk, merges_a_less_severe_ticket_without_a_change_of_severity) {
    const std::string blocked = fault(5, 5).id;  // critical
    const std::string noise = fault(6, 4).id;
    CHECK_TRUE(work(noise, MergeInto{blocked}, "same pump").has_value());
    CHECK_TRUE(ticket(blocked).severity == Severity::critical);
    STRCMP_EQUAL(noise.c_str(), last_event(blocked).value.c_str());
    STRCMP_CONTAINS("\"code\":4", ticket(blocked).evidence_json.c_str());
}

TEST(Desk, merges_only_what_belongs_together) {
    const std::string first = fault(5, 2).id;
    const std::string foreign = fault(6, 2, second).id;
    const std::string other = fault(7, 4).id;
    const auto refusal = [&](const std::string& from, const std::string& into) {
        const auto reply = work(from, MergeInto{into});
        CHECK(!reply && reply.error().code == Errc::invalid);
        return reply.error().message;
    };
    STRCMP_CONTAINS("not merged into itself", refusal(first, first).c_str());
    STRCMP_CONTAINS("only tickets of one device", refusal(first, foreign).c_str());
    STRCMP_CONTAINS("no ticket T0", refusal(first, "T0").c_str());
    CHECK_TRUE(change(other, TicketState::resolved).has_value());
    STRCMP_CONTAINS("is resolved: merge into one that is open", refusal(first, other).c_str());
    STRCMP_CONTAINS("allowed next: open, closed", refusal(other, first).c_str());
    WorkOnTicket narrow{.ticket_id = first, .action = MergeInto{foreign}};
    narrow.scope = {"other", ""};
    CHECK(station->command(narrow).error().code == Errc::not_found);
}

TEST(Desk, without_a_centre_that_routes_takes_the_device_s_own) {
    DeviceInfo info;
    info.tenant = "brand";
    info.device_id = "wm-1";
    info.model = "WM-200";
    info.centre = "anywhere";
    CHECK_TRUE(station->command(RegisterDevice{info}).has_value());
    const std::string id = fault(5, 2).id;
    STRCMP_EQUAL("anywhere", ticket(id).centre.c_str());
    UNSIGNED_LONGS_EQUAL(1, ticket(id).version);
    CHECK(ticket(id).work.queue == RouteQueue::none && !ticket(id).work.routed_at);
    const auto no_rules = work(id, Reroute{});
    STRCMP_CONTAINS("no rules to route by", no_rules.error().message.c_str());
    CHECK_TRUE(work(id, Reroute{"elsewhere"}, "holiday").has_value());
    STRCMP_EQUAL("elsewhere", ticket(id).centre.c_str());
    STRCMP_EQUAL("elsewhere: by hand: holiday", ticket(id).work.route_reason.c_str());
    const std::string none = fault(6, 2, second).id;
    CHECK(ticket(none).work.queue == RouteQueue::unroutable);
    LONGS_EQUAL(1, station->engine().statistics().open_desk_counts.unroutable);
}

// promise: route-told
TEST(Desk, routes_by_the_day_s_load_which_a_restart_does_not_forget) {
    with({centre("a", 2), centre("b", 4)});
    STRCMP_EQUAL("a", fault(1, 1).centre.c_str());          // 0/2, 0/4
    STRCMP_EQUAL("b", fault(2, 2).centre.c_str());          // 1/2, 0/4
    STRCMP_EQUAL("b", fault(3, 4).centre.c_str());          // 1/2, 1/4
    STRCMP_EQUAL("a", fault(4, 1, second).centre.c_str());  // 1/2, 2/4: a by name
    station->restart();
    STRCMP_EQUAL("b", fault(5, 2, second).centre.c_str());  // 2/2, 2/4
    const Ticket& last = fault(6, 4, second);               // 2/2, 3/4
    STRCMP_EQUAL("b", last.centre.c_str());
    STRCMP_EQUAL("b: takes every ticket; 3 of 4 jobs today; next best: a 2 of 2 jobs today",
                 last.work.route_reason.c_str());
    const TicketEvent& event = station->tables().events.at({last.id, 2});
    STRCMP_EQUAL("routed", event.kind.c_str());
    STRCMP_EQUAL("none:b", event.value.c_str());
    CHECK_TRUE(change(last.id, TicketState::resolved).has_value());
    const Ticket& full = fault(7, 4, second);
    STRCMP_EQUAL("a", full.centre.c_str());  // both full: the lesser id
    CHECK(full.work.queue == RouteQueue::over_capacity);
    LONGS_EQUAL(1, station->engine().statistics().open_desk_counts.over_capacity);
    CHECK_TRUE(work(full.id, Reroute{"a"}, "they said yes").has_value());
    LONGS_EQUAL(0, station->engine().statistics().open_desk_counts.over_capacity);
}

TEST(Desk, routes_again_by_hand_or_by_the_rules_and_moves_the_job_with_it) {
    with({centre("a", 2), centre("b", 2)});
    const std::string id = fault(1, 1).id;  // a: 1/2
    CHECK_TRUE(work(id, Assign{"anna"}).has_value());
    CHECK(work(id, Reroute{"c"}).error().message.find("one of a, b") != std::string::npos);
    CHECK(work(id, Reroute{"b"}, "").error().code == Errc::invalid);
    CHECK_TRUE(work(id, Reroute{"b"}, "nearer").has_value());  // a: 0/2, b: 1/2
    STRCMP_EQUAL("b", ticket(id).centre.c_str());
    STRCMP_EQUAL("", ticket(id).work.assignee.c_str());                 // anna works at a
    STRCMP_EQUAL("a", fault(2, 2).centre.c_str());                      // a: 1/2, b: 1/2
    STRCMP_EQUAL("a", fault(3, 4).centre.c_str());                      // a: 2/2
    CHECK(work(id, Reroute{})->kind == CommandReply::Kind::unchanged);  // b without it: 0/2
}

TEST(Desk, shows_what_nobody_serves_and_takes_it_back_when_somebody_does) {
    ServiceCentre north = centre("north", 5);
    north.regions = {"DE-N"};
    with({north});
    const Ticket& lost = fault(1, 1);
    CHECK(lost.centre.empty() && lost.work.queue == RouteQueue::unroutable);
    STRCMP_EQUAL("no service centre serves region (unknown)", lost.work.route_reason.c_str());
    const std::string id = lost.id;
    CHECK_TRUE(change(id, TicketState::scheduled).has_value());
    station->restart();
    LONGS_EQUAL(1, station->engine().statistics().open_desk_counts.unroutable);
    station->settings().sla.centres[0].regions.clear();
    station->restart();
    CHECK_TRUE(work(id, Reroute{}, "").has_value());
    STRCMP_EQUAL("north", ticket(id).centre.c_str());
    LONGS_EQUAL(0, station->engine().statistics().open_desk_counts.unroutable);
}

TEST(Desk, an_outcome_gives_a_centre_to_a_ticket_that_had_none) {
    const std::string id = fault(5, 2).id;
    Outcome outcome{.id = "o-1", .tenant = "brand", .device_id = "wm-1", .ticket_id = id};
    outcome.at = at_h(6);
    outcome.centre = "north";
    CHECK_TRUE(station->command(SubmitOutcome{outcome}).has_value());
    STRCMP_EQUAL("north", ticket(id).centre.c_str());
    CHECK(ticket(id).work.queue == RouteQueue::none);
}
