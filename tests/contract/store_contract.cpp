#include "tests/contract/store_contract.hpp"

#include <algorithm>
#include <string>

#include "collector/ports/wrong_parameter.hpp"
#include "tests/contract/commits.hpp"

// CppUTest redefines new and delete: last.
#include <CppUTest/TestHarness.h>

#include "tests/contract/must.hpp"

namespace aftercare::collector::testing {

namespace {

void must_fail(const Status& status, Errc code) {
    CHECK_FALSE(status.has_value());
    STRCMP_EQUAL(std::string(to_string(code)).c_str(),
                 std::string(to_string(status.error().code)).c_str());
    CHECK(!status.error().message.empty());
}

Loaded load(StoreFixture& fixture, WallTime now = hour(20)) {
    return must(fixture.store().load(Settings{}, now));
}

/// Device 1 with ten urgent records, a fault, a ticket with its event, contact and outcome.
Commit full_commit() {
    Commit commit;
    commit.devices = {device(1), device(2, std::string("\0binary", 7))};
    add_report(commit, 1, 1, 10, Lane::urgent);
    commit.settings = {{1, {3, 4, 4, ConfigRefusal::bad_value}}};
    commit.presences = {{1, {false, hour(2)}}, {1, {true, hour(4)}}};
    commit.faults = {fault(1, 3, 18, hour(3))};
    commit.tickets = {ticket("t1", 1, "drain_pump_blocked")};
    commit.events = {event("t1", 1, "opened", std::nullopt, TicketState::open)};
    commit.contacts = {contact("t1-c1", "t1", 1, hour(11))};
    commit.outcomes = {outcome("o1", "t1", 1, hour(12))};
    SlaTerms terms{.id = "gold/always#1", .policy = "gold", .calendar_name = "always"};
    terms.resolution = hours_ms(8);
    commit.sla_terms = {terms};
    SlaClock& clock = commit.tickets[0].sla;
    clock.terms = terms.id;
    clock.running_since = hour(11);
    clock.first_response = {
        .spent = milliseconds{1}, .due_at = hour(12), .at_risk = true, .breached = true};
    clock.resolution = {.spent = milliseconds{2}, .at_risk_at = hour(13), .due_at = hour(14)};
    return commit;
}

template <class Item>
std::vector<std::string> ids(const std::vector<Item>& items) {
    std::vector<std::string> found;
    for (const Item& item : items) found.push_back(item.id);
    return found;
}

std::string listed(StoreFixture& fixture, const TicketFilter& filter) {
    std::string text;
    for (const std::string& id : ids(must(fixture.queries().tickets(filter)).items)) {
        text += (text.empty() ? "" : " ") + id;
    }
    return text;
}

}  // namespace

void an_empty_store_loads_as_nothing(StoreFixture& fixture) {
    const Loaded loaded = load(fixture);
    CHECK(loaded.devices.empty() && loaded.streams.empty() && loaded.open_tickets.empty());
    CHECK(loaded.recent_tickets.empty() && loaded.outcomes.empty() && loaded.contacts.empty());
    UNSIGNED_LONGS_EQUAL(0, loaded.totals.records);
}

void what_was_applied_is_loaded(StoreFixture& fixture) {
    must(fixture.store().apply(full_commit()));
    fixture.reopen();
    const Loaded loaded = load(fixture);
    UNSIGNED_LONGS_EQUAL(2, loaded.devices.size());
    const DeviceStateRow& first = loaded.devices[0];
    STRCMP_EQUAL("wm-1", first.info.device_id.c_str());
    STRCMP_EQUAL("1.2.3", first.info.firmware.c_str());
    CHECK(first.info.installed_at == hour(-1000));
    CHECK(!first.info.warranty_until.has_value());
    CHECK(loaded.devices[1].state == std::string("\0binary", 7));
    UNSIGNED_LONGS_EQUAL(1, loaded.settings.size());
    UNSIGNED_LONGS_EQUAL(4, loaded.settings[0].settings.refused_version);
    const auto shown = must(fixture.queries().device(first.info.tenant, "wm-1")).settings;
    CHECK(shown && shown->applied_version == 3 && shown->wanted_version == 4);
    CHECK(shown->refusal == ConfigRefusal::bad_value);
    UNSIGNED_LONGS_EQUAL(1, loaded.presences.size());
    const auto presence = must(fixture.queries().device(first.info.tenant, "wm-1")).presence;
    CHECK(presence && presence->online && presence->since == hour(4));
    for (const DeviceInfo& listed : must(fixture.queries().devices({})).items) {
        CHECK(listed.settings.has_value() == (listed.no == 1));
        CHECK(listed.presence.has_value() == (listed.no == 1));
    }
    UNSIGNED_LONGS_EQUAL(1, loaded.open_tickets.size());
    const Ticket& t = loaded.open_tickets[0];
    const Ticket wanted = full_commit().tickets[0];
    STRCMP_EQUAL("drain_pump_blocked", t.failure_mode.c_str());
    STRCMP_EQUAL(wanted.evidence_json.c_str(), t.evidence_json.c_str());
    DOUBLES_EQUAL(0.625, t.probability, 0);
    CHECK(t.severity == Severity::major && t.warranty == WarrantyState::in_warranty);
    CHECK(t.detected_at == wanted.detected_at && t.sla == wanted.sla);
    CHECK(!t.first_contact_outbound.has_value() && !t.outcome.has_value());
    CHECK(ids(loaded.sla_terms) == std::vector<std::string>{"gold/always#1"});
    CHECK(loaded.sla_terms[0].resolution == hours_ms(8));
    const TicketDetail detail = must(fixture.queries().ticket("t1"));
    CHECK(detail.sla_terms && detail.sla_terms->policy == "gold");
    CHECK(ids(loaded.outcomes) == std::vector<std::string>{"o1"});
    UNSIGNED_LONGS_EQUAL(2, loaded.outcomes[0].parts.size());
    CHECK(ids(loaded.contacts) == std::vector<std::string>{"t1-c1"});
}

void marks_and_totals_survive_reopening(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(7)};
    add_report(commit, 7, 1, 20);
    commit.totals.duplicate_records = 5;
    refuse(commit, RefusalReason::bad_time, "no", hour(1));
    refuse(commit, RefusalReason::bad_time, "no", hour(1), "");
    must(fixture.store().apply(commit));
    fixture.reopen();
    const Loaded loaded = load(fixture);
    UNSIGNED_LONGS_EQUAL(1, loaded.streams.size());
    CHECK(loaded.streams[0].stream_id == kStream + 7);
    UNSIGNED_LONGS_EQUAL(0, loaded.streams[0].high_water[index(Lane::urgent)]);
    UNSIGNED_LONGS_EQUAL(20, loaded.streams[0].high_water[index(Lane::bulk)]);
    CHECK(loaded.streams[0].last_at == commit.raw[0].received_at);
    UNSIGNED_LONGS_EQUAL(20, loaded.totals.records);
    UNSIGNED_LONGS_EQUAL(5, loaded.totals.duplicate_records);
    UNSIGNED_LONGS_EQUAL(2, loaded.totals.refused[std::size_t(RefusalReason::bad_time)]);
    UNSIGNED_LONGS_EQUAL(2, loaded.refusal_counts.size());
    STRCMP_EQUAL("", loaded.refusal_counts[0].tenant.c_str());
    STRCMP_EQUAL("acme", loaded.refusal_counts[1].tenant.c_str());
    UNSIGNED_LONGS_EQUAL(1, loaded.refusal_counts[1].count);
}

