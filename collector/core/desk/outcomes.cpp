#include "collector/core/desk/outcomes.hpp"

#include <algorithm>
#include <tuple>

#include "collector/core/desk/desk_events.hpp"
#include "collector/core/detect/json_text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::string_view kOwnTicket = "no ticket foresaw it: opened for the record";
constexpr std::string_view kNoTicket = "no ticket fits, and none is needed";
constexpr std::string_view kBeforeTelemetry = "before the device's first telemetry";

bool opened_own_ticket(const Outcome& outcome) {
    return outcome.match_reason == kOwnTicket;
}

bool same_parts(const std::vector<Part>& a, const std::vector<Part>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Part& x, const Part& y) {
        return std::tie(x.number, x.old_serial, x.new_serial) ==
               std::tie(y.number, y.old_serial, y.new_serial);
    });
}

// What the sender said; what matching added does not count.
bool says_the_same(const Outcome& a, const Outcome& b) {
    const auto members = [](const Outcome& o) {
        return std::tie(o.tenant, o.device_id, o.at, o.code, o.component, o.failure_mode,
                        o.failed_at, o.visit_count, o.labour_min, o.avoidable_cause,
                        o.not_solvable_at_first_contact, o.note, o.centre);
    };
    return members(a) == members(b) && same_parts(a.parts, b.parts);
}

// Somebody repaired or gave up on something that nobody had foreseen.
bool tells_of_failure(OutcomeCode code) {
    switch (code) {
        case OutcomeCode::confirmed_fixed:
        case OutcomeCode::other_fault_fixed:
        case OutcomeCode::fixed_remotely:
        case OutcomeCode::failure_repaired:
        case OutcomeCode::unit_replaced:
        case OutcomeCode::unrepairable:
            return true;
        case OutcomeCode::no_fault_found:
        case OutcomeCode::self_resolved:
        case OutcomeCode::preventive_replacement:
        case OutcomeCode::customer_declined:
            return false;
    }
    return false;
}

// The appliance had lost its function; when nobody says since when, the visit is the latest moment.
bool implies_loss_of_function(OutcomeCode code) {
    return code == OutcomeCode::failure_repaired;
}

std::string candidates_of(const std::vector<Match>& matches) {
    std::string array;
    for (const Match& one : matches) {
        array += (array.empty() ? "[" : ",") + JsonObject{}
                                                   .text("ticket_id", one.ticket->ticket.id)
                                                   .real("score", one.score)
                                                   .text("reason", one.reason)
                                                   .done();
    }
    return array + "]";
}

// A repair that lists no part, of a failure mode for which the catalogue has parts, cleaned or
// adjusted the old one: its baselines and its life go on.
bool brought_new_part(const Outcome& outcome, const FailureMode* mode) {
    if (!replaces_part(outcome.code)) return false;
    const bool by_code = outcome.code == OutcomeCode::preventive_replacement ||
                         outcome.code == OutcomeCode::unit_replaced;
    return by_code || !outcome.parts.empty() || mode == nullptr || mode->parts.empty();
}

TicketState state_after(OutcomeCode code) {
    return code == OutcomeCode::customer_declined ? TicketState::dismissed : TicketState::resolved;
}

}  // namespace

void Outcomes::load(Outcome outcome) {
    std::string key = key_within(outcome.tenant, outcome.id);
    by_age_.emplace_back(outcome.at, key);
    if (outcome.review == Review::open) ++in_review_;
    known_.insert_or_assign(std::move(key), std::move(outcome));
}

void Outcomes::on_tick(WallTime now) {
    while (!by_age_.empty() && by_age_.front().first + book_.memory_span() < now) {
        std::string key = std::move(by_age_.front().second);
        by_age_.pop_front();
        const auto old = known_.find(key);
        if (old == known_.end()) continue;
        if (old->second.review == Review::open) {  // waits for a person, however long
            by_age_.emplace_back(now, std::move(key));
        } else {
            known_.erase(old);
        }
    }
}

