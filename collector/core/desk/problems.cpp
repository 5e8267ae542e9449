#include "collector/core/desk/problems.hpp"

#include <algorithm>
#include <cmath>

#include "collector/core/desk/evidence.hpp"
#include "collector/core/desk/ticket_id.hpp"
#include "collector/core/intake/census.hpp"

namespace aftercare::collector {
namespace {

/// What is kept of an attached device: what began it and how it stands.
constexpr std::size_t kEvidenceKept = 2;

std::string counted(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string{what} + (count == 1 ? "" : "s");
}

std::uint32_t limit_of(std::uint32_t devices, double share, std::size_t fleet) {
    const double of_fleet = std::ceil(share * static_cast<double>(fleet));
    return std::max(devices, static_cast<std::uint32_t>(of_fleet));
}

}  // namespace

void Problems::load(const Problem& problem) {
    Entry& entry = entries_[problem.id];
    entry.problem = problem;
    Guard& guard = guard_of(problem.tenant, problem.rule_id, problem.model, problem.firmware);
    const bool ended = problem.guard_ended_at.has_value();
    if (problem.state == ProblemState::resolved) {
        if (ended && problem.guard_ended_at == problem.decided_at) {
            guard.count_since = std::max(guard.count_since, *problem.decided_at);
        }
    } else if (is_unsettled(problem.state) || !ended || !problem.settled_at) {
        guard.holder = &entry;
    }
}

void Problems::load(ProblemDevice device) {
    const auto entry = entries_.find(device.problem_id);
    AFTERCARE_ASSERT(entry != entries_.end());
    const Problem& problem = entry->second.problem;
    if (device.attached) {
        note(guard_of(problem.tenant, problem.rule_id, problem.model, problem.firmware),
             device.attached_at, device.device_no);
        if (!device.ticket_id.empty()) released_tickets_.insert(device.ticket_id);
    }
    device.device_id.clear();
    const DeviceNo no = device.device_no;
    entry->second.members[no].row = std::move(device);
}

void Problems::resume(const std::vector<Ticket>& tickets) {
    for (const Ticket& ticket : tickets) {
        if (ticket.origin != Origin::predicted || released_tickets_.contains(ticket.id)) continue;
        Guard& guard =
            guard_of(ticket.tenant, id_in_name(ticket.rule), ticket.model, ticket.firmware);
        note(guard, ticket.opened_at, ticket.device_no);
        // A guard that is on tells from the old ones when it ended.
        if (guard.holder == nullptr && !guard.window.empty()) {
            guard.window.advance(guard.window.newest_at(), world_.settings.problems.window, 0);
        }
    }
}

Problems::Guard& Problems::guard_of(std::string_view tenant, std::string_view rule_id,
                                    std::string_view model, std::string_view firmware) {
    return guards_[kind_key(tenant, model, firmware) + std::string{rule_id}];
}

void Problems::note(Guard& guard, WallTime at, DeviceNo no) {
    if (at <= guard.count_since) return;
    guard.window.note(at, no);
    look_at_ = std::min(look_at_, at + world_.settings.problems.window);
}

void Problems::touch(Entry& entry) {
    if (std::exchange(entry.dirty, true)) return;
    dirty_.push_back(&entry);
}

void Problems::touch(Entry& entry, Member& member) {
    touch(entry);
    if (std::exchange(member.dirty, true)) return;
    dirty_members_.push_back(&member);
}

void Problems::tell(Entry& entry, WallTime at, std::string_view who, std::string_view kind,
                    std::string why, Commit& commit) {
    Problem& problem = entry.problem;
    commit.problem_events.push_back({.problem_id = problem.id,
                                     .no = ++problem.version,
                                     .at = at,
                                     .who = std::string{who},
                                     .kind = std::string{kind},
                                     .why = std::move(why)});
    touch(entry);
}

// Both the fall below the end rate and its moment follow from the window, whoever asks first.
void Problems::advance(Guard& guard, WallTime now, Commit& commit) {
    Entry* holder = guard.holder;
    const bool guards = holder != nullptr && !holder->problem.guard_ended_at;
    const auto fell_at = guard.window.advance(now, world_.settings.problems.window,
                                              guards ? holder->problem.end_count : 0);
    if (!guards || !fell_at) return;
    holder->problem.guard_ended_at = fell_at;
    tell(*holder, *fell_at, kEngine, "guard_ended",
         "fewer than " + counted(holder->problem.end_count, "new device") +
             " within the window: further ones open tickets",
         commit);
    if (!is_unsettled(holder->problem.state) && !holder->settling()) guard.holder = nullptr;
}

bool Problems::take(const DeviceEntry& device, const Rule& rule, const Detection& detection,
                    const Step& step) {
    const ProblemSettings& settings = world_.settings.problems;
    if (!settings.guard) return false;
    const KnownDevice& info = device.info;
    const WallTime now = step.now.wall;
    Guard& guard = guard_of(info.tenant.view(), rule.id, info.model.view(), info.firmware.view());
    advance(guard, now, step.commit);
    if (guard.holder != nullptr && keep_known(*guard.holder, info.no, detection, step)) return true;
    note(guard, now, info.no);
    const std::size_t fleet = registry_.census().count(info);
    const std::uint32_t limit = limit_of(settings.start_devices, settings.start_share, fleet);
    if (guard.window.count() >= limit) start(guard, device, rule, limit, step);
    if (guard.holder == nullptr || !guard.holder->attaching()) return false;
    attach(*guard.holder, device, rule, detection, step);
    return true;
}

// Begins a problem, or goes on attaching to the one that waits for a person.
void Problems::start(Guard& guard, const DeviceEntry& device, const Rule& rule, std::uint32_t limit,
                     const Step& step) {
    const WallTime now = step.now.wall;
    if (guard.holder != nullptr) {
        Problem& waiting = guard.holder->problem;
        if (!is_unsettled(waiting.state) || !waiting.guard_ended_at) return;
        waiting.guard_ended_at.reset();
        return tell(*guard.holder, now, kEngine, "guard_resumed",
                    counted(guard.window.count(), "device") + " within the window again",
                    step.commit);
    }
    const KnownDevice& info = device.info;
    const ProblemSettings& settings = world_.settings.problems;
    const std::size_t fleet = registry_.census().count(info);
    Problem problem;
    problem.tenant = info.tenant;
    problem.rule_id = rule.id;
    problem.model = info.model;
    problem.firmware = info.firmware;
    problem.component = rule.component;
    problem.failure_mode = rule.failure_mode;
    problem.severity = rule.severity;
    problem.started_at = now;
    problem.fleet_count = static_cast<std::uint32_t>(fleet);
    problem.start_count = limit;
    problem.end_count = std::min(limit, limit_of(settings.end_devices, settings.end_share, fleet));
    WallTime beginning = now;
    do {  // two of one millisecond are told apart by the next one
        problem.id =
            problem_id(problem.tenant, rule.id, problem.model, problem.firmware, beginning);
        beginning += milliseconds{1};
    } while (entries_.contains(problem.id));
    Entry& entry = entries_[problem.id];
    entry.problem = std::move(problem);
    guard.holder = &entry;
    ++started_;
    for (const auto& [no, at] : guard.window.devices()) {
        if (no != info.no) link(entry, no, at, step);
    }
    tell(entry, now, kEngine, "started",
         rule_name(rule) + " found " + counted(guard.window.count(), "device") + " of " +
             std::to_string(fleet) + " within the window",
         step.commit);
}

// Tickets that led to the problem stay as they are, and say so.
void Problems::link(Entry& entry, DeviceNo no, WallTime opened_at, const Step& step) {
    Problem& problem = entry.problem;
    for (Case* one : book_.of_device(no)) {
        const Ticket& ticket = one->ticket;
        const bool led_to_it = ticket.origin == Origin::predicted &&
                               ticket.opened_at == opened_at &&
                               id_in_name(ticket.rule) == problem.rule_id;
        if (!led_to_it) continue;
        ProblemDevice row;
        row.problem_id = problem.id;
        row.device_no = no;
        row.attached = false;
        row.rule = ticket.rule;
        row.probability = ticket.probability;
        row.horizon_h = ticket.horizon_h;
        row.evidence_json = "[]";
        row.detected_at = ticket.detected_at;
        row.attached_at = row.last_at = step.now.wall;
        row.ticket_id = ticket.id;
        ++problem.ticket_count;
        Member& member = entry.members[no];
        member.row = std::move(row);
        touch(entry, member);
        if (!is_open(ticket.state)) return;
        book_.record(
            *one,
            {"problem", kEngine, "one of those that led to problem " + problem.id, step.now.wall},
            step);
        return;
    }
}

// A device that is attached already only raises its count.
bool Problems::keep_known(Entry& entry, DeviceNo no, const Detection& detection, const Step& step) {
    const auto known = entry.members.find(no);
    if (known == entry.members.end()) return false;
    ProblemDevice& row = known->second.row;
    const bool waits = is_unsettled(entry.problem.state) || entry.settling();
    if (!waits || !row.attached || !row.ticket_id.empty()) return false;
    row.evidence_json = append_evidence(row.evidence_json, detection.evidence_json, kEvidenceKept);
    row.last_at = step.now.wall;
    ++row.detection_count;
    ++entry.problem.detection_count;
    touch(entry, known->second);
    return true;
}

void Problems::attach(Entry& entry, const DeviceEntry& device, const Rule& rule,
                      const Detection& detection, const Step& step) {
    const WallTime now = step.now.wall;
    ProblemDevice row;
    row.problem_id = entry.problem.id;
    row.device_no = device.info.no;
    row.rule = rule_name(rule);
    row.probability = rules_.probability(rule, device.info.model.view());
    row.horizon_h = as_hours(rule.horizon);
    row.evidence_json = append_evidence("[]", detection.evidence_json);
    row.detected_at = std::min(detection.at, now);
    row.attached_at = row.last_at = now;
    row.detection_count = 1;
    entry.problem.severity = std::max(entry.problem.severity, rule.severity);
    ++entry.problem.device_count;
    ++entry.problem.detection_count;
    Member& member = entry.members[device.info.no];
    member.row = std::move(row);
    touch(entry, member);
    trials_.on_detection(device, rule, detection, step, Trials::Kind::attached);
}

void Problems::finish(Commit& commit) {
    for (Entry* changed : dirty_) {
        commit.problems.push_back(changed->problem);
        changed->dirty = false;
    }
    dirty_.clear();
    for (Member* changed : dirty_members_) {
        ProblemDevice& row = commit.problem_devices.emplace_back(changed->row);
        if (const DeviceEntry* device = registry_.find(row.device_no)) {
            row.device_id = device->info.device_id();
        }
        changed->dirty = false;
    }
    dirty_members_.clear();
}

std::size_t Problems::unsettled_count() const {
    return static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(),
                      [](const auto& entry) { return is_unsettled(entry.second.problem.state); }));
}

std::size_t Problems::waiting_count() const {
    std::size_t count = 0;
    for (const auto& [id, entry] : entries_) {
        if (entry.problem.state == ProblemState::open) count += entry.problem.device_count;
    }
    return count;
}

}  // namespace aftercare::collector
