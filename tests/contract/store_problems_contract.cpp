// The part of the store's contract that is about fleet problems.
#include <string>

#include "tests/contract/commits.hpp"
#include "tests/contract/store_contract.hpp"

// CppUTest redefines new and delete: last.
#include <CppUTest/TestHarness.h>

#include "tests/contract/must.hpp"

namespace aftercare::collector::testing {

namespace {

template <class T>
std::string ids(const std::vector<T>& items) {
    std::string found;
    for (const T& one : items) found += one.id + " ";
    return found;
}

}  // namespace

void problems_are_loaded_while_they_can_change(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1), device(2)};
    commit.tickets = {ticket("t1", 1, "drain_pump_blocked")};
    Problem settling = problem("P3", "c", ProblemState::released, hour(-9000));
    settling.settled_at.reset();
    Problem guarding = problem("P4", "d", ProblemState::released, hour(-9000));
    guarding.guard_ended_at.reset();
    commit.problems = {problem("P1", "a"),
                       problem("P2", "b", ProblemState::rolled_up, hour(-9000)),
                       settling,
                       guarding,
                       problem("P5", "e", ProblemState::resolved),
                       problem("P6", "f", ProblemState::resolved, hour(-9000))};
    commit.problem_devices = {problem_device("P1", 1, "t1"), problem_device("P1", 2),
                              problem_device("P6", 1)};
    commit.problem_events = {{"P1", 1, hour(10), "engine", "started", "because"}};
    must(fixture.store().apply(commit));
    must(fixture.store().apply(commit));
    fixture.reopen();
    const Loaded loaded = must(fixture.store().load(Settings{}, hour(20)));
    STRCMP_EQUAL("P1 P2 P3 P4 P5 ", ids(loaded.problems).c_str());
    UNSIGNED_LONGS_EQUAL(2, loaded.problem_devices.size());
    const ProblemDevice& linked = loaded.problem_devices[0];
    CHECK(!linked.attached && linked.ticket_id == "t1" && linked.detection_count == 3);
    const ProblemDevice& attached = loaded.problem_devices[1];
    CHECK(attached.attached && attached.ticket_id.empty() && attached.device_no == 2);
    CHECK(attached.detected_at == hour(9) && attached.attached_at == hour(10));
    CHECK(attached.last_at == hour(11) && attached.rule == "pump_current@3");
    STRCMP_EQUAL(R"([{"sentence":"it drags"}])", attached.evidence_json.c_str());
    const Problem& p = loaded.problems[4];
    CHECK(p.state == ProblemState::resolved && p.code == OutcomeCode::fixed_remotely);
    CHECK(p.severity == Severity::major && p.decided_at == hour(11) && p.settled_at == hour(11));
    CHECK(p.fleet_count == 90 && p.start_count == 20 && p.end_count == 5 && p.who == "api:maker");
    STRCMP_EQUAL("P1", must(fixture.queries().ticket("t1")).problem_id.c_str());
}

void a_second_unsettled_problem_of_a_key_is_refused_whole(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    commit.problems = {problem("P1", "a")};
    must(fixture.store().apply(commit));
    Commit second;
    second.devices = {device(2)};
    second.problems = {problem("P2", "a", ProblemState::rolled_up)};
    const Status refused = fixture.store().apply(second);
    CHECK(!refused && refused.error().code == Errc::conflict);
    UNSIGNED_LONGS_EQUAL(1, must(fixture.queries().counts()).devices);
    // The end of the one before may come in the same commit, whatever the order.
    second.problems.push_back(problem("P1", "a", ProblemState::resolved));
    must(fixture.store().apply(second));
    Commit stray;
    stray.problem_devices = {problem_device("P9", 1)};
    CHECK(fixture.store().apply(stray).error().code == Errc::conflict);
}

void watches_are_loaded_while_their_ticket_is_resolved(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1)};
    commit.tickets = {ticket("t1", 1, "a", TicketState::resolved),
                      ticket("t2", 1, "b", TicketState::closed)};
    commit.tickets[0].resolved_at = commit.tickets[0].verified_at = hour(12);
    commit.watches = {
        {"t1", 1, WatchState::verified, hour(12), hour(36), 40, 3, hour(35), hour(36)},
        {"t2", 1, WatchState::watching, hour(11), hour(35)}};
    must(fixture.store().apply(commit));
    fixture.reopen();
    const Loaded loaded = must(fixture.store().load(Settings{}, hour(40)));
    UNSIGNED_LONGS_EQUAL(1, loaded.watches.size());
    const Watch& w = loaded.watches[0];
    CHECK(w.ticket_id == "t1" && w.state == WatchState::verified && w.device_no == 1);
    CHECK(w.since == hour(12) && w.until == hour(36) && w.record_count == 40);
    CHECK(w.cycle_count == 3 && w.last_at == hour(35) && w.ended_at == hour(36));
    const TicketDetail detail = must(fixture.queries().ticket("t1"));
    CHECK(detail.watch && detail.watch->cycle_count == 3 && detail.ticket.verified_at == hour(12));
    CHECK(!must(fixture.queries().ticket("t2")).watch->last_at);
}