// Checks what was submitted and fills in what the ticket or the catalogue knows.
Status Outcomes::complete(Outcome& outcome, DeviceEntry*& device, const Step& step) {
    if (auto key = check_key("id", outcome.id); !key) return key;
    if (auto time = check_time("at", outcome.at, step.now.wall); !time) return time;
    if (outcome.failed_at) {
        if (auto time = check_time("failed_at", *outcome.failed_at, step.now.wall); !time) {
            return time;
        }
    }
    if (!outcome.ticket_id.empty()) {
        Case* named = book_.find(outcome.ticket_id);
        if (named == nullptr) {
            return fail(Errc::not_found,
                        "no ticket " + outcome.ticket_id +
                            " that can still change; leave ticket_id out to match by device");
        }
        const Ticket& ticket = named->ticket;
        if (outcome.tenant.empty()) outcome.tenant = ticket.tenant;
        if (outcome.device_id.empty()) outcome.device_id = ticket.device_id;
        if (outcome.tenant != ticket.tenant || outcome.device_id != ticket.device_id) {
            return fail(Errc::invalid, "ticket " + ticket.id + " is of device " + ticket.device_id +
                                           ", the outcome of " + outcome.device_id);
        }
    }
    device = registry_.find(outcome.tenant, outcome.device_id);
    if (device == nullptr) {
        return fail(Errc::not_found, "device " + outcome.tenant + "/" + outcome.device_id +
                                         " is not registered; POST /api/v1/devices first");
    }
    outcome.device_no = device->info.no;
    if (outcome.centre.empty()) outcome.centre = device->info.centre;
    const FailureMode* mode = failure_mode_of(*device, outcome.failure_mode);
    if (outcome.component.empty() && mode != nullptr) outcome.component = mode->component;
    return {};
}

// What the reporter may not see does not exist.
Status Outcomes::check_reporter(const Outcome& outcome, const DeviceEntry& device,
                                std::string_view reporter) {
    if (reporter.empty()) return {};
    if (!outcome.ticket_id.empty()) {
        const Case* named = book_.find(outcome.ticket_id);
        if (named != nullptr && named->ticket.centre == reporter) return {};
        return fail(Errc::not_found, "member \"ticket_id\": no ticket " + outcome.ticket_id +
                                         " of service centre " + std::string{reporter});
    }
    const auto& tickets = book_.of_device(device.info.no);
    const bool serves = device.info.centre == reporter ||
                        std::any_of(tickets.begin(), tickets.end(), [&](const Case* one) {
                            return one->ticket.centre == reporter;
                        });
    if (serves) return {};
    return fail(Errc::not_found, "member \"device_id\": no device " + outcome.device_id +
                                     " of service centre " + std::string{reporter});
}

Case& Outcomes::open_missed(const Outcome& outcome, const DeviceEntry& device, const Step& step) {
    const std::string failure_mode = !outcome.failure_mode.empty() ? outcome.failure_mode
                                     : !outcome.component.empty()  ? outcome.component
                                                                   : "unknown";
    const WallTime failed_at = std::min(outcome.failed_at.value_or(outcome.at), outcome.at);
    Ticket ticket = ticket_of(device, outcome.component, failure_mode, failed_at);
    ticket.origin = Origin::reactive;
    ticket.severity = Severity::major;
    ticket.centre = outcome.centre;
    ticket.recurs_of = recurrence_of(book_, ticket, world_.settings);
    ticket.state = TicketState::resolved;
    ticket.resolved_at = outcome.at;
    return book_.add(
        std::move(ticket),
        {kOpened, kEngine, "outcome " + outcome.id + ": " + std::string{kOwnTicket}, outcome.at},
        step);
}

