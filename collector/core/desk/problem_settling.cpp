// What a person decides about a problem, and the tickets that follow it, some in each turn. A
// restart goes on from what is stored: what has followed already is passed over.
#include <algorithm>
#include <array>

#include "collector/core/desk/desk_events.hpp"
#include "collector/core/desk/evidence.hpp"
#include "collector/core/desk/life_cycle.hpp"
#include "collector/core/desk/problems.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kReasonBytesMax = 500;
/// What can be said of all devices at once, without having looked at each.
constexpr std::array kCodes{OutcomeCode::fixed_remotely, OutcomeCode::self_resolved,
                            OutcomeCode::no_fault_found};

bool may_follow(ProblemState from, ProblemState to) {
    return from == ProblemState::open ? to != ProblemState::open : to == ProblemState::resolved;
}

Status check(const ChangeProblem& command, const Problem& problem) {
    const auto refuse = [](std::string message) { return fail(Errc::invalid, std::move(message)); };
    if (command.why.empty() || command.why.size() > kReasonBytesMax) {
        return refuse("member \"reason\": expected 1 to " + std::to_string(kReasonBytesMax) +
                      " bytes of text");
    }
    const bool resolves = command.to == ProblemState::resolved;
    const bool known =
        command.code && std::find(kCodes.begin(), kCodes.end(), *command.code) != kCodes.end();
    if (resolves != command.code.has_value() || (resolves && !known)) {
        return refuse(
            "member \"code\": resolving takes one of fixed_remotely, self_resolved, "
            "no_fault_found; other decisions take none");
    }
    if (!may_follow(problem.state, command.to)) {
        return refuse("problem " + problem.id + " is " + std::string{to_string(problem.state)} +
                      " and can only be resolved");
    }
    return {};
}

}  // namespace

Result<CommandReply> Problems::change(const ChangeProblem& command, const Step& step) {
    const auto found = entries_.find(command.problem_id);
    if (found == entries_.end()) {
        return fail(Errc::not_found, "no problem " + command.problem_id +
                                         " that can still change; old ones stay as they are");
    }
    Entry& entry = found->second;
    Problem& problem = entry.problem;
    if (auto same =
            check_version("problem " + problem.id, problem.version, command.expected_version);
        !same) {
        return fail(same.error());
    }
    CommandReply reply{.kind = CommandReply::Kind::unchanged, .id = problem.id};
    if (command.to == problem.state) return reply;
    if (auto checked = check(command, problem); !checked) return fail(checked.error());
    if (entry.settling()) {
        return fail(Errc::invalid, "the tickets of problem " + problem.id +
                                       " still follow the last decision; try again when "
                                       "settled_at is told");
    }
    const WallTime now = step.now.wall;
    problem.state = command.to;
    problem.decided_at = now;
    problem.settled_at.reset();
    problem.who = command.who.empty() ? "desk" : command.who;
    problem.why = command.why;
    problem.code = command.code;
    entry.settled_to = 0;
    Guard& guard = guard_of(problem.tenant, problem.rule_id, problem.model, problem.firmware);
    if (problem.state == ProblemState::resolved && guard.holder == &entry) {
        guard.holder = nullptr;
        if (!problem.guard_ended_at) {  // a flood that goes on is counted, and found, anew
            problem.guard_ended_at = now;
            guard.window.clear();
            guard.count_since = now;
        }
    }
    tell(entry, now, problem.who, to_string(problem.state),
         problem.code ? std::string{to_string(*problem.code)} + ": " + problem.why : problem.why,
         step.commit);
    reply.kind = CommandReply::Kind::updated;
    return reply;
}

void Problems::on_tick(const Step& step) {
    const WallTime now = step.now.wall;
    if (now >= look_at_) {
        look_at_ = WallTime::max();
        for (auto next = guards_.begin(); next != guards_.end();) {
            Guard& guard = next->second;
            advance(guard, now, step.commit);
            if (!guard.window.empty()) {
                look_at_ =
                    std::min(look_at_, guard.window.oldest_at() + world_.settings.problems.window);
            }
            next = guard.window.empty() && guard.holder == nullptr ? guards_.erase(next)
                                                                   : std::next(next);
        }
    }
    std::size_t left = kProblemTicketsPerTurn;
    for (auto& [id, entry] : entries_) {
        if (entry.settling() && !settle(entry, left, step)) break;
    }
    forget_old(now);
}