void applying_a_commit_twice_changes_nothing(StoreFixture& fixture) {
    Commit commit = full_commit();
    refuse(commit, RefusalReason::bad_topic, "no", hour(1));
    Commit gap_only;
    gap_only.gaps = {gap(1, 1, 4)};
    gap_only.streams = {{1, kStream + 1, {0, 4}, hour(6)}};
    gap_only.totals = commit.totals;
    for (int round = 0; round < 2; ++round) must(fixture.store().apply(commit));
    for (int round = 0; round < 2; ++round) must(fixture.store().apply(gap_only));
    const Counts counts = must(fixture.queries().counts());
    UNSIGNED_LONGS_EQUAL(1, counts.raw_reports);
    UNSIGNED_LONGS_EQUAL(10, counts.raw_records);
    UNSIGNED_LONGS_EQUAL(1, counts.faults);
    UNSIGNED_LONGS_EQUAL(1, counts.gaps);
    UNSIGNED_LONGS_EQUAL(1, counts.tickets);
    UNSIGNED_LONGS_EQUAL(1, counts.outcomes);
    UNSIGNED_LONGS_EQUAL(1, must(fixture.queries().quarantine({}))[0].count);
    UNSIGNED_LONGS_EQUAL(2, must(fixture.queries().ticket("t1")).outcomes[0].parts.size());
}

