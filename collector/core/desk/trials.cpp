#include "collector/core/desk/trials.hpp"

#include <algorithm>

#include "collector/core/desk/matching.hpp"
#include "collector/core/desk/ticket_id.hpp"

namespace aftercare::collector {

WallTime moment_of(const Outcome& outcome) {
    return outcome.failed_at ? std::min(*outcome.failed_at, outcome.at) : outcome.at;
}

std::optional<TrialState> verdict_of(const Outcome& outcome, std::string_view looked_at,
                                     std::string_view component, std::string_view failure_mode) {
    const bool about_it = outcome.component.empty()
                              ? outcome.failure_mode == failure_mode && !failure_mode.empty()
                              : outcome.component == component;
    const bool looked_at_it = !looked_at.empty() && looked_at == component;
    switch (outcome.code) {
        case OutcomeCode::customer_declined:
            return std::nullopt;
        case OutcomeCode::no_fault_found:
            if (about_it || looked_at_it) return TrialState::no_fault_found;
            return std::nullopt;
        case OutcomeCode::preventive_replacement:
            if (about_it) return TrialState::censored;
            return std::nullopt;
        default:
            break;
    }
    if (about_it) return TrialState::confirmed;
    // A whole new unit ends the life of every part.
    if (outcome.code == OutcomeCode::unit_replaced) return TrialState::censored;
    if (!looked_at_it) return std::nullopt;
    switch (decide(outcome.code, component, outcome.component)) {
        case Decision::undecided:
            return std::nullopt;
        case Decision::confirmed:
            return TrialState::confirmed;
        case Decision::no_fault_found:
            return TrialState::no_fault_found;
        case Decision::other_fault:
            return TrialState::other_fault;
    }
    return std::nullopt;
}

Trials::Entry& Trials::add(std::unique_ptr<Entry> entry) {
    Entry& added = *entry;
    by_device_[added.device_no].push_back(std::move(entry));
    by_id_.emplace(added.id, &added);
    if (added.state == TrialState::running) ++running_;
    schedule(added);
    return added;
}

void Trials::schedule(const Entry& entry) {
    const bool running = entry.state == TrialState::running;
    due_.push({running ? entry.ends_at : *entry.ended_at + world_.settings.match_window, entry.id});
}

void Trials::load(const Trial& trial) {
    TextPool& texts = registry_.texts();
    auto entry = std::make_unique<Entry>();
    entry->id = trial.id;
    entry->device_no = trial.device_no;
    entry->state = trial.state;
    entry->attached = trial.attached;
    entry->rule = texts.share(trial.rule);
    entry->model = texts.share(trial.model);
    entry->firmware = texts.share(trial.firmware);
    entry->component = texts.share(trial.component);
    entry->failure_mode = texts.share(trial.failure_mode);
    entry->probability = trial.probability;
    entry->at = trial.at;
    entry->opened_at = trial.opened_at;
    entry->ends_at = trial.at + hours_ms(trial.horizon_h);
    entry->ended_at = trial.ended_at;
    entry->outcome_id = trial.outcome_id;
    add(std::move(entry));
}

bool Trials::runs(DeviceNo device_no, std::string_view rule) const {
    const auto found = by_device_.find(device_no);
    if (found == by_device_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const auto& one) {
        return one->state == TrialState::running && one->rule == rule;
    });
}

void Trials::on_detection(const DeviceEntry& device, const Rule& rule, const Detection& detection,
                          const Step& step, Kind kind) {
    const KnownDevice& info = device.info;
    const std::string name = rule_name(rule);
    const WallTime at = std::min(detection.at, step.now.wall);
    // A prediction that arrives when its time is over predicts nothing.
    if (at + rule.horizon <= step.now.wall) return;
    if (runs(info.no, name)) return;
    if (by_id_.size() >= kTrialsMax) {
        ++refused_;
        return;
    }
    TextPool& texts = registry_.texts();
    auto entry = std::make_unique<Entry>();
    WallTime episode = at;
    do {  // two episodes of one millisecond are told apart by the next one
        entry->id = trial_id(info.tenant.view(), info.device_id(), name, episode);
        episode += milliseconds{1};
    } while (by_id_.contains(entry->id));
    entry->device_no = info.no;
    entry->attached = kind == Kind::attached;
    entry->rule = texts.share(name);
    entry->model = info.model;
    entry->firmware = info.firmware;
    entry->component = texts.share(rule.component);
    entry->failure_mode = texts.share(rule.failure_mode);
    entry->probability = rules_.probability(rule, info.model.view());
    entry->at = at;
    entry->opened_at = step.now.wall;
    entry->ends_at = at + rule.horizon;
    write(add(std::move(entry)), step);
}

