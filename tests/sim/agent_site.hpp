// One appliance with the agent that ships, a link that can be cut, and the collector that ships
// over a store in memory, on one virtual clock. The link delays, never loses: what is handed over
// while it is up arrives after kTransitMs, and the acknowledgement takes as long again.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "tests/unit/agent/appliance.hpp"
#include "tests/unit/collector_core/station.hpp"

namespace aftercare::test {

inline constexpr std::uint64_t kTransitMs = 150;
inline constexpr std::uint64_t kCommitMs = 100;      ///< the collector's batch
inline constexpr std::uint64_t kIdleTickMs = 1'000;  ///< the collector looks for lazy acks
inline constexpr std::uint64_t kRefusedMs = 50;      ///< a connection attempt without a network

class Site {
  public:
    explicit Site(std::uint32_t sector_bytes = 4096, std::uint32_t sector_count = 64)
        : device(sector_bytes, sector_count) {
        device.options.tenant = "brand";
        device.options.device_id = "wm-1";
        device.options.model = "WM-200";
        device.auto_connect = false;
        device.link_ms = 0;
        station.enrol("wm-1");
    }

    [[nodiscard]] std::uint64_t now_ms() const { return device.link_ms; }
    /// What an honest wall clock shows.
    [[nodiscard]] WallTime wall_at(std::uint64_t at_ms) const {
        return wall_from_unix_ms(collector::testing::kStartMs + static_cast<std::int64_t>(at_ms));
    }
    void link(bool up) {
        link_up = up;
        if (up || !device.online) return;
        device.lose();
        // What was on its way is gone with the connection.
        going_up_.clear();
        coming_down_.clear();
    }
    void run_for(std::chrono::milliseconds span) {
        run_until(now_ms() + static_cast<std::uint64_t>(span.count()));
    }
    void run_until(std::uint64_t end_ms) {
        while (step(end_ms)) {
        }
        device.link_ms = end_ms;
        tell_time();
        device->poll();
    }
    /// Until nothing is held any more, at most `at_most`.
    bool drain(std::chrono::milliseconds at_most) {
        const std::uint64_t end = now_ms() + static_cast<std::uint64_t>(at_most.count());
        while (now_ms() < end && held() > 0) run_for(std::chrono::seconds{1});
        return held() == 0;
    }
    [[nodiscard]] std::uint32_t held() {
        const agent::State state = device->state();
        return state.lanes[0].held_count + state.lanes[1].held_count;
    }
    [[nodiscard]] const std::vector<collector::FaultRow> faults() const {
        std::vector<collector::FaultRow> rows;
        for (const auto& [key, row] : station.tables().faults) rows.push_back(row);
        return rows;
    }

    Appliance device;
    collector::testing::Station station;
    bool link_up = true;
    std::uint64_t connected_at_ms = 0;
    std::array<std::uint32_t, kLaneCount> in_flight_max{};
    /// Sees time pass: sets the device's wall clock. Called before the agent is.
    std::function<void(std::uint64_t now_ms)> on_time;
    /// Sees each acknowledgement reach the device.
    std::function<void(const Ack&)> on_ack;

  private:
    struct InTransit {
        std::uint64_t at_ms = 0;
        Published message;
    };
    struct Descending {
        std::uint64_t at_ms = 0;
        Ack ack;
    };

    void tell_time() {
        if (on_time) on_time(now_ms());
    }

    void answer_attempt() {
        if (!device.connecting || now_ms() < attempt_ends_ms_) return;
        if (link_up) {
            device.accept();
            connected_at_ms = now_ms();
        } else {
            device.lose();
        }
        attempt_ends_ms_ = 0;
    }

    void take_published() {
        while (!device.published.empty()) {
            Published message = std::move(device.published.front());
            device.published.pop_front();
            if (message.topic.ends_with("/up")) {
                going_up_.push_back({now_ms() + kTransitMs, std::move(message)});
            }
        }
    }

    void collect() {
        bool arrived = false;
        while (!going_up_.empty() && going_up_.front().at_ms <= now_ms()) {
            Published& message = going_up_.front().message;
            station.send_raw(std::move(message.topic), std::move(message.payload));
            going_up_.pop_front();
            arrived = true;
        }
        if (arrived) commit_due_ms_ = std::min(commit_due_ms_, now_ms() + kCommitMs);
        if (now_ms() < commit_due_ms_) return;
        const collector::testing::Sent sent = station.commit_at(wall_at(now_ms()));
        for (const auto& [id, ack] : sent.acks) {
            if (device.online) coming_down_.push_back({now_ms() + kTransitMs, ack});
        }
        // With nothing held there is nothing left to acknowledge.
        commit_due_ms_ = device.online && held() > 0 ? now_ms() + kIdleTickMs : UINT64_MAX;
    }

    void deliver() {
        while (!coming_down_.empty() && coming_down_.front().at_ms <= now_ms()) {
            const Ack ack = coming_down_.front().ack;
            coming_down_.pop_front();
            device.down(ack);
            if (on_ack) on_ack(ack);
        }
    }

    // One moment at which something happens; false when none is left before `end_ms`.
    bool step(std::uint64_t end_ms) {
        tell_time();
        deliver();
        device->poll();
        if (device.connecting && attempt_ends_ms_ == 0) {
            attempt_ends_ms_ = now_ms() + (link_up ? 2 * kTransitMs : kRefusedMs);
        }
        answer_attempt();
        take_published();
        collect();
        const agent::State state = device->state();
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            in_flight_max[lane] =
                std::max(in_flight_max[lane], state.lanes[lane].in_flight_reports);
        }
        std::uint64_t next = device->next_poll_ms();
        if (device.connecting) next = std::min(next, attempt_ends_ms_);
        if (!going_up_.empty()) next = std::min(next, going_up_.front().at_ms);
        if (!coming_down_.empty()) next = std::min(next, coming_down_.front().at_ms);
        next = std::max(std::min(next, commit_due_ms_), now_ms() + 1);
        if (next > end_ms) return false;
        device.link_ms = next;
        return true;
    }

    std::deque<InTransit> going_up_;
    std::deque<Descending> coming_down_;
    std::uint64_t attempt_ends_ms_ = 0;
    std::uint64_t commit_due_ms_ = UINT64_MAX;
};

/// An hour's window of six metrics.
inline Reading hourly_reading(std::uint64_t hour) {
    Reading reading{.window_ms = 3'600'000};
    for (std::uint32_t id = 1; id <= 6; ++id) {
        const float base = 20.0F + static_cast<float>((hour * id) % 97) / 7.0F;
        reading.metrics.add({.metric_id = id,
                             .n = 360,
                             .mean = base,
                             .min = base - 1.3F,
                             .max = base + 2.1F,
                             .last = base + .4F,
                             .deviation = .37F});
    }
    return reading;
}

inline Usage cycle(std::uint32_t number) {
    Usage usage{.programme_id = 3, .duration_s = 5'400, .energy_wh = 870, .water_ml = 52'000};
    usage.counters.add({1, number});
    usage.counters.add({2, number * 90ULL});
    return usage;
}

}  // namespace aftercare::test
