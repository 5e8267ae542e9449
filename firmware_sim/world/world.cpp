#include "firmware_sim/world/world.hpp"

#include <algorithm>
#include <utility>

namespace aftercare::sim {
namespace {

enum Tag : std::uint64_t { kTagWorld = 11, kTagCollector = 12, kTagDevices = 13 };

constexpr milliseconds kDay{86'400'000};
/// An armed cut waits this long for a write to strike in.
constexpr milliseconds kCutPatience{7'200'000};
/// Draining has ended, well or not, after this.
constexpr milliseconds kDrainMax{7LL * 86'400'000};
constexpr std::uint64_t kCutWritesMax = 6;

}  // namespace

World::World(WorldParts parts, const WorldOptions& options)
    : options_(options),
      root_(Rng{options.seed}.fork(kTagWorld)),
      world_rng_(root_.fork(1)),
      desk_(parts.desk),
      fan_(oracle_, desk_, trace_),
      collector_(std::move(parts.collector), fan_, root_.fork(kTagCollector)),
      broker_(parts.devices.size(), options.broker.queue_messages_max),
      now_(options.begin) {
    nodes_.reserve(parts.devices.size());
    for (auto& feed : parts.devices) {
        const collector::DeviceInfo info = feed->registration();
        const Device device = oracle_.add_device(info.device_id);
        const Rng own = root_.fork(kTagDevices).fork(device);
        by_id_.emplace(info.device_id, device);
        Node node;
        node.host = std::make_unique<AgentHost>(std::move(feed), info, options_.agent, own.fork(1));
        node.link_rng = own.fork(2);
        node.power_rng = own.fork(3);
        nodes_.push_back(std::move(node));
        collector_.submit(collector::RegisterDevice{info});
    }
}

World::~World() = default;

Status World::start() {
    if (auto started = collector_.start(now_); !started) return started;
    // The maker registers its appliances before they are switched on.
    if (auto step = collector_.step({}, {Instant{}, now_}); !step) return fail(step.error());
    collector_.let_die(true);
    for (Device device = 0; device < nodes_.size(); ++device) {
        if (!nodes_[device].host->boot(now_, ResetReason::power_on)) {
            return fail(Errc::invalid, nodes_[device].host->device_id() +
                                           ": the agent does not start with these options");
        }
        after_agent(device);
    }
    schedule_faults();
    events_.add(now_, EventKind::collect);
    schedule_desk();
    events_.add(now_ + kDay, EventKind::day);
    return {};
}

Status World::run(const Progress& progress) {
    if (auto started = start(); !started) return started;
    bool drain_told = false;
    while (!events_.empty()) {
        const Event event = events_.take();
        if (event.at > options_.end + kDrainMax) break;
        now_ = event.at;
        if (draining() && !std::exchange(drain_told, true)) drain_begins();
        if (draining() && event.kind == EventKind::collect && drained()) break;
        if (event.kind == EventKind::day) {
            events_.add(now_ + kDay, EventKind::day);
            if (progress) progress(now_);
            continue;
        }
        if (auto handled = handle(event); !handled) return handled;
    }
    for (Device device = 0; device < nodes_.size(); ++device) {
        if (!nodes_[device].host->on()) continue;
        const auto state = nodes_[device].host->state();
        oracle_.ends_at(device, state.stream_id,
                        {state.lanes[0].next_seq, state.lanes[1].next_seq});
    }
    return {};
}

bool World::drained() const {
    if (!broker_.idle() || collector_.commands_waiting()) return false;
    return std::all_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
        if (!node.host->on()) return false;
        const auto state = node.host->state();
        return state.lanes[0].held_count == 0 && state.lanes[1].held_count == 0;
    });
}