void a_commit_half_stored_already_is_refused_whole(StoreFixture& fixture) {
    Commit first;
    first.devices = {device(1)};
    add_report(first, 1, 1, 5);
    must(fixture.store().apply(first));
    Commit half = first;
    half.devices.push_back(device(2));
    add_report(half, 1, 6, 5);
    must_fail(fixture.store().apply(half), Errc::conflict);
    const Counts counts = must(fixture.queries().counts());
    UNSIGNED_LONGS_EQUAL(1, counts.raw_reports);
    UNSIGNED_LONGS_EQUAL(1, counts.devices);
}

void overlapping_reports_in_one_commit_are_refused(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    add_report(commit, 1, 1, 5);
    add_report(commit, 1, 5, 5);
    must_fail(fixture.store().apply(commit), Errc::conflict);
    UNSIGNED_LONGS_EQUAL(0, must(fixture.queries().counts()).raw_reports);
}

void a_second_open_ticket_for_an_incident_is_refused_whole(StoreFixture& fixture) {
    must(fixture.store().apply(full_commit()));
    Commit second;
    second.devices = {device(3)};
    second.tickets = {ticket("t2", 1, "drain_pump_blocked", TicketState::on_hold)};
    must_fail(fixture.store().apply(second), Errc::conflict);
    UNSIGNED_LONGS_EQUAL(1, must(fixture.queries().counts()).tickets);
    UNSIGNED_LONGS_EQUAL(2, must(fixture.queries().counts()).devices);
    second.tickets[0].failure_mode = "bearing_worn";
    must(fixture.store().apply(second));
    UNSIGNED_LONGS_EQUAL(2, must(fixture.queries().counts()).open_tickets);
}

void an_incident_may_open_again_after_it_ended(StoreFixture& fixture) {
    must(fixture.store().apply(full_commit()));
    Commit again;
    again.tickets = {ticket("t1", 1, "drain_pump_blocked", TicketState::closed),
                     ticket("t2", 1, "drain_pump_blocked", TicketState::open, hour(15))};
    must(fixture.store().apply(again));
    const Loaded loaded = load(fixture);
    CHECK(ids(loaded.open_tickets) == std::vector<std::string>{"t2"});
    CHECK(ids(loaded.recent_tickets) == std::vector<std::string>{"t1"});
}

void an_incident_may_change_tickets_within_a_commit(StoreFixture& fixture) {
    must(fixture.store().apply(full_commit()));
    Commit swap;
    // The new one is named first, and the old one twice: what counts is how the commit leaves them.
    swap.tickets = {ticket("t1", 1, "drain_pump_blocked", TicketState::on_hold),
                    ticket("t2", 1, "drain_pump_blocked"),
                    ticket("t1", 1, "drain_pump_blocked", TicketState::dismissed)};
    must(fixture.store().apply(swap));
    const Loaded loaded = load(fixture);
    CHECK(ids(loaded.open_tickets) == std::vector<std::string>{"t2"});
    CHECK(ids(loaded.recent_tickets) == std::vector<std::string>{"t1"});
}

void a_ticket_of_an_unknown_device_is_refused(StoreFixture& fixture) {
    Commit commit;
    commit.tickets = {ticket("t1", 99, "bearing_worn")};
    must_fail(fixture.store().apply(commit), Errc::conflict);
    UNSIGNED_LONGS_EQUAL(0, must(fixture.queries().counts()).tickets);
}

void a_device_number_never_changes_hands(StoreFixture& fixture) {
    must(fixture.store().apply(full_commit()));
    Commit thief;
    thief.devices = {device(1)};
    thief.devices[0].info.device_id = "other";
    must_fail(fixture.store().apply(thief), Errc::conflict);
    STRCMP_EQUAL("wm-1", load(fixture).devices[0].info.device_id.c_str());
}

