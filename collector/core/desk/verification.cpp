#include "collector/core/desk/verification.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "collector/core/desk/evidence.hpp"
#include "collector/core/detect/json_text.hpp"

namespace aftercare::collector {
namespace {

constexpr double kHoursPerDay = 24;
/// The device must have been heard in the last part of the watch.
constexpr int kHeardShare = 4;

std::string days(milliseconds span) {
    const auto tenths = std::lround(as_hours(span) / kHoursPerDay * 10);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " d";
}

std::string seen_text(const Watch& watch) {
    return std::to_string(watch.cycle_count) + " cycles, " + std::to_string(watch.record_count) +
           " records";
}

std::string clean_text(const Watch& watch, WallTime until) {
    return days(until - watch.since) + ", " + seen_text(watch) + " without a sign of it";
}

// A minor code is no return by itself: an unbalanced load names the drum bearing too.
const FaultInfo* sign_of(const DeviceEntry& device, const Ticket& ticket, std::uint32_t code) {
    const FaultInfo* fault =
        code == 0 || device.model == nullptr ? nullptr : device.model->fault(code);
    const bool about_it = fault != nullptr && !fault->component.empty() &&
                          fault->component == ticket.component &&
                          fault->severity >= Severity::major;
    return about_it ? fault : nullptr;
}

}  // namespace

void Verification::load(const Watch& watch) {
    if (Case* watched = book_.find(watch.ticket_id)) {
        watched->watch = watch;
        book_.schedule(*watched);
    }
}

bool Verification::listens(DeviceNo no) const {
    const auto& cases = book_.of_device(no);
    return std::any_of(cases.begin(), cases.end(), [&](const Case* one) {
        return watched_until(*one, world_.settings).has_value();
    });
}

void Verification::saw(DeviceNo no, const Record& record, WallTime at) {
    Seen seen{.no = no, .at = at};
    if (const auto* fault = std::get_if<Fault>(&record.body)) {
        const bool began =
            fault->state == FaultState::raised || fault->state == FaultState::occurred;
        if (began) seen.code = fault->code;
    }
    seen.cycle = std::holds_alternative<Usage>(record.body);
    seen_.push_back(seen);
}

Watch& Verification::watch_of(Case& watched) {
    const Ticket& ticket = watched.ticket;
    const WallTime since = *ticket.resolved_at;
    if (!watched.watch || watched.watch->since != since) {
        watched.watch = Watch{.ticket_id = ticket.id,
                              .device_no = ticket.device_no,
                              .since = since,
                              .until = since + world_.settings.verify_after};
    }
    return *watched.watch;
}

void Verification::on_report(const Step& step) {
    for (const Seen& seen : seen_) {
        DeviceEntry* device = registry_.find(seen.no);
        for (Case* one : book_.of_device(seen.no)) {
            if (!watched_until(*one, world_.settings) || seen.at <= *one->ticket.resolved_at) {
                continue;
            }
            if (const FaultInfo* sign = sign_of(*device, one->ticket, seen.code)) {
                const std::string what = sign->name + " (" + sign->title + ") came again";
                const std::string when = days(seen.at - *one->ticket.resolved_at);
                reopen(*device, *one,
                       JsonObject{}.text("sentence", what + " " + when + " after the fix").done(),
                       what, step);
            } else {
                count(*one, seen, step);
            }
        }
    }
    seen_.clear();
}

void Verification::count(Case& watched, const Seen& seen, const Step& step) {
    Watch& watch = watch_of(watched);
    ++watch.record_count;
    if (seen.cycle) ++watch.cycle_count;
    watch.last_at = std::max(watch.last_at.value_or(seen.at), seen.at);
    touch(watched);
    const std::uint32_t enough = world_.settings.verify_cycles;
    if (enough == 0 || watch.cycle_count < enough) return;
    end(watched, WatchState::verified, clean_text(watch, *watch.last_at), step);
}

void Verification::close_watch(Case& watched, WatchState state, WallTime now) {
    Watch& watch = watch_of(watched);
    watch.state = state;
    watch.ended_at = now;
    touch(watched);
    if (state == WatchState::verified) {
        ++counts_.verified;
        watched.ticket.verified_at = now;
    } else if (state == WatchState::not_verified) {
        ++counts_.not_verified;
    } else {
        ++counts_.returned;
    }
}

void Verification::end(Case& watched, WatchState state, std::string why, const Step& step) {
    const WallTime now = step.now.wall;
    close_watch(watched, state, now);
    book_.record(watched, {to_string(state), kEngine, std::move(why), now}, step);
}

bool Verification::settle(Case& due, const Step& step) {
    const auto until = watched_until(due, world_.settings);
    if (!until || *until > step.now.wall) return false;
    const Watch& watch = watch_of(due);
    const milliseconds last_part = world_.settings.verify_after / kHeardShare;
    const bool heard = watch.last_at && *watch.last_at + last_part >= *until;
    if (heard) {
        end(due, WatchState::verified, clean_text(watch, *until), step);
    } else {
        const milliseconds silent = step.now.wall - watch.last_at.value_or(watch.since);
        end(due, WatchState::not_verified,
            "silent for " + days(silent) + ", after " + seen_text(watch), step);
    }
    book_.schedule(due);
    return true;
}

bool Verification::on_detection(DeviceEntry& device, const Rule& rule, const Detection& detection,
                                const Step& step) {
    for (Case* one : book_.of_device(device.info.no)) {
        const Ticket& ticket = one->ticket;
        const bool its = watched_until(*one, world_.settings) &&
                         ticket.failure_mode == rule.failure_mode &&
                         detection.at > *ticket.resolved_at;
        if (!its) continue;
        reopen(device, *one, {}, rule_name(rule) + " became true", step);
        ticketing_.on_detection(device, rule, detection, step);
        return true;
    }
    return false;
}

void Verification::reopen(DeviceEntry& device, Case& watched, std::string_view evidence,
                          std::string why, const Step& step) {
    Ticket& ticket = watched.ticket;
    why += " " + days(step.now.wall - *ticket.resolved_at) + " after the fix";
    const Case* other = book_.find_open(ticket.device_no, ticket.failure_mode);
    if (other != nullptr) {
        return end(watched, WatchState::returned, why + "; open for it is " + other->ticket.id,
                   step);
    }
    ticket.evidence_json = append_evidence(ticket.evidence_json, evidence);
    close_watch(watched, WatchState::returned, step.now.wall);
    book_.change_state(watched, TicketState::open,
                       {"reopened", kEngine, std::move(why), step.now.wall}, step);
    // A fix that did not hold is looked at by somebody; it does not lapse.
    ticketing_.set_lapse(device, watched, WallTime::max());
    book_.schedule(watched);
}

void Verification::touch(Case& watched) {
    if (std::exchange(watched.watch_changed, true)) return;
    changed_.push_back(&watched);
}

void Verification::finish(Commit& commit) {
    for (Case* one : changed_) {
        commit.watches.push_back(*one->watch);
        one->watch_changed = false;
    }
    changed_.clear();
}

}  // namespace aftercare::collector
