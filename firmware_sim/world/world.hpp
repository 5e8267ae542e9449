// The whole product in one process on virtual time: agents, links, broker, collector, people. One
// seed is one history: events are ordered by (time, number), chance comes from forks of the seed,
// and everything observable goes into `trace_hash`.
//
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/hash.hpp"
#include "firmware_sim/world/agent_host.hpp"
#include "firmware_sim/world/broker.hpp"
#include "firmware_sim/world/collector_host.hpp"
#include "firmware_sim/world/commit_fan.hpp"
#include "firmware_sim/world/event_queue.hpp"
#include "firmware_sim/world/feed.hpp"
#include "firmware_sim/world/oracle.hpp"

namespace aftercare::sim {

/// What a run is made of beside the scenario's numbers.
struct WorldParts {
    std::vector<std::unique_ptr<DeviceFeed>> devices;
    DeskFeed* desk = nullptr;
    CollectorHost::Setup collector;
};

struct WorldOptions {
    std::uint64_t seed = 1;
    std::string tenant;
    WallTime begin{};
    WallTime end{};  ///< faults end and queues drain from here on
    AgentOptions agent;
    LinkOptions link;
    BrokerOptions broker;
};

/// How often each fault struck, so that a run shows what it has survived.
struct FaultCounters {
    std::uint64_t lost = 0, duplicated = 0, reordered = 0, garbage = 0;
    std::uint64_t partitions = 0, broker_restarts = 0, broker_dropped = 0;
    std::uint64_t power_cuts = 0, cuts_inside_a_write = 0;
    std::uint64_t records_refused = 0;  ///< by agents: no consent, or full
};

class World {
  public:
    /// Told once per virtual day.
    using Progress = std::function<void(WallTime now)>;

    World(WorldParts parts, const WorldOptions& options);
    ~World();

    /// Lives until `end`, then lets everything drain.
    /// Errors: of the store, beyond those that the scenario asks for; of an agent that cannot
    /// start.
    Status run(const Progress& progress);

    [[nodiscard]] Oracle& oracle() { return oracle_; }
    [[nodiscard]] const Oracle& oracle() const { return oracle_; }
    [[nodiscard]] const FaultCounters& faults() const { return faults_; }
    [[nodiscard]] const CollectorHost& collector() const { return collector_; }
    [[nodiscard]] std::uint64_t trace_hash() const { return trace_.value(); }
    /// Did every agent get rid of everything it held?
    [[nodiscard]] bool drained() const;
    /// Ends the collector, so that its database can be read and kept.
    void close() { collector_.close(); }

  private:
    using Device = Oracle::Device;

    struct Node {
        std::unique_ptr<AgentHost> host;
        Rng link_rng{0}, power_rng{0};
        WallTime wake_at = kNever;
        WallTime cut_by = kNever;   ///< an armed cut that met no write strikes then
        std::uint32_t session = 0;  ///< grows with every lost connection
    };

    Status start();
    Status handle(const Event& event);
    void trace(std::string_view what, std::uint64_t a, std::uint64_t b = 0);
    [[nodiscard]] bool draining() const { return now_ >= options_.end; }
    void drain_begins();
    void schedule_faults();

    // Devices.
    void wake(Device device);
    void live_on(Device device);
    void tell_due(Device device);
    void book(Device device, const Told& told, std::uint64_t syncs_before);
    void book_syncs(Device device, std::uint64_t syncs_before);
    void after_agent(Device device);
    void schedule_wake(Device device);
    void power_fails(Device device);
    void cut_power(Device device);
    Status power_on(Device device);
    milliseconds next_power_cut(Node& node) const;

    // Air and broker: world_link.cpp.
    void connect(Device device);
    void link_rises(Device device);
    void connection_fails(Device device);
    void begin_partition(Device device);
    void restart_broker();
    void send_up(Device device, collector::Message message);
    void arrive_up(Device device, std::uint32_t slot);
    void send_garbage();
    void publish(const std::vector<collector::OutgoingMessage>& publications);
    void arrive_down(Device device, std::uint32_t slot);
    [[nodiscard]] milliseconds delay(Rng& rng) const;
    static bool is_garbage(const collector::Message& message);

    // Collector and people.
    Status collect();
    Status return_collector();
    void schedule_desk();
    void work_desk();

    WorldOptions options_;
    Rng root_;
    Rng world_rng_;
    DeskFeed* desk_;
    Hash64 trace_;
    Oracle oracle_;
    CommitFan fan_;
    CollectorHost collector_;
    Broker broker_;
    EventQueue events_;
    MessagePool pool_;
    std::vector<Node> nodes_;
    std::unordered_map<std::string, Device> by_id_;
    std::vector<collector::Message> batch_;
    WallTime now_{};
    FaultCounters faults_;
};

}  // namespace aftercare::sim