void old_tickets_outcomes_and_contacts_are_not_loaded(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    commit.tickets = {ticket("old", 1, "a", TicketState::closed, hour(0)),
                      ticket("young", 1, "a", TicketState::closed, hour(100)),
                      ticket("done", 1, "c", TicketState::resolved, hour(0)),
                      ticket("open", 1, "b", TicketState::open, hour(0))};
    commit.outcomes = {outcome("o-old", "old", 1, hour(1)),
                       outcome("o-young", "young", 1, hour(101))};
    commit.contacts = {contact("c-old", "old", 1, hour(1)),
                       contact("c-young", "young", 1, hour(101))};
    must(fixture.store().apply(commit));
    // Both windows are 30 days; the young ticket closed at hour 101.
    const Loaded loaded = load(fixture, hour(101 + 30 * 24));
    CHECK(ids(loaded.open_tickets) == std::vector<std::string>{"open"});
    // The resolved one waits for its closing, however old.
    CHECK(ids(loaded.recent_tickets) == (std::vector<std::string>{"done", "young"}));
    CHECK(ids(loaded.outcomes) == std::vector<std::string>{"o-young"});
    CHECK(ids(loaded.contacts) == std::vector<std::string>{"c-young"});
    UNSIGNED_LONGS_EQUAL(1, load(fixture, hour(102 + 30 * 24)).recent_tickets.size());
}

void a_ticket_is_read_with_all_that_hangs_on_it(StoreFixture& fixture) {
    Commit commit = full_commit();
    commit.events.push_back(event("t1", 2, "state", TicketState::open, TicketState::contacted));
    commit.tickets.push_back(ticket("t2", 1, "other"));
    commit.events.push_back(event("t2", 1, "opened", std::nullopt, TicketState::open));
    must(fixture.store().apply(commit));
    const TicketDetail detail = must(fixture.queries().ticket("t1"));
    STRCMP_EQUAL("t1", detail.ticket.id.c_str());
    UNSIGNED_LONGS_EQUAL(2, detail.events.size());
    CHECK(detail.events[1].from == TicketState::open &&
          detail.events[1].to == TicketState::contacted);
    CHECK(!detail.events[0].from.has_value());
    UNSIGNED_LONGS_EQUAL(1, detail.contacts.size());
    CHECK(detail.contacts[0].channel == Channel::phone && detail.contacts[0].at == hour(11));
    UNSIGNED_LONGS_EQUAL(1, detail.outcomes.size());
    const Outcome& o = detail.outcomes[0];
    CHECK(o.code == OutcomeCode::preventive_replacement && o.failed_at == hour(10));
    DOUBLES_EQUAL(35.5, o.labour_min, 0);
    UNSIGNED_LONGS_EQUAL(2, o.parts.size());
    STRCMP_EQUAL("new-1", o.parts[0].new_serial.c_str());
    STRCMP_EQUAL("P-2", o.parts[1].number.c_str());
    CHECK(fixture.queries().ticket("t9").error().code == Errc::not_found);
}

void tickets_are_paged_newest_first_without_loss(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    for (int i = 0; i < 25; ++i) {
        // Five tickets share each hour, so that pages end inside ties.
        commit.tickets.push_back(ticket("t" + std::to_string(10 + i), 1, "m" + std::to_string(i),
                                        TicketState::open, hour(i / 5)));
    }
    must(fixture.store().apply(commit));
    TicketFilter filter;
    filter.limit = 7;
    std::vector<std::string> seen;
    for (int page_count = 1;; ++page_count) {
        const Page<Ticket> page = must(fixture.queries().tickets(filter));
        for (const std::string& id : ids(page.items)) seen.push_back(id);
        if (page.next_cursor.empty()) {
            LONGS_EQUAL(4, page_count);
            break;
        }
        filter.cursor = page.next_cursor;
    }
    std::vector<std::string> wanted = ids(commit.tickets);
    std::reverse(wanted.begin(), wanted.end());
    CHECK(seen == wanted);
}

