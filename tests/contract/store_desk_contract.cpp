// The part of the store's contract that is about routing and the desk's own work.
#include <string>

#include "tests/contract/commits.hpp"
#include "tests/contract/store_contract.hpp"

// CppUTest redefines new and delete: last.
#include <CppUTest/TestHarness.h>

#include "tests/contract/must.hpp"

namespace aftercare::collector::testing {

namespace {

/// Ids of a page, newest first, "c a".
std::string listed(StoreFixture& fixture, const TicketFilter& filter) {
    std::string ids;
    for (const Ticket& one : must(fixture.queries().tickets(filter)).items) {
        ids += (ids.empty() ? "" : " ") + one.id;
    }
    return ids;
}

}  // namespace

void what_desks_made_of_a_ticket_is_kept(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    commit.tickets = {ticket("a", 1, "m1")};
    DeskWork& work = commit.tickets[0].work;
    work = {.assignee = "anna",
            .escalation_level = 2,
            .escalation_count = 5,
            .comment_count = 3,
            .queue = RouteQueue::over_capacity,
            .route_reason = "north: serves region DE-N",
            .routed_at = hour(9),
            .merged_into = "b"};
    commit.events = {event("a", 1, "assigned", std::nullopt, std::nullopt)};
    commit.events[0].value = "anna";
    must(fixture.store().apply(commit));
    fixture.reopen();
    const Loaded loaded = must(fixture.store().load(Settings{}, hour(20)));
    CHECK(loaded.open_tickets.at(0).work == work);
    const TicketDetail detail = must(fixture.queries().ticket("a"));
    CHECK(detail.ticket.work == work);
    STRCMP_EQUAL("anna", detail.events.at(0).value.c_str());
}

void tickets_are_found_by_queue_assignee_and_escalation(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    commit.tickets = {ticket("a", 1, "m1", TicketState::on_hold, hour(1)),
                      ticket("b", 1, "m2", TicketState::closed, hour(2)),
                      ticket("c", 1, "m3", TicketState::open, hour(3)),
                      ticket("d", 1, "m4", TicketState::open, hour(4))};
    commit.tickets[0].work = {.assignee = "anna", .queue = RouteQueue::unroutable};
    commit.tickets[1].work = {
        .assignee = "anna", .escalation_level = 1, .queue = RouteQueue::unroutable};
    commit.tickets[2].work = {.escalation_level = 3, .queue = RouteQueue::over_capacity};
    must(fixture.store().apply(commit));
    STRCMP_EQUAL("a", listed(fixture, {.queue = "unroutable"}).c_str());
    STRCMP_EQUAL("c", listed(fixture, {.tenant = "acme", .queue = "over_capacity"}).c_str());
    STRCMP_EQUAL("b a", listed(fixture, {.assignee = "anna"}).c_str());
    STRCMP_EQUAL("a", listed(fixture, {.state = "open_any", .assignee = "anna"}).c_str());
    STRCMP_EQUAL("c", listed(fixture, {.escalated = true}).c_str());
    STRCMP_EQUAL("", listed(fixture, {.tenant = "bolt", .escalated = true}).c_str());
    CHECK(fixture.queries().tickets({.queue = "none"}).error().code == Errc::invalid);
}

void loads_of_centres_are_what_the_lists_show(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    const char* centres[] = {"north", "south", "north", "", "south", "north"};
    for (std::size_t i = 0; i < std::size(centres); ++i) {
        const std::string no = std::to_string(i);
        commit.tickets.push_back(ticket("t" + no, 1, "m" + no, TicketState::open, hour(int(i))));
        commit.tickets[i].centre = centres[i];
    }
    commit.tickets[0].sla.resolution.at_risk = true;
    commit.tickets[2].sla.first_response = {.at_risk = true, .breached = true};
    commit.tickets[2].sla.resolution.at_risk = true;
    commit.tickets[3].work.queue = RouteQueue::unroutable;
    commit.tickets[4].work.queue = RouteQueue::over_capacity;
    commit.tickets[5].state = TicketState::dismissed;
    commit.tickets[5].sla.resolution.at_risk = true;
    commit.tickets[5].work.queue = RouteQueue::over_capacity;
    must(fixture.store().apply(commit));
    std::string told;
    for (const CentreLoad& load : must(fixture.queries().centre_loads("acme"))) {
        told += load.centre + ":" + std::to_string(load.open_count) + "," +
                std::to_string(load.at_risk_count) + "," + std::to_string(load.breached_count) +
                "," + std::to_string(load.over_capacity_count) + " ";
    }
    STRCMP_EQUAL(":1,0,0,0 north:2,2,1,0 south:2,0,0,1 ", told.c_str());
    STRCMP_EQUAL("t2 t0", listed(fixture, {.centre = "north", .sla = "at_risk"}).c_str());
    STRCMP_EQUAL("t2", listed(fixture, {.centre = "north", .sla = "breached"}).c_str());
    STRCMP_EQUAL("t4", listed(fixture, {.centre = "south", .queue = "over_capacity"}).c_str());
    LONGS_EQUAL(0, must(fixture.queries().centre_loads("bolt")).size());
}

}  // namespace aftercare::collector::testing
