// An appliance for tests: storage in RAM, a clock under control, a transport that writes down what
// it is given. Reads like `device.at(5s).fault(18)`.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/agent.hpp"
#include "agent/io/memory_storage.hpp"
#include "proto/codec.hpp"

namespace aftercare::test {

struct Published {
    std::string topic;
    std::string payload;
    bool retain = false;
};

/// What an acknowledgement of the report goes through.
inline Seq last_of(const Report& report) {
    return report.records.empty() ? report.header.first_seq - 1 : report.records.back().seq;
}

class Appliance {
  public:
    explicit Appliance(std::uint32_t sector_bytes = 4096, std::uint32_t sector_count = 16)
        : storage(sector_bytes, sector_count) {
        options.tenant = "acme";
        options.device_id = "wm-0001";
        options.model = "WM-7";
        options.firmware = "2.13.0";
        options.boot_spread_ms = 0;
    }
    ~Appliance() { agent::Agent::close(agent_); }
    Appliance(const Appliance&) = delete;
    Appliance& operator=(const Appliance&) = delete;

    /// Next boot: uptime begins anew.
    bool boot() {
        agent::Agent::close(agent_);
        agent_ = nullptr;
        connecting = online = false;
        boot_at_ms_ = link_ms;
        memory_.assign((agent::Agent::memory_bytes(options) + 15) / 16, Block{});
        auto opened =
            agent::Agent::open(options, ports(), std::as_writable_bytes(std::span{memory_}));
        if (!opened) {
            open_error = "open: " + std::string(to_string(opened.error()));
            return false;
        }
        agent_ = *opened;
        return true;
    }
    [[nodiscard]] bool booted() const { return agent_ != nullptr; }
    agent::Agent* operator->() { return agent_; }

    void power_off() {
        agent::Agent::close(agent_);
        agent_ = nullptr;
    }

    /// Moves time on and lets the agent do everything that falls due on the way.
    void run_for(std::chrono::milliseconds span) {
        const std::uint64_t end = link_ms + static_cast<std::uint64_t>(span.count());
        for (int i = 0; i < 1'000'000; ++i) {
            agent_->poll();
            if (connecting && auto_connect) accept();
            const std::uint64_t next = std::max(agent_->next_poll_ms(), link_ms + 1);
            if (connecting && auto_connect) continue;
            if (next > end) break;
            link_ms = next;
        }
        link_ms = end;
        agent_->poll();
    }
    void accept() {
        connecting = false;
        online = true;
        agent_->on_connected();
        agent_->poll();
    }
    void lose() {
        connecting = online = false;
        agent_->on_disconnected();
    }
    void down(const Downlink& downlink) {
        const std::string wire = codec.encode_downlink(downlink);
        agent_->on_downlink(std::as_bytes(std::span{wire.data(), wire.size()}));
        agent_->poll();
    }
    void ack(Seq urgent, Seq bulk) { down(Ack{agent_->state().stream_id, {urgent, bulk}}); }

    /// Takes the oldest report written down; empty when there is none. Presence is passed over.
    std::unique_ptr<Report> next_report() {
        while (!published.empty()) {
            const Published message = published.front();
            published.pop_front();
            if (!message.topic.ends_with("/up")) continue;
            auto report = std::make_unique<Report>();
            const auto decoded = codec.decode_report(
                std::as_bytes(std::span{message.payload.data(), message.payload.size()}), *report);
            if (!decoded) {
                refusal = decoded.error().detail;
                return nullptr;
            }
            return report;
        }
        return nullptr;
    }

    agent::Options options;
    agent::MemoryStorage storage;
    std::function<agent::StoragePort(agent::StoragePort)> wrap_storage;  ///< puts faults between
    std::uint64_t link_ms = 1'000;
    agent::WallReading wall;
    std::uint64_t entropy = 1;
    std::uint64_t uptime_mask = UINT64_MAX;  ///< UINT32_MAX: a counter that wraps after 49.7 days
    bool auto_connect = true;
    bool connecting = false;
    bool online = false;
    std::uint32_t busy_publishes = 0;  ///< so many calls of publish are refused
    std::uint32_t connects = 0;
    Published will;
    std::deque<Published> published;
    std::vector<Notice> notices;
    std::vector<SelfTestRequest> self_tests;
    std::vector<ConsentQuery> consent_queries;
    std::vector<std::string> log;
    std::string refusal;  ///< why the codec refused a report of ours: must stay empty
    std::string open_error;
    proto::Codec codec;

  private:
    struct alignas(16) Block {
        std::byte bytes[16];
    };

    agent::Ports ports() {
        agent::Ports p;
        p.clock = {
            this, [](void* c) { return self(c).link_ms; },
            [](void* c) { return (self(c).link_ms - self(c).boot_at_ms_) & self(c).uptime_mask; },
            [](void* c) { return self(c).wall; }};
        p.storage = wrap_storage ? wrap_storage(storage.port()) : storage.port();
        p.transport.context = this;
        p.transport.connect = [](void* c, std::string_view topic,
                                 std::span<const std::byte> bytes) {
            self(c).will = {std::string(topic), text(bytes), true};
            self(c).connecting = true;
            ++self(c).connects;
        };
        p.transport.disconnect = [](void* c) { self(c).connecting = self(c).online = false; };
        p.transport.publish = [](void* c, std::string_view topic, std::span<const std::byte> bytes,
                                 bool retain) {
            if (!self(c).online) return false;
            if (self(c).busy_publishes > 0) {
                --self(c).busy_publishes;
                return false;
            }
            self(c).published.push_back({std::string(topic), text(bytes), retain});
            return true;
        };
        p.entropy = {this, [](void* c) -> std::uint64_t {
                         return self(c).entropy++ * 0x9E3779B97F4A7C15ULL;
                     }};
        p.log = {this,
                 [](void* c, agent::LogLevel, std::string_view m) { self(c).log.emplace_back(m); }};
        p.handler = {this, [](void* c, const Notice& n) { self(c).notices.push_back(n); },
                     [](void* c, const SelfTestRequest& r) { self(c).self_tests.push_back(r); },
                     [](void* c, const ConsentQuery& q) { self(c).consent_queries.push_back(q); }};
        return p;
    }
    static Appliance& self(void* context) { return *static_cast<Appliance*>(context); }
    static std::string text(std::span<const std::byte> bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    std::uint64_t boot_at_ms_ = 0;
    std::vector<Block> memory_;
    agent::Agent* agent_ = nullptr;
};

inline Fault fault(std::uint32_t code, FaultState state = FaultState::occurred) {
    return Fault{.code = code, .state = state};
}
inline Reading reading(float value, std::uint32_t metric = 1) {
    Reading r{.window_ms = 900'000};
    r.metrics.add({.metric_id = metric, .mean = value, .min = value, .max = value, .last = value});
    return r;
}

}  // namespace aftercare::test