void each_ticket_filter_narrows(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1), device(2)};
    commit.tickets = {ticket("a", 1, "m1", TicketState::on_hold, hour(1)),
                      ticket("b", 2, "m1", TicketState::closed, hour(2)),
                      ticket("c", 1, "m2", TicketState::open, hour(3))};
    commit.tickets[1].centre = "south";
    commit.tickets[1].component = "heater";
    commit.tickets[2].origin = Origin::reactive;
    commit.tickets[2].tenant = "bolt";
    must(fixture.store().apply(commit));
    STRCMP_EQUAL("c b a", listed(fixture, {}).c_str());
    STRCMP_EQUAL("c", listed(fixture, {.tenant = "bolt"}).c_str());
    STRCMP_EQUAL("c a", listed(fixture, {.device_id = "wm-1"}).c_str());
    STRCMP_EQUAL("b", listed(fixture, {.centre = "south"}).c_str());
    STRCMP_EQUAL("c a", listed(fixture, {.state = "open_any"}).c_str());
    STRCMP_EQUAL("a", listed(fixture, {.state = "on_hold"}).c_str());
    STRCMP_EQUAL("c", listed(fixture, {.origin = "reactive"}).c_str());
    STRCMP_EQUAL("b", listed(fixture, {.component = "heater"}).c_str());
    STRCMP_EQUAL("a", listed(fixture, {.tenant = "acme", .state = "open_any"}).c_str());
    STRCMP_EQUAL("", listed(fixture, {.tenant = "' OR 1=1 --"}).c_str());
}

void alarmed_tickets_are_found(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    commit.tickets = {ticket("a", 1, "m1", TicketState::on_hold, hour(1)),
                      ticket("b", 1, "m2", TicketState::closed, hour(2)),
                      ticket("c", 1, "m3", TicketState::open, hour(3)),
                      ticket("d", 1, "m4", TicketState::contacted, hour(4)),
                      ticket("e", 1, "m5", TicketState::open, hour(5))};
    const auto set = [&](std::size_t row, SlaTarget target, bool breached) {
        commit.tickets[row].sla.of(target).at_risk = true;
        commit.tickets[row].sla.of(target).breached = breached;
    };
    set(0, SlaTarget::resolution, false);
    set(1, SlaTarget::resolution, true);  // has ended
    set(2, SlaTarget::first_response, true);
    set(2, SlaTarget::resolution, false);     // one of each
    set(3, SlaTarget::first_response, true);  // answered late
    commit.tickets[3].contacted_at = hour(5);
    commit.tickets[3].sla.first_response.met = true;
    must(fixture.store().apply(commit));
    STRCMP_EQUAL("c a", listed(fixture, {.sla = "at_risk"}).c_str());
    STRCMP_EQUAL("c", listed(fixture, {.sla = "breached"}).c_str());
    STRCMP_EQUAL("a", listed(fixture, {.state = "on_hold", .sla = "at_risk"}).c_str());
}

void senseless_filters_are_refused(StoreFixture& fixture) {
    Queries& queries = fixture.queries();
    const auto names = [](const char* parameter, const auto& result) {
        CHECK_TEXT(!result && result.error().code == Errc::invalid, parameter);
        STRCMP_EQUAL(parameter, std::string(parameter_of(result.error())).c_str());
    };
    names("sla", queries.tickets({.sla = "late"}));
    names("state", queries.tickets({.state = "opened"}));
    names("origin", queries.tickets({.origin = "guess"}));
    names("queue", queries.tickets({.queue = "state"}));
    names("limit", queries.tickets({.limit = 0}));
    names("cursor", queries.tickets({.cursor = "not-a-cursor"}));
    names("cursor", queries.devices({.cursor = "zz"}));
    names("limit", queries.devices({.limit = 0}));
    names("review", queries.outcomes({.review = "soon"}));
    names("cursor", queries.outcomes({.cursor = "zz"}));
    names("limit", queries.outcomes({.limit = 0}));
    names("state", queries.problems({.state = "opened"}));
    names("cursor", queries.problems({.cursor = "zz"}));
    names("limit", queries.problems({.limit = 0}));
    STRCMP_EQUAL("", std::string(parameter_of(queries.ticket("none").error())).c_str());
}