void outcomes_are_paged_and_those_in_review_stay_loaded(StoreFixture& fixture) {
    Commit commit;
    commit.devices = {device(1), device(2)};
    commit.outcomes = {outcome("o1", "", 1, hour(-9000)), outcome("o2", "", 1, hour(2)),
                       outcome("o3", "", 2, hour(3))};
    commit.outcomes[0].review = Review::open;
    commit.outcomes[0].candidates_json = R"([{"ticket_id":"t1"}])";
    commit.outcomes[1].review = Review::decided;
    commit.outcomes[2].centre = "south";
    must(fixture.store().apply(commit));
    fixture.reopen();
    const Loaded loaded = must(fixture.store().load(Settings{}, hour(20)));
    STRCMP_EQUAL("o1 o2 o3 ", ids(loaded.outcomes).c_str());
    CHECK(loaded.outcomes[0].review == Review::open && loaded.outcomes[0].parts.size() == 2);
    STRCMP_EQUAL(R"([{"ticket_id":"t1"}])", loaded.outcomes[0].candidates_json.c_str());
    Queries& queries = fixture.queries();
    STRCMP_EQUAL("o3 o2 o1 ", ids(must(queries.outcomes({})).items).c_str());
    STRCMP_EQUAL("o1 ", ids(must(queries.outcomes({.review = "open"})).items).c_str());
    STRCMP_EQUAL("o3 ", ids(must(queries.outcomes({.centre = "south"})).items).c_str());
    STRCMP_EQUAL("o2 o1 ", ids(must(queries.outcomes({.device_id = "wm-1"})).items).c_str());
    STRCMP_EQUAL("", ids(must(queries.outcomes({.tenant = "other"})).items).c_str());
    Page<Outcome> page = must(queries.outcomes({.limit = 2}));
    page = must(queries.outcomes({.limit = 2, .cursor = page.next_cursor}));
    STRCMP_EQUAL("o1 ", ids(page.items).c_str());
    CHECK(page.next_cursor.empty() && page.items[0].parts.size() == 2);
    CHECK(queries.outcomes({.review = "x"}).error().code == Errc::invalid);
    CHECK(must(queries.outcome("acme", "o2")).review == Review::decided);
    CHECK(queries.outcome("other", "o2").error().code == Errc::not_found);
}

void problems_are_paged_newest_first_with_their_devices(StoreFixture& fixture) {
    Commit commit;
    for (DeviceNo no = 1; no <= 5; ++no) {
        commit.devices.push_back(device(no));
        commit.problem_devices.push_back(problem_device("P1", no));
    }
    commit.problems = {problem("P1", "a", ProblemState::open, hour(1)),
                       problem("P2", "b", ProblemState::resolved, hour(2)),
                       problem("P3", "c", ProblemState::rolled_up, hour(3))};
    commit.problems[1].tenant = "other";
    must(fixture.store().apply(commit));
    Queries& queries = fixture.queries();
    STRCMP_EQUAL("P3 P2 P1 ", ids(must(queries.problems({})).items).c_str());
    STRCMP_EQUAL("P3 P1 ", ids(must(queries.problems({.tenant = "acme"})).items).c_str());
    STRCMP_EQUAL("P3 P1 ", ids(must(queries.problems({.state = "unsettled"})).items).c_str());
    STRCMP_EQUAL("P2 ", ids(must(queries.problems({.state = "resolved"})).items).c_str());
    STRCMP_EQUAL("P1 ", ids(must(queries.problems({.rule_id = "a"})).items).c_str());
    STRCMP_EQUAL("", ids(must(queries.problems({.model = "x"})).items).c_str());
    Page<Problem> page = must(queries.problems({.limit = 2}));
    STRCMP_EQUAL("P3 P2 ", ids(page.items).c_str());
    page = must(queries.problems({.limit = 2, .cursor = page.next_cursor}));
    STRCMP_EQUAL("P1 ", ids(page.items).c_str());
    CHECK(page.next_cursor.empty());
    CHECK(queries.problems({.state = "x"}).error().code == Errc::invalid);
    CHECK(queries.problems({.limit = 0}).error().code == Errc::invalid);
    CHECK(queries.problem({"none"}).error().code == Errc::not_found);
    ProblemDetail detail = must(queries.problem({"P1", 3}));
    UNSIGNED_LONGS_EQUAL(3, detail.devices.items.size());
    detail = must(queries.problem({"P1", 3, detail.devices.next_cursor}));
    UNSIGNED_LONGS_EQUAL(2, detail.devices.items.size());
    CHECK(detail.devices.items.back().device_no == 5 && detail.devices.next_cursor.empty());
}

}  // namespace aftercare::collector::testing