bool Problems::settle(Entry& entry, std::size_t& left, const Step& step) {
    for (auto next = entry.members.upper_bound(entry.settled_to); next != entry.members.end();
         ++next) {
        if (left == 0) return false;
        if (settle(entry, next->second, step)) --left;
        entry.settled_to = next->first;
    }
    Problem& problem = entry.problem;
    problem.settled_at = step.now.wall;
    tell(entry, step.now.wall, kEngine, "settled", "all of its tickets follow the decision",
         step.commit);
    Guard& guard = guard_of(problem.tenant, problem.rule_id, problem.model, problem.firmware);
    const bool over = !is_unsettled(problem.state) && problem.guard_ended_at;
    if (over && guard.holder == &entry) guard.holder = nullptr;
    return true;
}

// True when a ticket was touched.
bool Problems::settle(Entry& entry, Member& member, const Step& step) {
    const Problem& problem = entry.problem;
    if (problem.state == ProblemState::released) return release(entry, member, step);
    Case* one = member.row.ticket_id.empty() ? nullptr : book_.find(member.row.ticket_id);
    if (one == nullptr || !is_open(one->ticket.state)) return false;
    const bool resolves = problem.state == ProblemState::resolved;
    const TicketState to = resolves ? TicketState::resolved : TicketState::merged;
    // Where a technician is at work the ticket ends by what he finds.
    if (!may_change(one->ticket.state, to)) return false;
    book_.change_state(*one, to,
                       {"state", problem.who,
                        "problem " + problem.id + " was " + std::string{to_string(problem.state)} +
                            ": " + problem.why,
                        step.now.wall},
                       step);
    return true;
}

// The device gets the ticket that it would have had, unless it has been seen to meanwhile.
bool Problems::release(Entry& entry, Member& member, const Step& step) {
    ProblemDevice& row = member.row;
    DeviceEntry* device = registry_.find(row.device_no);
    if (!row.attached || !row.ticket_id.empty() || device == nullptr) return false;
    const Problem& problem = entry.problem;
    const WallTime now = step.now.wall;
    trials_.withdraw(row.device_no, row.rule, step);
    touch(entry, member);
    for (const Case* one : book_.of_device(row.device_no)) {
        const Ticket& seen_to = one->ticket;
        const bool same = seen_to.failure_mode == problem.failure_mode ||
                          (!seen_to.component.empty() && seen_to.component == problem.component);
        const bool since =
            !is_open(seen_to.state) && seen_to.outcome && ended_at(seen_to) >= row.attached_at;
        if (!same || !since) continue;
        row.ticket_id = std::max(row.ticket_id, seen_to.id);
    }
    if (!row.ticket_id.empty()) return true;
    const std::string why = "released from problem " + problem.id + ": " + problem.why;
    if (Case* known = book_.find_open(row.device_no, problem.failure_mode)) {
        row.ticket_id = known->ticket.id;
        known->ticket.evidence_json =
            append_evidence(known->ticket.evidence_json, first_evidence(row.evidence_json));
        ++known->ticket.detection_count;
        book_.record(*known, {kDetection, problem.who, why, now}, step);
        return true;
    }
    Ticket ticket = ticket_of(*device, problem.component, problem.failure_mode, now);
    ticket.severity = problem.severity;
    ticket.rule = row.rule;
    ticket.probability = row.probability;
    ticket.horizon_h = row.horizon_h;
    ticket.evidence_json = row.evidence_json;
    ticket.detected_at = row.detected_at;
    // Who asks for it now is given the time to act that a prediction gives.
    Case& opened = ticketing_.open_predicted(*device, std::move(ticket), problem.who, why,
                                             now + hours_ms(row.horizon_h), step);
    row.ticket_id = opened.ticket.id;
    ++released_;
    contacts_.notify(*device, opened, step);
    return true;
}

void Problems::forget_old(WallTime now) {
    std::erase_if(entries_, [&](const auto& one) {
        const Entry& entry = one.second;
        const Problem& problem = entry.problem;
        if (entry.dirty || is_unsettled(problem.state) || entry.settling()) return false;
        if (!problem.guard_ended_at) return false;  // its guard keeps tickets coming
        return *problem.decided_at + book_.memory_span() < now;
    });
}

}  // namespace aftercare::collector
