// One appliance of the live fleet: household, the agent that ships, flash in memory and an MQTT
// connection of its own. Telemetry runs on virtual time, the agent's link timers on the real clock.
//
// Thread: the loop's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/agent.hpp"
#include "agent/io/memory_storage.hpp"
#include "firmware_sim/io/mqtt_client.hpp"
#include "firmware_sim/model/household.hpp"

namespace aftercare::sim {

/// What all devices of a fleet share.
struct LiveLink {
    std::string host;
    std::uint16_t port = 0;
    std::string tenant;
    WallTime start{};  ///< virtual time at which every appliance boots
    std::uint32_t records_per_report = 20;
    std::uint32_t flush_delay_ms = 150;  ///< real time, like all below
    std::uint32_t spool_sync_period_ms = 1'000;
    /// Above the 10 s after which a collector acknowledges unasked.
    std::uint32_t ack_timeout_ms = 12'000;
};

struct Credential {
    std::string username;
    std::string password;
};

struct LiveDeviceCounts {
    bool connected = false;
    std::array<std::uint64_t, kLaneCount> made{};  ///< records the agent accepted, its own included
    std::uint64_t held = 0;                        ///< not acknowledged yet
    std::uint64_t dropped = 0;                     ///< evicted, declared as gaps
    std::uint64_t denied = 0;                      ///< no consent: never made
    std::uint64_t refused = 0;                     ///< the agent could not keep them
    std::uint64_t reports_sent = 0;
    std::uint64_t reports_resent = 0;
    std::uint32_t in_flight_reports = 0;
    std::uint64_t notices = 0;
    std::uint64_t disconnects = 0;
};

class LiveDevice final : private MqttEvents {
  public:
    /// Lifetime: `loop` outlives the device.
    LiveDevice(EventLoop& loop, const LiveLink& link, const Credential& credential,
               Household household, std::uint64_t seed);
    ~LiveDevice() override;
    LiveDevice(const LiveDevice&) = delete;
    LiveDevice& operator=(const LiveDevice&) = delete;

    /// Boots. Errors: of Agent::open, in words.
    Status open();
    /// Lives through the whole hours up to `to`; what was said goes to the agent.
    void live(WallTime to, TruthLedger& truth, std::vector<collector::Command>& commands);
    /// Lets the agent do what is due; cheap when nothing is.
    void poll();
    /// Hands everything held to the transport now.
    void flush();
    /// About once a second.
    void keep_alive() { client_->keep_alive(); }

    [[nodiscard]] Household& household() { return household_; }
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] std::uint64_t stream_id() const;
    [[nodiscard]] LiveDeviceCounts counts() const;

  private:
    void on_connected() override;
    void on_disconnected(std::string_view why) override;
    void on_message(std::span<const std::byte> payload) override;
    [[nodiscard]] agent::Ports ports();
    void tell(const Emission& emission);
    void answer_self_tests();

    LiveLink link_;
    std::string id_, model_, firmware_;
    Household household_;
    Rng entropy_;
    agent::MemoryStorage storage_;
    std::unique_ptr<MqttClient> client_;
    std::vector<std::max_align_t> memory_;
    agent::Agent* agent_ = nullptr;
    WallTime now_{};  ///< virtual, as far as this appliance has lived
    std::vector<Emission> emissions_;
    std::vector<SelfTestRequest> self_tests_;
    bool poll_wanted_ = true;
    LiveDeviceCounts counts_;
};

}  // namespace aftercare::sim