// Null: the outcome stands for itself.
Result<Case*> Outcomes::ticket_for(Outcome& outcome, const DeviceEntry& device,
                                   const Outcome* before, std::string_view reporter,
                                   const Step& step) {
    if (!outcome.ticket_id.empty()) {
        outcome.match_score = 1;
        outcome.match_reason = "ticket id";
        if (before != nullptr && before->ticket_id == outcome.ticket_id) {
            outcome.match_score = before->match_score;
            outcome.match_reason = before->match_reason;
        }
        return book_.find(outcome.ticket_id);
    }
    if (before != nullptr && !before->ticket_id.empty()) {  // a correction stays where it was
        outcome.ticket_id = before->ticket_id;
        outcome.review = before->review;
        outcome.candidates_json = before->candidates_json;
        outcome.match_score = before->match_score;
        outcome.match_reason = before->match_reason;
        Case* kept = book_.find(outcome.ticket_id);
        if (kept != nullptr) return kept;
        return fail(Errc::not_found, "ticket " + outcome.ticket_id + " of outcome " + outcome.id +
                                         " is closed for good and cannot be corrected any more");
    }
    std::vector<Case*> candidates = book_.of_device(device.info.no);
    std::erase_if(candidates, [&](const Case* one) {
        return !reporter.empty() && one->ticket.centre != reporter;
    });
    const std::vector<Match> matches =
        match_outcome(outcome, candidates, world_.settings.match_window);
    if (matches.empty()) return stand_alone(outcome, device, step);
    outcome.match_score = matches.front().score;
    if (std::string doubt = doubt_about(matches); !doubt.empty()) {
        outcome.review = Review::open;
        outcome.candidates_json = candidates_of(matches);
        outcome.match_reason = "to be reviewed: " + doubt;
        return nullptr;
    }
    outcome.ticket_id = matches.front().ticket->ticket.id;
    outcome.match_reason = matches.front().reason;
    return matches.front().ticket;
}

// No ticket is meant: a failure nobody foresaw becomes one, anything else needs none.
Case* Outcomes::stand_alone(Outcome& outcome, const DeviceEntry& device, const Step& step) {
    outcome.match_score = 0;
    const MaybeTime first_seen_at = device.info.first_seen_at;
    if (!first_seen_at || outcome.at < *first_seen_at) {
        outcome.match_reason = kBeforeTelemetry;
        return nullptr;
    }
    if (!tells_of_failure(outcome.code)) {
        outcome.match_reason = kNoTicket;
        return nullptr;
    }
    Case& missed = open_missed(outcome, device, step);
    outcome.ticket_id = missed.ticket.id;
    outcome.match_reason = kOwnTicket;
    return &missed;
}

// What the ticket's outcomes say together: the last one that decides, for a later visit that
// decides nothing (planned work, a refusal) does not undo a decision. `present` joins the known
// ones, of which `without` is left out.
Decision Outcomes::decision_of(const Ticket& ticket, const Outcome* present,
                               std::string_view without) const {
    Decision decision = Decision::undecided;
    const Outcome* last = nullptr;
    const auto look = [&](const Outcome& one) {
        const Decision its = decide(one.code, ticket.component, one.component);
        const bool later =
            last == nullptr || std::tie(last->at, last->id) < std::tie(one.at, one.id);
        if (its == Decision::undecided || !later) return;
        decision = its;
        last = &one;
    };
    for (const auto& [key, known] : known_) {
        if (known.ticket_id == ticket.id && known.id != without) look(known);
    }
    if (present != nullptr) look(*present);
    return decision;
}