Status World::handle(const Event& event) {
    const Device device = event.device;
    switch (event.kind) {
        case EventKind::wake:
            if (nodes_[device].wake_at == event.at) wake(device);
            return {};
        case EventKind::connected:
            if (nodes_[device].session == event.slot) link_rises(device);
            return {};
        case EventKind::connect_failed:
            if (nodes_[device].session == event.slot) connection_fails(device);
            return {};
        case EventKind::arrive_up:
            arrive_up(device, event.slot);
            return {};
        case EventKind::arrive_down:
            arrive_down(device, event.slot);
            return {};
        case EventKind::partition_begins:
            begin_partition(device);
            return {};
        case EventKind::partition_ends:
            nodes_[device].host->partitioned = false;
            return {};
        case EventKind::power_fails:
            power_fails(device);
            return {};
        case EventKind::power_returns:
            return power_on(device);
        case EventKind::broker_restarts:
            restart_broker();
            return {};
        case EventKind::garbage:
            send_garbage();
            return {};
        case EventKind::collect:
            return collect();
        case EventKind::collector_returns:
            return return_collector();
        case EventKind::desk:
            work_desk();
            return {};
        case EventKind::day:
            return {};
    }
    return {};
}

void World::trace(std::string_view what, std::uint64_t a, std::uint64_t b) {
    trace_.add(static_cast<std::uint64_t>(unix_ms(now_)));
    trace_.add(what);
    trace_.add(a);
    trace_.add(b);
}

// ---- devices -----------------------------------------------------------------------------------

void World::wake(Device device) {
    Node& node = nodes_[device];
    node.wake_at = kNever;
    live_on(device);
    if (node.host->on()) {
        tell_due(device);
        if (node.host->on() && !node.host->dead()) {
            const std::uint64_t syncs = node.host->syncs();
            node.host->poll(now_);
            book_syncs(device, syncs);
        }
    } else {
        // An appliance without power tells nobody anything.
        auto& waiting = node.host->waiting;
        while (!waiting.empty() && waiting.front().at <= now_) waiting.pop_front();
    }
    after_agent(device);
}

void World::live_on(Device device) {
    AgentHost& host = *nodes_[device].host;
    if (draining() || host.feed().next_at() > now_) return;
    std::vector<Emission> telemetry;
    std::vector<collector::Command> commands;
    host.feed().advance(host.feed().next_at(), telemetry, commands);
    for (auto& emission : telemetry) host.waiting.push_back(std::move(emission));
    for (auto& command : commands) collector_.submit(std::move(command));
}

void World::tell_due(Device device) {
    AgentHost& host = *nodes_[device].host;
    while (!host.waiting.empty() && host.waiting.front().at <= now_ && !host.dead()) {
        const Emission emission = std::move(host.waiting.front());
        host.waiting.pop_front();
        const std::uint64_t syncs = host.syncs();
        book(device, host.tell(emission, now_), syncs);
    }
}

void World::book(Device device, const Told& told, std::uint64_t syncs_before) {
    AgentHost& host = *nodes_[device].host;
    const std::uint64_t stream = host.state().stream_id;
    // A sync inside the call covers what was made before it; the record itself says if it is
    // durable.
    if (host.syncs() != syncs_before) oracle_.synced(device, stream);
    switch (told.kind) {
        case Told::Kind::made:
            oracle_.made(device, stream, told.accepted, told.hash);
            break;
        case Told::Kind::refused:
            ++faults_.records_refused;
            break;
        case Told::Kind::uncertain:
            oracle_.uncertain(device, told.hash);
            break;
    }
    trace("tell", device, told.hash);
}

void World::book_syncs(Device device, std::uint64_t syncs_before) {
    AgentHost& host = *nodes_[device].host;
    if (host.syncs() != syncs_before) oracle_.synced(device, host.state().stream_id);
}

void World::after_agent(Device device) {
    Node& node = nodes_[device];
    AgentHost& host = *node.host;
    if (host.on() && (host.dead() || node.cut_by <= now_)) cut_power(device);
    if (host.on()) {
        for (const auto& request : std::exchange(host.self_test_requests(), {})) {
            const std::uint64_t syncs = host.syncs();
            book(device, host.tell(host.feed().self_test(request), now_), syncs);
        }
        if (host.take_connect_request()) connect(device);
        for (auto& message : std::exchange(host.outgoing(), {}))
            send_up(device, std::move(message));
        const auto& dropped = host.state().dropped;
        if (std::any_of(dropped.begin(), dropped.end(), [](auto count) { return count > 0; })) {
            oracle_.evicting(device);
        }
    }
    schedule_wake(device);
}

