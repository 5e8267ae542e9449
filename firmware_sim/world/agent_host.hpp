// One device of the world: the real agent on its own flash, clock and radio. Collects what the
// agent wants sent; the world decides what becomes of it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/agent.hpp"
#include "agent/io/memory_storage.hpp"
#include "collector/ports/source.hpp"
#include "common/rng.hpp"
#include "firmware_sim/model/scenario.hpp"
#include "firmware_sim/world/feed.hpp"

namespace aftercare::sim {

/// What the agent did with one emission.
struct Told {
    enum class Kind : std::uint8_t {
        made,
        refused,    ///< the agent said no (consent, storage full): no record exists
        uncertain,  ///< power failed inside the call: the record may or may not have survived
    } kind = Kind::refused;
    agent::Accepted accepted;
    std::uint32_t hash = 0;
};

class AgentHost {
  public:
    AgentHost(std::unique_ptr<DeviceFeed> feed, const collector::DeviceInfo& info,
              const AgentOptions& options, Rng rng);
    AgentHost(const AgentHost&) = delete;
    AgentHost& operator=(const AgentHost&) = delete;
    ~AgentHost();

    /// Errors: unavailable or corrupt, when the agent does not recover its spool.
    Result<void, Errc> boot(WallTime now, ResetReason reason);
    [[nodiscard]] bool on() const { return agent_ != nullptr; }
    /// Power goes now: the agent ends without a word, unsynced bytes are lost or torn.
    void cut_power();
    /// Power goes inside the `writes`-th write from now.
    void cut_power_after(std::uint64_t writes) { flash_.cut_after(writes); }
    /// Has a cut inside a write struck? Then nothing works until cut_power().
    [[nodiscard]] bool dead() const { return flash_.cut(); }

    /// All calls below: the agent sees `now` on every clock. Pre: on().
    Told tell(const Emission& emission, WallTime now);
    Told tell(const SelfTest& result, WallTime now);
    void poll(WallTime now);
    void connected(WallTime now);
    void disconnected(WallTime now);
    void downlink(std::string_view payload, WallTime now);
    void flush(WallTime now);
    [[nodiscard]] WallTime next_poll_at() const;
    [[nodiscard]] agent::State state() const { return agent_->state(); }
    /// Grows whenever everything told so far has reached stable storage.
    [[nodiscard]] std::uint64_t syncs() const { return flash_.syncs(); }

    /// Messages handed over since the last call.
    std::vector<collector::Message>& outgoing() { return outgoing_; }
    /// A connection attempt was asked for since the last call.
    [[nodiscard]] bool take_connect_request() { return std::exchange(connect_requested_, false); }
    std::vector<SelfTestRequest>& self_test_requests() { return self_test_requests_; }

    [[nodiscard]] DeviceFeed& feed() { return *feed_; }
    [[nodiscard]] const std::string& device_id() const { return device_id_; }

    bool link_up = false;          ///< the agent believes so
    bool partitioned = false;      ///< no packet passes
    std::deque<Emission> waiting;  ///< told by the feed for later

  private:
    agent::Ports ports();
    Told told(const Result<agent::Accepted, Errc>& result, const Record& record) const;

    std::unique_ptr<DeviceFeed> feed_;
    std::string tenant_, device_id_, model_, firmware_;
    std::uint32_t consent_purposes_;
    AgentOptions options_;
    Rng rng_;
    agent::MemoryStorage flash_;
    std::unique_ptr<std::byte[]> memory_;
    agent::Agent* agent_ = nullptr;
    WallTime now_{};
    WallTime boot_at_{};
    std::vector<collector::Message> outgoing_;
    std::vector<SelfTestRequest> self_test_requests_;
    bool connect_requested_ = false;
};

}  // namespace aftercare::sim