// A correction moved the outcome elsewhere: the ticket forgets it. One that was opened only for
// this outcome has no reason left; another one is open again.
void Outcomes::take_back(const Outcome& before, Case& from, const Step& step) {
    Ticket& ticket = from.ticket;
    ticket.outcome.reset();
    if (ticket.origin == Origin::predicted) {
        ticket.decision = decision_of(ticket, nullptr, before.id);
    }
    ticket.visit_count -= std::min(ticket.visit_count, before.visit_count);
    const std::string why = "outcome " + before.id + " was corrected to another ticket";
    const bool may_reopen = book_.find_open(ticket.device_no, ticket.failure_mode) == nullptr;
    const WallTime now = step.now.wall;
    if (opened_own_ticket(before)) {
        book_.change_state(from, TicketState::merged, {kOutcomeReported, kEngine, why, now}, step);
    } else if (!is_open(ticket.state) && may_reopen) {
        if (DeviceEntry* device = registry_.find(ticket.device_no)) {
            ticketing_.set_lapse(*device, from, now + hours_ms(ticket.horizon_h));
        }
        book_.change_state(from, TicketState::open, {kOutcomeReported, kEngine, why, now}, step);
    } else {
        book_.record(from, {kOutcomeReported, kEngine, why, now}, step);
    }
}

void Outcomes::apply(const Outcome& outcome, const Outcome* before, Case& to, const Step& step) {
    Ticket& ticket = to.ticket;
    if (opened_own_ticket(outcome)) {
        ticket.component = outcome.component;
        ticket.severity = Severity::major;
    }
    const bool first = !ticket.outcome && ticket.decision == Decision::undecided;
    ticket.outcome = outcome.code;
    if (ticket.origin == Origin::predicted) {
        ticket.decision = first ? decide(outcome.code, ticket.component, outcome.component)
                                : decision_of(ticket, &outcome, outcome.id);
    }
    const std::uint32_t counted = before == nullptr ? 0 : before->visit_count;
    ticket.visit_count += outcome.visit_count - std::min(counted, ticket.visit_count);
    ticket.not_solvable_at_first_contact = outcome.not_solvable_at_first_contact;
    ticket.avoidable_cause = outcome.avoidable_cause;
    ticket.self_service = outcome.code == OutcomeCode::self_resolved && ticket.visit_count == 0;
    if (outcome.failed_at) {
        ticket.failed_at = outcome.failed_at;
    } else if (implies_loss_of_function(outcome.code) &&
               (!ticket.failed_at || *ticket.failed_at > outcome.at)) {
        ticket.failed_at = outcome.at;
    }
    std::string why = std::string{to_string(outcome.code)} + " (outcome " + outcome.id + ", " +
                      outcome.match_reason + ")";
    if (before != nullptr) why = "corrected: " + why;
    // Clocks of desk and collector differ: no ticket ends before it begins.
    const WallTime at = std::max(outcome.at, ticket.opened_at);
    const std::string who = outcome.centre.empty() ? "desk" : "desk:" + outcome.centre;
    const bool brings_centre = !outcome.centre.empty() && ticket.centre.empty();
    const Remark remark{
        kOutcomeReported, who, std::move(why), at,
        brings_centre ? route_value(RouteQueue::none, outcome.centre) : std::string{}};
    const TicketState target = state_after(outcome.code);
    const bool was_closed = ticket.state == TicketState::closed;
    if (ticket.state != target && !(was_closed && target == TicketState::resolved)) {
        book_.change_state(to, target, remark, step);
        return;
    }
    if (target == TicketState::resolved) ticket.resolved_at = at;
    book_.record(to, remark, step);
}