void Trials::write(const Entry& entry, const Step& step) {
    Trial row;
    row.id = entry.id;
    row.device_no = entry.device_no;
    if (const DeviceEntry* device = registry_.find(entry.device_no)) {
        row.tenant = device->info.tenant;
        row.device_id = device->info.device_id();
    }
    row.model = entry.model;
    row.firmware = entry.firmware;
    row.component = entry.component;
    row.failure_mode = entry.failure_mode;
    row.rule = entry.rule;
    row.probability = entry.probability;
    row.horizon_h = as_hours(entry.ends_at - entry.at);
    row.at = entry.at;
    row.opened_at = entry.opened_at;
    row.ended_at = entry.ended_at;
    row.state = entry.state;
    row.attached = entry.attached;
    row.outcome_id = entry.outcome_id;
    step.commit.trials.push_back(std::move(row));
}

void Trials::set(Entry& entry, TrialState state, MaybeTime ended_at, std::string outcome_id,
                 const Step& step) {
    const TrialState before = entry.state;
    if (before == TrialState::running) --running_;
    if (state == TrialState::running) ++running_;
    entry.state = state;
    entry.ended_at = ended_at;
    entry.outcome_id = std::move(outcome_id);
    write(entry, step);
    schedule(entry);
    rules_.decided(entry.rule.view(), entry.model.view(), right(before), right(state), step);
}

TrialState Trials::judged_by_time(const Entry& entry, WallTime now) {
    if (now < entry.ends_at) return TrialState::running;
    if (entry.attached) return TrialState::censored;
    const DeviceEntry* device = registry_.find(entry.device_no);
    const WallTime heard_at =
        device == nullptr ? WallTime::min() : device->info.last_seen_at.value_or(WallTime::min());
    const bool heard = heard_at >= entry.ends_at - (entry.ends_at - entry.at) / 4;
    return heard ? TrialState::no_failure : TrialState::censored;
}

void Trials::withdraw(DeviceNo device_no, std::string_view rule, const Step& step) {
    const auto of_device = by_device_.find(device_no);
    if (of_device == by_device_.end()) return;
    for (const auto& entry : of_device->second) {
        if (!entry->attached || entry->state != TrialState::running || !(entry->rule == rule))
            continue;
        set(*entry, TrialState::censored, step.now.wall, {}, step);
    }
}

// Time judges again what the outcome had decided.
void Trials::take_back(const Outcome& before, const Step& step) {
    const auto of_device = by_device_.find(before.device_no);
    if (of_device == by_device_.end()) return;
    for (const auto& entry : of_device->second) {
        if (entry->outcome_id != before.id) continue;
        const TrialState state = judged_by_time(*entry, step.now.wall);
        const bool running = state == TrialState::running;
        set(*entry, state, running ? MaybeTime{} : MaybeTime{entry->ends_at}, {}, step);
    }
}

void Trials::on_outcome(const Outcome& outcome, std::string_view looked_at, const Step& step) {
    const auto of_device = by_device_.find(outcome.device_no);
    if (of_device == by_device_.end()) return;
    const WallTime at = moment_of(outcome);
    for (const auto& entry : of_device->second) {
        if (!entry->outcome_id.empty()) continue;
        const auto verdict = verdict_of(outcome, looked_at, entry->component, entry->failure_mode);
        if (!verdict) continue;
        if (!in_time(at, entry->at, entry->opened_at, entry->ends_at)) continue;
        set(*entry, *verdict, std::max(at, entry->opened_at), outcome.id, step);
    }
}

void Trials::on_tick(const Step& step) {
    while (!due_.empty() && due_.top().at <= step.now.wall) {
        const Due due = due_.top();
        due_.pop();
        const auto found = by_id_.find(due.id);
        if (found == by_id_.end()) continue;
        Entry& entry = *found->second;
        if (entry.state == TrialState::running) {
            if (entry.ends_at > due.at) continue;
            set(entry, judged_by_time(entry, step.now.wall), entry.ends_at, {}, step);
        } else if (*entry.ended_at + world_.settings.match_window <= due.at) {
            forget(entry);
        }
    }
}

void Trials::forget(const Entry& entry) {
    const auto of_device = by_device_.find(entry.device_no);
    by_id_.erase(entry.id);
    std::erase_if(of_device->second, [&](const auto& one) { return one.get() == &entry; });
    if (of_device->second.empty()) by_device_.erase(of_device);
}

}  // namespace aftercare::collector
