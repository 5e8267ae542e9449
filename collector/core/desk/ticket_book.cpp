#include "collector/core/desk/ticket_book.hpp"

#include <algorithm>
#include <numeric>

#include "collector/core/desk/desk_events.hpp"
#include "collector/core/desk/life_cycle.hpp"
#include "collector/core/desk/ticket_id.hpp"

namespace aftercare::collector {

std::optional<WallTime> watched_until(const Case& of, const Settings& settings) {
    const Ticket& ticket = of.ticket;
    const bool fixed = ticket.state == TicketState::resolved && claims_fix(ticket);
    if (!fixed || ticket.verified_at || settings.verify_after.count() <= 0) return std::nullopt;
    const bool over = of.watch && of.watch->since == *ticket.resolved_at &&
                      of.watch->state != WatchState::watching;
    if (over) return std::nullopt;
    return *ticket.resolved_at + settings.verify_after;
}

bool is_younger(const Ticket& a, const Ticket& b) {
    return a.opened_at != b.opened_at ? a.opened_at > b.opened_at : a.id < b.id;
}

WallTime ended_at(const Ticket& ticket) {
    if (is_open(ticket.state)) return WallTime::max();
    return ticket.resolved_at.value_or(ticket.closed_at.value_or(ticket.opened_at));
}

void TicketBook::load(Ticket ticket, WallTime lapse_at) {
    count(ticket, 1);
    dispatch_.load(ticket);
    auto entry = std::make_unique<Case>();
    entry->ticket = std::move(ticket);
    entry->lapse_at = lapse_at;
    entry->counted = entry->ticket.decision;
    if (outbox_.serves(entry->ticket)) entry->told = entry->ticket.centre;
    Case& loaded = *entry;
    by_device_[loaded.ticket.device_no].push_back(&loaded);
    cases_.insert_or_assign(loaded.ticket.id, std::move(entry));
    schedule(loaded);
    if (levels_.outdated(loaded.ticket)) outdated_.push_back(loaded.ticket.id);
}

void TicketBook::count(const Ticket& ticket, int change) {
    if (!is_open(ticket.state)) return;
    const auto add = [change](std::size_t& to, bool applies) {
        if (applies) to += static_cast<std::size_t>(change);
    };
    add(open_by_state_[static_cast<std::size_t>(ticket.state)], true);
    add(desk_counts_.unroutable, ticket.work.queue == RouteQueue::unroutable);
    add(desk_counts_.over_capacity, ticket.work.queue == RouteQueue::over_capacity);
    add(desk_counts_.escalated, ticket.work.escalation_level > 0);
}

std::size_t TicketBook::open_count() const {
    return std::accumulate(open_by_state_.begin(), open_by_state_.end(), std::size_t{0});
}

Case* TicketBook::find(std::string_view id) {
    const auto found = cases_.find(id);
    return found == cases_.end() ? nullptr : found->second.get();
}

const std::vector<Case*>& TicketBook::of_device(DeviceNo no) const {
    static const std::vector<Case*> none;
    const auto found = by_device_.find(no);
    return found == by_device_.end() ? none : found->second;
}

Case* TicketBook::find_open(DeviceNo no, std::string_view failure_mode) {
    for (Case* one : of_device(no)) {
        if (one->ticket.failure_mode != failure_mode) continue;
        // Only open ones are merged into, so this ends.
        Case* goes_on = one;
        while (goes_on != nullptr && goes_on->ticket.state == TicketState::merged) {
            goes_on = find(goes_on->ticket.work.merged_into);
        }
        if (goes_on != nullptr && is_open(goes_on->ticket.state)) return goes_on;
    }
    return nullptr;
}

Result<Case*> TicketBook::find_for_change(const std::string& id, const Scope& scope,
                                          std::optional<std::uint32_t> expected_version) {
    Case* found = find(id);
    if (found == nullptr || !scope.covers(found->ticket)) {
        return fail(Errc::not_found,
                    "no ticket " + id + " that can still change; closed ones stay as they are");
    }
    if (auto same = check_version("ticket " + id, found->ticket.version, expected_version); !same) {
        return fail(same.error());
    }
    return found;
}

Case& TicketBook::add(Ticket ticket, const Remark& remark, const Step& step) {
    WallTime episode = ticket.detected_at;
    do {  // two episodes of one millisecond are told apart by the next one
        ticket.id = ticket_id(ticket.tenant, ticket.device_id, ticket.failure_mode, episode);
        episode += milliseconds{1};
    } while (find(ticket.id) != nullptr);
    std::optional<Route> route;
    if (is_open(ticket.state)) {
        AFTERCARE_ASSERT(find_open(ticket.device_no, ticket.failure_mode) == nullptr);
        ticket.work.queue = ticket.centre.empty() ? RouteQueue::unroutable : RouteQueue::none;
        if (dispatch_.routes(ticket.tenant)) {
            route = dispatch_.route(ticket, step.now.wall);
            ticket.work.queue = route->queue;
            ticket.centre = route->centre;
        }
    }
    count(ticket, 1);
    auto entry = std::make_unique<Case>();
    entry->ticket = std::move(ticket);
    entry->lapse_at = entry->ticket.detected_at + hours_ms(entry->ticket.horizon_h);
    Case& added = *entry;
    levels_.begin(added.ticket);
    by_device_[added.ticket.device_no].push_back(&added);
    cases_.emplace(added.ticket.id, std::move(entry));
    Remark opening = remark;
    opening.value = route_value(added.ticket.work.queue, added.ticket.centre);
    write(added, opening, std::nullopt, added.ticket.state, step);
    if (route) {
        write(added, {kRouted, kEngine, std::move(route->reason), step.now.wall, opening.value},
              std::nullopt, std::nullopt, step);
    }
    schedule(added);
    return added;
}

void TicketBook::write(Case& changed, const Remark& remark, std::optional<TicketState> from,
                       std::optional<TicketState> to, const Step& step) {
    Ticket& ticket = changed.ticket;
    ++ticket.version;
    step.commit.events.push_back({.ticket_id = ticket.id,
                                  .no = ticket.version,
                                  .at = remark.at,
                                  .who = std::string{remark.who},
                                  .kind = std::string{remark.kind},
                                  .from = from,
                                  .to = to,
                                  .why = remark.why,
                                  .value = remark.value});
    const std::string centre = ticket.centre;
    const std::optional<WallTime> routed_at = ticket.work.routed_at;
    count(ticket, -1);
    project(step.commit.events.back(), ticket);
    count(ticket, 1);
    if (remark.kind == kRouted) dispatch_.moved(ticket, centre, routed_at);
    if (ticket.decision != changed.counted) {
        rules_.decided(ticket.rule, ticket.model, right(changed.counted), right(ticket.decision),
                       step);
        changed.counted = ticket.decision;
    }
    if (changed.dirty) return;
    changed.dirty = true;
    dirty_.push_back(&changed);
}

void TicketBook::record(Case& changed, const Remark& remark, const Step& step) {
    tell(changed, remark.at, step);
    write(changed, remark, std::nullopt, std::nullopt, step);
    follow(changed, changed.ticket.state, remark.at, step);
    schedule(changed);
}

void TicketBook::change_state(Case& changed, TicketState to, const Remark& remark,
                              const Step& step) {
    Ticket& ticket = changed.ticket;
    const TicketState from = ticket.state;
    const bool was_open = is_open(from);
    tell(changed, remark.at, step);
    if (is_open(to)) {
        if (!was_open) {
            ++ticket.reopened_count;
            ticket.resolved_at.reset();
            ticket.closed_at.reset();
            ticket.verified_at.reset();
        }
    } else {
        if (to == TicketState::resolved) {
            ticket.resolved_at = remark.at;
            ticket.closed_at.reset();
        } else {
            ticket.closed_at = remark.at;
        }
    }
    count(ticket, -1);
    ticket.state = to;
    count(ticket, 1);
    write(changed, remark, from, to, step);
    follow(changed, from, remark.at, step);
    schedule(changed);
}

bool TicketBook::tell(Case& changed, WallTime at, const Step& step) {
    const std::vector<Remark> news = levels_.news(changed.ticket, at);
    for (const Remark& one : news) write(changed, one, std::nullopt, std::nullopt, step);
    return !news.empty();
}

bool TicketBook::follow(Case& changed, TicketState from, WallTime at, const Step& step) {
    const std::vector<Remark> remarks = levels_.follow(changed.ticket, from, at);
    for (const Remark& one : remarks) write(changed, one, std::nullopt, std::nullopt, step);
    return !remarks.empty();
}

bool TicketBook::tell_service_level(Case& due, const Step& step) {
    const WallTime now = step.now.wall;
    const bool told = tell(due, now, step);
    const bool moved = follow(due, due.ticket.state, now, step);
    if (told || moved) schedule(due);
    return told || moved;
}

WallTime TicketBook::due_time(const Case& of) const {
    const Ticket& ticket = of.ticket;
    if (ticket.state == TicketState::resolved) {
        return watched_until(of, settings_).value_or(*ticket.resolved_at + settings_.close_after);
    }
    if (!is_open(ticket.state)) return ended_at(ticket) + memory_span();
    const WallTime due = std::min(lapse_time(of), next_news_at(ticket.sla));
    return ticket.contacted_at ? due : std::min(of.notice_at, due);
}

WallTime TicketBook::lapse_time(const Case& of) {
    const Ticket& ticket = of.ticket;
    const bool nobody_acts =
        ticket.state == TicketState::open || ticket.state == TicketState::contacted;
    const bool may_lapse = ticket.origin == Origin::predicted && nobody_acts && !ticket.failed_at &&
                           ticket.horizon_h > 0;
    return may_lapse ? of.lapse_at : WallTime::max();
}

void TicketBook::schedule(Case& changed) {
    const WallTime due = due_time(changed);
    if (due != changed.due_at) push_due(changed, due);
}

void TicketBook::push_due(Case& changed, WallTime due) {
    changed.due_at = due;
    if (due != WallTime::max()) due_.push({due, changed.ticket.id});
}

Case* TicketBook::take_due(WallTime now) {
    while (!due_.empty() && due_.top().at <= now) {
        const Due due = due_.top();
        due_.pop();
        Case* found = find(due.id);
        if (found == nullptr || found->due_at != due.at) continue;  // rescheduled meanwhile
        found->due_at = WallTime::max();
        return found;
    }
    return nullptr;
}

void TicketBook::move_to_new_terms(std::size_t& left, const Step& step) {
    while (left > 0 && !outdated_.empty()) {
        Case* found = find(outdated_.back());
        outdated_.pop_back();
        if (found == nullptr || !levels_.outdated(found->ticket)) continue;  // moved meanwhile
        tell_service_level(*found, step);
        --left;
    }
}

void TicketBook::forget(const Case& old) {
    AFTERCARE_ASSERT(!old.dirty);
    std::erase(by_device_[old.ticket.device_no], &old);
    if (by_device_[old.ticket.device_no].empty()) by_device_.erase(old.ticket.device_no);
    const std::string id = old.ticket.id;
    cases_.erase(id);
}

void TicketBook::finish(Commit& commit) {
    // What ended goes first: its failure mode may have been taken over by one that is open now.
    std::stable_partition(dirty_.begin(), dirty_.end(),
                          [](const Case* one) { return !is_open(one->ticket.state); });
    for (Case* changed : dirty_) {
        commit.tickets.push_back(changed->ticket);
        outbox_.changed(changed->ticket, changed->told, commit);
        changed->dirty = false;
    }
    dirty_.clear();
    levels_.finish(commit);
}

}  // namespace aftercare::collector
