// The part of the store's contract that is about rules: trials, standings, counts.
#include <algorithm>
#include <string>

#include "tests/contract/commits.hpp"
#include "tests/contract/store_contract.hpp"

// CppUTest redefines new and delete: last.
#include <CppUTest/TestHarness.h>

#include "tests/contract/must.hpp"

namespace aftercare::collector::testing {

namespace {

Loaded load(StoreFixture& fixture) {
    return must(fixture.store().load(Settings{}, hour(20)));
}
/// Two devices; the first has a ticket and its outcome.
Commit full_commit() {
    Commit commit;
    commit.devices = {device(1), device(2)};
    commit.tickets = {ticket("t1", 1, "drain_pump_blocked")};
    commit.events = {event("t1", 1, "opened", std::nullopt, TicketState::open)};
    commit.outcomes = {outcome("o1", "t1", 1, hour(12))};
    return commit;
}
std::vector<std::string> ids(const std::vector<Trial>& trials) {
    std::vector<std::string> found;
    for (const Trial& one : trials) found.push_back(one.id);
    return found;
}

}  // namespace

void trials_are_loaded_while_outcomes_can_reach_them(StoreFixture& fixture) {
    Commit commit = full_commit();
    Trial decided = trial("R3", 2, TrialState::confirmed, hour(20));
    decided.outcome_id = "o1";
    commit.trials = {trial("R2", 1, TrialState::no_failure), decided, trial("R1", 1),
                     trial("R0", 1, TrialState::running, hour(-9000)),
                     trial("R9", 2, TrialState::censored, hour(-9000))};
    must(fixture.store().apply(commit));
    must(fixture.store().apply(commit));
    fixture.reopen();
    CHECK(ids(load(fixture).trials) == (std::vector<std::string>{"R0", "R1", "R2", "R3"}));
    const RuleRows rows = must(fixture.queries().rule_rows());
    CHECK(ids(rows.trials) == (std::vector<std::string>{"R0", "R9", "R1", "R2", "R3"}));
    const Trial& t = rows.trials.back();
    STRCMP_EQUAL("acme wm-2 wm-100 1.2.3",
                 (t.tenant + " " + t.device_id + " " + t.model + " " + t.firmware).c_str());
    STRCMP_EQUAL("drain_pump_blocked", t.failure_mode.c_str());
    STRCMP_EQUAL("pump_current@3", t.rule.c_str());
    STRCMP_EQUAL("o1", t.outcome_id.c_str());
    DOUBLES_EQUAL(0.375, t.probability, 0);
    DOUBLES_EQUAL(48, t.horizon_h, 0);
    CHECK(t.state == TrialState::confirmed && t.at == decided.at && t.ended_at == decided.ended_at);
    CHECK(!rows.trials[2].ended_at.has_value());
}

void the_last_standing_of_each_rule_is_loaded(StoreFixture& fixture) {
    Commit commit;
    commit.standings = {standing("b", 1, RuleMode::shelved), standing("a", 1, RuleMode::live),
                        standing("b", 2, RuleMode::shadow)};
    must(fixture.store().apply(commit));
    fixture.reopen();
    const std::vector<RuleStanding> last = load(fixture).standings;
    UNSIGNED_LONGS_EQUAL(2, last.size());
    CHECK(last[0].rule_id == "a" && last[1].rule_id == "b" && last[1].no == 2);
    CHECK(last[1].mode == RuleMode::shadow && last[1].version == 3 && last[1].at == hour(2));
    CHECK(last[1].who == "api:desk" && last[1].why == "because");
    CHECK(last[1].right_count == 4 && last[1].wrong_count == 16);
    UNSIGNED_LONGS_EQUAL(3, must(fixture.queries().rule_rows()).standings.size());
}

void decided_predictions_are_counted_by_rule_and_model(StoreFixture& fixture) {
    Commit commit = full_commit();
    const auto add = [&](const char* id, Decision decision) {
        commit.tickets.push_back(ticket(id, 1, id, TicketState::closed, hour(-9000)));
        commit.tickets.back().decision = decision;
    };
    add("t2", Decision::confirmed);
    add("t3", Decision::other_fault);
    add("t4", Decision::no_fault_found);
    add("t5", Decision::undecided);
    commit.trials = {trial("R1", 1), trial("R2", 1, TrialState::no_failure),
                     trial("R3", 1, TrialState::confirmed), trial("R4", 1, TrialState::censored)};
    commit.trials[2].model = "fr-200";
    must(fixture.store().apply(commit));
    RuleTallies tallies;
    for (const RuleTally& tally : load(fixture).tallies) tallies.add(tally);
    CHECK(tallies.of("pump_current@3", "wm-100") == (DecidedCount{1, 3}));
    CHECK(tallies.of("pump_current@3", "fr-200") == (DecidedCount{1, 0}));
    CHECK(tallies.of("pump_current@3") == (DecidedCount{2, 3}));
}

}  // namespace aftercare::collector::testing
