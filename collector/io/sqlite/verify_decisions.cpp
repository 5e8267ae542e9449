// What outcomes decided about tickets and trials, decided again from the outcome rows. The counts
// behind each rule's probability and its floor are sums of these, so they are right when these are.
#include <string>
#include <vector>

#include "collector/core/desk/trials.hpp"
#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rule_rows.hpp"
#include "collector/io/sqlite/verify_checks.hpp"

namespace aftercare::collector::sqlite {
namespace {

/// A ticket may have several outcomes, and the order in which they were corrected is not stored:
/// one of them has to say what the ticket says.
VerifyCheck check_tickets(SQLite::Database& database) {
    VerifyCheck check{"decisions", "a decided ticket has an outcome that decides so"};
    SQLite::Statement tickets(database,
                              "SELECT t.ticket_id, t.component, t.decision, o.code, o.component "
                              "FROM ticket t JOIN outcome o USING (ticket_id) "
                              "WHERE t.origin = 'predicted' ORDER BY t.ticket_id");
    std::string id;
    Decision said{};
    bool any_decides = false, agrees = false;
    const auto finish = [&] {
        if (id.empty()) return;
        ++check.examined;
        if (agrees || (said == Decision::undecided && !any_decides)) return;
        check.add_wrong("ticket " + id + " is " + std::string(to_string(said)) +
                        ", no outcome of it decides so");
    };
    while (tickets.executeStep()) {
        Row row(tickets);
        std::string next = row.text();
        if (next != id) {
            finish();
            any_decides = agrees = false;
        }
        id = std::move(next);
        const std::string component = row.text();
        said = row.name(&parse_decision);
        const auto code = row.name(&parse_outcome_code);
        const Decision decision = decide(code, component, row.text());
        any_decides |= decision != Decision::undecided;
        agrees |= decision == said;
    }
    finish();
    return check;
}

VerifyCheck check_trials(SQLite::Database& database) {
    VerifyCheck check{"trial_decisions",
                      "a trial ended by an outcome is what that outcome says of it"};
    SQLite::Statement trials(
        database,
        "SELECT r.trial_id, r.component, r.failure_mode, r.state, coalesce(t.component, ''), "
        "o.code, o.component, o.failure_mode FROM trial r JOIN outcome o USING (tenant, "
        "outcome_id) "
        "LEFT JOIN ticket t ON t.ticket_id = o.ticket_id");
    while (trials.executeStep()) {
        Row row(trials);
        const std::string id = row.text();
        const std::string component = row.text();
        const std::string failure_mode = row.text();
        const TrialState said = row.name(&parse_trial_state);
        const std::string looked_at = row.text();
        Outcome outcome;
        outcome.code = row.name(&parse_outcome_code);
        outcome.component = row.text();
        outcome.failure_mode = row.text();
        ++check.examined;
        if (verdict_of(outcome, looked_at, component, failure_mode) == said) continue;
        check.add_wrong("trial " + id + " is " + std::string(to_string(said)) +
                        ", its outcome says otherwise");
    }
    return check;
}

}  // namespace

void verify_decisions(SQLite::Database& database, std::vector<VerifyCheck>& checks) {
    checks.push_back(check_tickets(database));
    checks.push_back(check_trials(database));
}

}  // namespace aftercare::collector::sqlite