void World::schedule_wake(Device device) {
    Node& node = nodes_[device];
    AgentHost& host = *node.host;
    WallTime next = draining() ? kNever : host.feed().next_at();
    if (!host.waiting.empty()) next = std::min(next, host.waiting.front().at);
    if (host.on()) next = std::min({next, host.next_poll_at(), node.cut_by});
    if (next == kNever) {
        node.wake_at = kNever;
        return;
    }
    next = std::max(next, now_ + milliseconds{next <= now_ ? 1 : 0});
    if (next == node.wake_at) return;
    node.wake_at = next;
    events_.add(next, EventKind::wake, device);
}

void World::power_fails(Device device) {
    Node& node = nodes_[device];
    if (draining()) return;
    events_.add(now_ + next_power_cut(node), EventKind::power_fails, device);
    if (!node.host->on()) return;
    if (node.power_rng.chance(options_.agent.torn_write_ratio)) {
        node.host->cut_power_after(1 + node.power_rng.below(kCutWritesMax));
        node.cut_by = now_ + kCutPatience;
        schedule_wake(device);
        return;
    }
    cut_power(device);
}

void World::cut_power(Device device) {
    Node& node = nodes_[device];
    ++faults_.power_cuts;
    if (node.host->dead()) ++faults_.cuts_inside_a_write;
    node.cut_by = kNever;
    oracle_.power_cut(device);
    trace("power_cut", device);
    ++node.session;
    node.host->cut_power();
    const auto outage =
        1 + node.power_rng.below(static_cast<std::uint64_t>(options_.agent.outage_max.count()));
    events_.add(now_ + milliseconds{static_cast<std::int64_t>(outage)}, EventKind::power_returns,
                device);
}

Status World::power_on(Device device) {
    AgentHost& host = *nodes_[device].host;
    if (host.on()) return {};
    if (!host.boot(now_, ResetReason::brown_out)) {
        oracle_.violation(host.device_id() + ": the agent does not recover after a power cut");
        return fail(Errc::corrupt,
                    host.device_id() + ": the agent does not recover its spool after a power cut");
    }
    trace("boot", device, host.state().boot);
    after_agent(device);
    return {};
}

// ---- people ------------------------------------------------------------------------------------

void World::schedule_desk() {
    if (desk_ == nullptr || desk_->next_at() == kNever) return;
    events_.add(std::max(desk_->next_at(), now_), EventKind::desk);
}

void World::work_desk() {
    if (draining()) return;
    std::vector<collector::Command> commands;
    desk_->act(now_, commands);
    for (auto& command : commands) collector_.submit(std::move(command));
    schedule_desk();
}

// ---- collector ---------------------------------------------------------------------------------

Status World::collect() {
    if (!collector_.running()) return {};
    events_.add(now_ + collector_.options().batch_period, EventKind::collect);
    broker_.take_up(batch_, collector_.options().batch_messages_max);
    std::uint64_t garbage = 0;
    for (const auto& message : batch_) garbage += is_garbage(message) ? 1 : 0;
    fan_.now = now_;
    auto step = collector_.step(batch_, {Instant{now_ - options_.begin}, now_});
    if (!step) return fail(step.error());
    if (step->death == Death::none || step->death == Death::after_commit) {
        if (!batch_.empty()) trace("batch", batch_.size());
        oracle_.garbage_stored(garbage);
    }
    if (step->death != Death::none) {
        trace(to_string(step->death), batch_.size());
        events_.add(now_ + collector_.options().restart_delay, EventKind::collector_returns);
        return {};
    }
    publish(step->publications);
    return {};
}

Status World::return_collector() {
    trace("collector_returns", 0);
    if (auto started = collector_.start(now_); !started) return started;
    events_.add(now_, EventKind::collect);
    return {};
}

void World::drain_begins() {
    collector_.let_die(false);
    trace("drain", 0);
    for (Device device = 0; device < nodes_.size(); ++device) {
        Node& node = nodes_[device];
        node.host->waiting.clear();
        node.host->partitioned = false;
        node.cut_by = kNever;
        if (!node.host->on()) continue;
        node.host->cut_power_after(UINT64_MAX);
        if (!node.host->dead()) node.host->flush(now_);
        after_agent(device);
    }
}

}  // namespace aftercare::sim