void devices_are_paged_and_filtered(StoreFixture& fixture) {
    Commit commit;
    for (DeviceNo no = 1; no <= 9; ++no) commit.devices.push_back(device(no));
    commit.devices[8].info.tenant = "bolt";
    must(fixture.store().apply(commit));
    DeviceFilter filter{.tenant = "acme", .model = "fr-200", .limit = 3};
    const Page<DeviceInfo> first = must(fixture.queries().devices(filter));
    filter.cursor = first.next_cursor;
    const Page<DeviceInfo> second = must(fixture.queries().devices(filter));
    std::string seen;
    for (const auto& page : {first, second}) {
        for (const DeviceInfo& d : page.items) seen += d.device_id + " ";
    }
    STRCMP_EQUAL("wm-1 wm-3 wm-5 wm-7 ", seen.c_str());
    CHECK(second.next_cursor.empty());
    UNSIGNED_LONGS_EQUAL(9, must(fixture.queries().devices({})).items.size());
}

void a_device_is_found_within_its_tenant(StoreFixture& fixture) {
    must(fixture.store().apply(full_commit()));
    UNSIGNED_LONGS_EQUAL(2, must(fixture.queries().device("acme", "wm-2")).no);
    CHECK(fixture.queries().device("bolt", "wm-2").error().code == Errc::not_found);
    CHECK(fixture.queries().device("acme", "wm-9").error().code == Errc::not_found);
}

void faults_come_newest_first(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1), device(2)};
    add_report(commit, 1, 1, 3, Lane::urgent);
    add_report(commit, 2, 1, 1, Lane::urgent);
    // The second of device 1 happened last: event time counts, not arrival.
    commit.faults = {fault(1, 1, 11, hour(1)), fault(1, 2, 12, hour(9)), fault(1, 3, 13, hour(5)),
                     fault(2, 1, 99, hour(8))};
    must(fixture.store().apply(commit));
    const std::vector<FaultRow> found = must(fixture.queries().faults(1, 2));
    UNSIGNED_LONGS_EQUAL(2, found.size());
    UNSIGNED_LONGS_EQUAL(12, found[0].code);
    UNSIGNED_LONGS_EQUAL(13, found[1].code);
    CHECK(found[0].stream_id == kStream + 1 && found[0].seq == 2);
    CHECK(found[0].state == FaultState::raised && found[0].error_ms == 250);
    CHECK(found[0].occurred_at == hour(9));
}

void kpi_rows_hold_state_changes_only(StoreFixture& fixture) {
    Commit commit = full_commit();
    commit.events.push_back(event("t1", 2, "detection", std::nullopt, std::nullopt));
    commit.events.push_back(event("t1", 3, "comment", TicketState::open, TicketState::open));
    commit.events.push_back(event("t1", 4, "state", TicketState::open, TicketState::on_hold));
    must(fixture.store().apply(commit));
    const KpiRows rows = must(fixture.queries().kpi_rows());
    UNSIGNED_LONGS_EQUAL(2, rows.state_events.size());
    UNSIGNED_LONGS_EQUAL(1, rows.state_events[0].no);
    UNSIGNED_LONGS_EQUAL(4, rows.state_events[1].no);
    UNSIGNED_LONGS_EQUAL(2, rows.devices.size());
    UNSIGNED_LONGS_EQUAL(1, rows.tickets.size());
    UNSIGNED_LONGS_EQUAL(1, rows.contacts.size());
    UNSIGNED_LONGS_EQUAL(2, rows.outcomes.at(0).parts.size());
}

void counts_add_up(StoreFixture& fixture) {
    Commit commit = full_commit();
    add_report(commit, 2, 1, 7);
    commit.gaps = {gap(2, 8, 12), gap(1, 11, 11, Lane::urgent)};
    commit.tickets.push_back(ticket("t0", 2, "done", TicketState::dismissed));
    must(fixture.store().apply(commit));
    const Counts counts = must(fixture.queries().counts());
    UNSIGNED_LONGS_EQUAL(2, counts.devices);
    UNSIGNED_LONGS_EQUAL(2, counts.raw_reports);
    UNSIGNED_LONGS_EQUAL(17, counts.raw_records);
    UNSIGNED_LONGS_EQUAL(17, counts.totals.records);
    UNSIGNED_LONGS_EQUAL(2, counts.gaps);
    UNSIGNED_LONGS_EQUAL(6, counts.gap_records);
    UNSIGNED_LONGS_EQUAL(2, counts.tickets);
    UNSIGNED_LONGS_EQUAL(1, counts.open_tickets);
    UNSIGNED_LONGS_EQUAL(1, counts.faults);
    UNSIGNED_LONGS_EQUAL(1, counts.outcomes);
}

}  // namespace aftercare::collector::testing
