#include "firmware_sim/model/service_centre.hpp"

#include <algorithm>
#include <utility>

namespace aftercare::sim {
namespace {

using collector::OutcomeCode;
using collector::TicketState;

constexpr std::int64_t kDayMs = 86'400'000;
/// An unanswered call is repeated the next day; after this many the visit is fixed by letter.
constexpr std::uint32_t kCallAttemptsMax = 3;
/// What else an inspection notices by the way.
constexpr double kConspicuousLevel = 0.5;

std::int64_t day_of(WallTime at) {
    return unix_ms(at) / kDayMs;
}

/// A ticket that was opened again has further calls and visits.
std::string again(const collector::Ticket& ticket) {
    return ticket.reopened_count == 0 ? "" : "-" + std::to_string(ticket.reopened_count + 1);
}

}  // namespace

ServiceCentre::ServiceCentre(std::string id, const CentreOptions& options, Rng rng)
    : id_(std::move(id)), options_(options), rng_(rng) {}

void ServiceCentre::see(const collector::Ticket& ticket, WallTime now) {
    const auto known = jobs_.find(ticket.id);
    if (!collector::is_open(ticket.state)) {
        if (known != jobs_.end()) jobs_.erase(known);
        return;
    }
    if (known != jobs_.end()) {
        known->second.ticket = ticket;
        return;
    }
    Job job{.ticket = ticket};
    job.due = now + hours_ms(rng_.exponential(options_.contact_delay_h));
    jobs_.emplace(ticket.id, std::move(job));
}

void ServiceCentre::act(WallTime now, const Lookup& households, TruthLedger& truth,
                        Commands& commands) {
    std::vector<Job*> due;
    for (auto& [id, job] : jobs_) {
        if (job.due <= now) due.push_back(&job);
    }
    // Ties keep the order of ticket ids, so that one seed is one history.
    std::stable_sort(due.begin(), due.end(),
                     [](const Job* a, const Job* b) { return a->due < b->due; });
    for (Job* job : due) {
        Household* household = households(job->ticket.device_id);
        if (household == nullptr) {
            jobs_.erase(std::string(job->ticket.id));
        } else if (job->step == Step::call) {
            call(*job, commands);
        } else if (visit(*job, *household, truth, commands)) {
            jobs_.erase(std::string(job->ticket.id));
        }
    }
}

void ServiceCentre::change(const Job& job, WallTime at, TicketState to, std::string why,
                           Commands& commands) const {
    collector::ChangeTicket change;
    change.ticket_id = job.ticket.id;
    change.to = to;
    change.at = at;
    change.who = "desk:" + id_;
    change.why = std::move(why);
    commands.emplace_back(std::move(change));
}

void ServiceCentre::call(Job& job, Commands& commands) {
    ++statistics_.calls;
    ++job.attempts;
    const bool reached = !rng_.chance(options_.no_answer_ratio) || job.attempts >= kCallAttemptsMax;
    collector::OutboundContact contact;
    contact.contact_id =
        job.ticket.id + again(job.ticket) + "-phone-" + std::to_string(job.attempts);
    contact.ticket_id = job.ticket.id;
    contact.at = job.due;
    contact.channel = collector::Channel::phone;
    contact.result = reached ? "reached" : "no_answer";
    commands.emplace_back(std::move(contact));
    if (!reached) {
        job.due += hours_ms(24);
        return;
    }
    change(job, job.due, TicketState::scheduled, "visit agreed by phone", commands);
    const double days = rng_.uniform(options_.visit_delay_days_min, options_.visit_delay_days_max);
    job.due = free_slot(job.due + hours_ms(24 * days));
    job.step = Step::visit;
}

WallTime ServiceCentre::free_slot(WallTime wanted) {
    while (visits_on_day_[day_of(wanted)] >= options_.visits_per_day) wanted += hours_ms(24);
    ++visits_on_day_[day_of(wanted)];
    return wanted;
}

bool ServiceCentre::visit(Job& job, Household& household, TruthLedger& truth, Commands& commands) {
    const WallTime at = job.due;
    ++statistics_.visits;
    change(job, at, TicketState::in_progress, "technician on site", commands);
    const Finding target = find_target(job, household);
    const bool worn = target.mode != nullptr && target.level >= options_.detectable_level;
    if (job.step == Step::visit && worn && rng_.chance(options_.part_missing_ratio)) {
        ++statistics_.second_visits;
        job.step = Step::second_visit;
        job.due = free_slot(at + hours_ms(24 * options_.part_delay_days));
        change(job, at, TicketState::on_hold, "part on order", commands);
        return false;
    }
    collector::Outcome outcome = inspect(job, target, household, truth);
    household.on_visit(at);
    if (rng_.chance(options_.unreported_ratio)) {
        ++statistics_.unreported;
        change(job, at, TicketState::resolved, "visit done", commands);
    } else {
        commands.emplace_back(collector::SubmitOutcome{std::move(outcome)});
    }
    return true;
}

Finding ServiceCentre::find_target(const Job& job, const Household& household) const {
    const Appliance& appliance = household.appliance();
    if (!job.ticket.component.empty()) {
        return appliance.inspect(job.ticket.component).value_or(Finding{});
    }
    // A call that named nothing: the technician looks for the worst.
    Finding worst;
    for (const Finding& finding : appliance.inspect()) {
        if (finding.level > worst.level) worst = finding;
    }
    return worst;
}

collector::Outcome ServiceCentre::inspect(const Job& job, const Finding& target,
                                          Household& household, TruthLedger& truth) {
    Appliance& appliance = household.appliance();
    collector::Outcome outcome;
    outcome.id = job.ticket.id + again(job.ticket) + "-outcome";
    outcome.tenant = job.ticket.tenant;
    outcome.device_id = job.ticket.device_id;
    outcome.ticket_id = job.ticket.id;
    outcome.at = job.due;
    outcome.centre = id_;
    outcome.visit_count = job.step == Step::second_visit ? 2 : 1;
    outcome.not_solvable_at_first_contact = job.step == Step::second_visit;
    outcome.labour_min = 30 + rng_.uniform(0, 45);
    outcome.component = job.ticket.component;
    outcome.code = OutcomeCode::no_fault_found;
    if (target.mode != nullptr && target.level >= options_.detectable_level) {
        fix_or_miss(target, appliance, outcome, truth);
    } else if (const Finding other = conspicuous(appliance, target); other.mode != nullptr) {
        repair(OutcomeCode::other_fault_fixed, other, appliance, outcome, truth);
    } else if (target.mode != nullptr && rng_.chance(options_.needless_part_ratio)) {
        ++statistics_.mistakes;
        repair(OutcomeCode::preventive_replacement, target, appliance, outcome, truth);
    } else {
        ++statistics_.no_fault_found;
    }
    return outcome;
}

void ServiceCentre::fix_or_miss(const Finding& target, Appliance& appliance,
                                collector::Outcome& outcome, TruthLedger& truth) {
    if (rng_.chance(options_.missed_fault_ratio)) {
        ++statistics_.mistakes;
        ++statistics_.no_fault_found;
        return;
    }
    if (rng_.chance(options_.wrong_component_ratio)) {
        ++statistics_.mistakes;
        for (const Finding& finding : appliance.inspect()) {
            if (finding.mode->component == target.mode->component) continue;
            repair(OutcomeCode::other_fault_fixed, finding, appliance, outcome, truth);
            return;
        }
    }
    const auto code = target.failed ? OutcomeCode::failure_repaired : OutcomeCode::confirmed_fixed;
    repair(code, target, appliance, outcome, truth);
}

Finding ServiceCentre::conspicuous(const Appliance& appliance, const Finding& besides) const {
    Finding found;
    for (const Finding& finding : appliance.inspect()) {
        if (besides.mode != nullptr && finding.mode->component == besides.mode->component) continue;
        if (finding.level >= kConspicuousLevel && finding.level > found.level) found = finding;
    }
    return found;
}

void ServiceCentre::repair(OutcomeCode code, const Finding& finding, Appliance& appliance,
                           collector::Outcome& outcome, TruthLedger& truth) {
    ++statistics_.repairs;
    outcome.code = code;
    outcome.component = std::string(finding.mode->component);
    outcome.failure_mode = std::string(finding.mode->id);
    outcome.failed_at = finding.failed_at;
    if (!finding.mode->part.empty()) {
        outcome.parts.push_back({.number = std::string(finding.mode->part)});
    }
    if (finding.mode->cause == Cause::user_caused) outcome.avoidable_cause = "missing_maintenance";
    appliance.repair(finding.mode->component, outcome.at, truth);
}

}  // namespace aftercare::sim
