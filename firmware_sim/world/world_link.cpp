// The world's air: connections, messages on their way, what becomes of them.
#include <utility>

#include "common/topic.hpp"
#include "firmware_sim/world/world.hpp"

namespace aftercare::sim {
namespace {

constexpr milliseconds kConnectTime{300};
constexpr milliseconds kConnectTimeout{10'000};
constexpr double kDayMs = 86'400'000.0;
/// No report begins like this, so the oracle can count what must be refused.
constexpr std::string_view kGarbage = "\xFF\xFF\xFF\xFF broken on purpose ";

milliseconds exponential_ms(Rng& rng, double mean_ms) {
    return milliseconds{1 + static_cast<std::int64_t>(rng.exponential(mean_ms))};
}

}  // namespace

bool World::is_garbage(const collector::Message& message) {
    return message.payload.substr(0, kGarbage.size()) == kGarbage;
}

milliseconds World::delay(Rng& rng) const {
    const auto& link = options_.link;
    const auto span = static_cast<std::uint64_t>((link.delay_max - link.delay_min).count());
    return link.delay_min + milliseconds{static_cast<std::int64_t>(rng.below(span + 1))};
}

milliseconds World::next_power_cut(Node& node) const {
    return exponential_ms(node.power_rng, kDayMs / options_.agent.power_cuts_per_device_day);
}

void World::schedule_faults() {
    for (Device device = 0; device < nodes_.size(); ++device) {
        Node& node = nodes_[device];
        if (options_.link.partitions_per_device_day > 0) {
            events_.add(now_ + exponential_ms(node.link_rng,
                                              kDayMs / options_.link.partitions_per_device_day),
                        EventKind::partition_begins, device);
        }
        if (options_.agent.power_cuts_per_device_day > 0) {
            events_.add(now_ + next_power_cut(node), EventKind::power_fails, device);
        }
    }
    if (options_.broker.restarts_per_day > 0) {
        events_.add(now_ + exponential_ms(world_rng_, kDayMs / options_.broker.restarts_per_day),
                    EventKind::broker_restarts);
    }
    if (options_.link.garbage_per_day > 0) {
        events_.add(now_ + exponential_ms(world_rng_, kDayMs / options_.link.garbage_per_day),
                    EventKind::garbage);
    }
}

void World::connect(Device device) {
    Node& node = nodes_[device];
    const bool works = !node.host->partitioned;
    events_.add(now_ + (works ? kConnectTime : kConnectTimeout),
                works ? EventKind::connected : EventKind::connect_failed, device, node.session);
}

void World::link_rises(Device device) {
    Node& node = nodes_[device];
    if (!node.host->on() || node.host->dead()) return;
    if (node.host->partitioned) {
        connection_fails(device);
        return;
    }
    trace("connected", device);
    node.host->connected(now_);
    for (auto& message : broker_.take_down(device)) {
        events_.add(now_ + delay(node.link_rng), EventKind::arrive_down, device,
                    pool_.keep(std::move(message)));
    }
    after_agent(device);
}

void World::connection_fails(Device device) {
    Node& node = nodes_[device];
    if (!node.host->on() || node.host->dead()) return;
    ++node.session;
    node.host->disconnected(now_);
    after_agent(device);
}

void World::begin_partition(Device device) {
    Node& node = nodes_[device];
    if (draining()) return;
    ++faults_.partitions;
    trace("partition", device);
    node.host->partitioned = true;
    const auto length =
        exponential_ms(node.link_rng, static_cast<double>(options_.link.partition_mean.count()));
    events_.add(now_ + length, EventKind::partition_ends, device);
    events_.add(now_ + length +
                    exponential_ms(node.link_rng, kDayMs / options_.link.partitions_per_device_day),
                EventKind::partition_begins, device);
    connection_fails(device);
}

void World::restart_broker() {
    if (draining()) return;
    ++faults_.broker_restarts;
    trace("broker_restart", 0);
    broker_.restart();
    for (Device device = 0; device < nodes_.size(); ++device) connection_fails(device);
    events_.add(now_ + exponential_ms(world_rng_, kDayMs / options_.broker.restarts_per_day),
                EventKind::broker_restarts);
}

void World::send_up(Device device, collector::Message message) {
    Node& node = nodes_[device];
    const auto& link = options_.link;
    // Drawn in any case, so that the drain does not shift what follows.
    const bool lost = node.link_rng.chance(link.loss_ratio) && !draining();
    const bool twice = node.link_rng.chance(link.duplicate_ratio) && !draining();
    const bool late = node.link_rng.chance(link.reorder_ratio) && !draining();
    trace("send", device, message.payload.size());
    if (lost) {
        ++faults_.lost;
        return;
    }
    milliseconds on_the_way = delay(node.link_rng);
    if (late) {
        ++faults_.reordered;
        on_the_way += link.reorder_delay;
    }
    if (twice) {
        ++faults_.duplicated;
        events_.add(now_ + on_the_way + delay(node.link_rng), EventKind::arrive_up, device,
                    pool_.keep(message));
    }
    events_.add(now_ + on_the_way, EventKind::arrive_up, device, pool_.keep(std::move(message)));
}

void World::arrive_up(Device device, std::uint32_t slot) {
    collector::Message message = pool_.take(slot);
    if (nodes_[device].host->partitioned) {
        ++faults_.lost;
        return;
    }
    const auto topic = parse_topic(message.topic);
    // The collector of this world subscribes to reports only.
    if (!topic || topic->leg != Leg::up) return;
    trace("arrive", device, message.payload.size());
    if (!broker_.offer_up(std::move(message))) ++faults_.broker_dropped;
}

void World::send_garbage() {
    if (draining()) return;
    events_.add(now_ + exponential_ms(world_rng_, kDayMs / options_.link.garbage_per_day),
                EventKind::garbage);
    const auto device = static_cast<Device>(world_rng_.below(nodes_.size()));
    collector::Message message;
    message.topic = std::string(
        format_topic(options_.tenant, nodes_[device].host->device_id(), Leg::up).view());
    message.payload = std::string(kGarbage) + std::string(world_rng_.below(200), '\xEE');
    ++faults_.garbage;
    if (!broker_.offer_up(std::move(message))) ++faults_.broker_dropped;
}

void World::publish(const std::vector<collector::OutgoingMessage>& publications) {
    for (const auto& publication : publications) {
        const auto topic = parse_topic(publication.topic);
        const auto known = topic ? by_id_.find(std::string(topic->device.view())) : by_id_.end();
        if (known == by_id_.end()) {
            oracle_.violation("published to no device of ours: " + publication.topic);
            continue;
        }
        const Device device = known->second;
        Node& node = nodes_[device];
        trace("publish", device, publication.payload.size());
        const bool lost = node.link_rng.chance(options_.link.loss_ratio) && !draining();
        collector::Message message{publication.topic, publication.payload};
        if (!node.host->link_up) {
            // QoS 1 waits in the broker for a persistent session, QoS 0 is gone.
            if (publication.qos > 0) broker_.keep_down(device, std::move(message));
            continue;
        }
        if (lost && publication.qos == 0) {
            ++faults_.lost;
            continue;
        }
        events_.add(now_ + delay(node.link_rng), EventKind::arrive_down, device,
                    pool_.keep(std::move(message)));
    }
}

void World::arrive_down(Device device, std::uint32_t slot) {
    const collector::Message message = pool_.take(slot);
    AgentHost& host = *nodes_[device].host;
    if (!host.on() || host.dead() || !host.link_up || host.partitioned) return;
    trace("downlink", device, message.payload.size());
    const std::uint64_t syncs = host.syncs();
    host.downlink(message.payload, now_);
    book_syncs(device, syncs);
    after_agent(device);
}

}  // namespace aftercare::sim
