// What the running collector tells about itself: the source of /metrics and /readyz.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "collector/core/engine.hpp"

namespace aftercare::collector {

/// Cumulative counts per upper bound, as Prometheus wants them. Bounds are fixed at compile time.
template <std::size_t kBounds>
struct Histogram {
    std::array<double, kBounds> bounds{};
    std::array<std::uint64_t, kBounds> counts{};  ///< of observations at or below the bound
    std::uint64_t count = 0;
    double sum = 0;

    void observe(double value) {
        for (std::size_t i = 0; i < kBounds; ++i) {
            if (value <= bounds[i]) ++counts[i];
        }
        ++count;
        sum += value;
    }
};

using BatchHistogram = Histogram<6>;
using LatencyHistogram = Histogram<9>;

struct LiveFigures {
    Engine::Statistics engine;
    BatchHistogram batch_records{{1, 10, 100, 1'000, 10'000, 100'000}, {}, 0, 0};
    LatencyHistogram commit_seconds{{.001, .0025, .005, .01, .025, .05, .1, .5, 2.5}, {}, 0, 0};
    std::uint64_t commit_failures = 0;
    std::string store_error;  ///< of the last attempt; empty = it worked
    bool stalled = false;     ///< a batch waits for the store, reading has stopped
    bool stopping = false;
    double event_lag_seconds =
        0;  ///< received − happened, newest record of the last batch, virtual
    std::size_t queue_reports = 0;
    std::size_t queue_bytes = 0;
    std::uint64_t queue_waits = 0;
    std::size_t commands_waiting = 0;
    bool broker_connected = false;
    std::uint64_t broker_reconnects = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t messages_published = 0;
    std::uint64_t publish_refused = 0;
    std::uint64_t http_requests = 0;
    std::uint64_t http_refused_connections = 0;
    std::size_t http_connections = 0;

    /// Ready means: what arrives now will be stored.
    [[nodiscard]] bool ready() const {
        return broker_connected && !stalled && !stopping && store_error.empty();
    }
};

/// The figures in Prometheus' text format 0.0.4. Cost: some 40 lines, no locks.
std::string metrics_text(const LiveFigures& figures);

}  // namespace aftercare::collector