Result<CommandReply> Outcomes::submit(Outcome outcome, const Step& step,
                                      std::string_view reporter) {
    DeviceEntry* device = nullptr;
    if (auto checked = complete(outcome, device, step); !checked) return fail(checked.error());
    if (auto own = check_reporter(outcome, *device, reporter); !own) return fail(own.error());

    std::string key = key_within(outcome.tenant, outcome.id);
    const auto known = known_.find(key);
    const bool corrects = known != known_.end();
    const Outcome before = corrects ? known->second : Outcome{};
    if (corrects && !reporter.empty() && before.centre != reporter) {
        return fail(Errc::conflict,
                    "member \"id\": names an outcome that this centre did not report; give each "
                    "one an id of its own");
    }
    if (corrects && says_the_same(before, outcome) &&
        (outcome.ticket_id.empty() || outcome.ticket_id == before.ticket_id)) {
        return CommandReply{CommandReply::Kind::unchanged, outcome.id, before.ticket_id};
    }
    const bool same_device = before.device_no == outcome.device_no;
    const auto ticket =
        ticket_for(outcome, *device, corrects && same_device ? &before : nullptr, reporter, step);
    if (!ticket) return fail(ticket.error());

    Case* to = *ticket;
    const bool stays = corrects && to != nullptr && before.ticket_id == to->ticket.id;
    if (corrects && !stays && !before.ticket_id.empty()) {
        if (Case* from = book_.find(before.ticket_id)) take_back(before, *from, step);
    }
    CommandReply reply{corrects ? CommandReply::Kind::updated : CommandReply::Kind::created,
                       outcome.id, outcome.ticket_id};
    if (corrects) trials_.take_back(before, step);
    if (corrects && before.review == Review::open) --in_review_;
    if (outcome.review == Review::open) {
        ++in_review_;
    } else {
        take_effect(outcome, stays ? &before : nullptr, to, *device, step);
    }
    keep(std::move(outcome), !corrects, step);
    return reply;
}

void Outcomes::take_effect(Outcome& outcome, const Outcome* before, Case* to, DeviceEntry& device,
                           const Step& step) {
    if (to != nullptr) apply(outcome, before, *to, step);
    trials_.on_outcome(outcome, to == nullptr ? std::string_view{} : to->ticket.component, step);
    const std::string_view mode = !outcome.failure_mode.empty() || to == nullptr
                                      ? std::string_view{outcome.failure_mode}
                                      : std::string_view{to->ticket.failure_mode};
    if (!brought_new_part(outcome, failure_mode_of(device, mode))) return;
    const bool whole_unit = outcome.code == OutcomeCode::unit_replaced;
    applier_.part_replaced(device, whole_unit ? std::string_view{} : outcome.component, outcome.at);
}

void Outcomes::keep(Outcome outcome, bool fresh, const Step& step) {
    step.commit.outcomes.push_back(outcome);
    std::string key = key_within(outcome.tenant, outcome.id);
    if (fresh) by_age_.emplace_back(step.now.wall, key);
    known_.insert_or_assign(std::move(key), std::move(outcome));
}

Result<CommandReply> Outcomes::assign(const AssignOutcome& command, const Step& step) {
    const auto known = known_.find(key_within(command.tenant, command.outcome_id));
    if (known == known_.end()) {
        return fail(Errc::not_found,
                    "no outcome \"" + command.outcome_id + "\" that can still be reviewed");
    }
    Outcome outcome = known->second;
    if (outcome.review != Review::open) {
        const bool same =
            outcome.review == Review::decided && outcome.ticket_id == command.ticket_id;
        if (same) return CommandReply{CommandReply::Kind::unchanged, outcome.id, outcome.ticket_id};
        return fail(Errc::invalid, "outcome " + outcome.id +
                                       " is not in review; report it again with a ticket_id to "
                                       "correct where it belongs");
    }
    DeviceEntry* device = registry_.find(outcome.device_no);
    AFTERCARE_ASSERT(device != nullptr);
    Case* to = nullptr;
    if (!command.ticket_id.empty()) {
        to = book_.find(command.ticket_id);
        if (to == nullptr || to->ticket.device_no != outcome.device_no) {
            return fail(Errc::invalid, "member \"ticket_id\": names no ticket of device " +
                                           outcome.device_id + " that can still change");
        }
        outcome.ticket_id = to->ticket.id;
        outcome.match_score = 1;
        outcome.match_reason = "assigned by " + command.who;
    } else {
        to = stand_alone(outcome, *device, step);
    }
    outcome.review = Review::decided;
    --in_review_;
    ++reviewed_;
    CommandReply reply{CommandReply::Kind::updated, outcome.id, outcome.ticket_id};
    take_effect(outcome, nullptr, to, *device, step);
    keep(std::move(outcome), false, step);
    return reply;
}

}  // namespace aftercare::collector
