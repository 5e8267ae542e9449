// What the running collector tells about itself: the source of /metrics and /readyz.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/io/http/readiness.hpp"

namespace aftercare::collector {

/// Observations by upper bound; the bounds ascend and are fixed at compile time.
template <std::size_t kBounds>
struct Histogram {
    std::array<double, kBounds> bounds{};
    std::array<std::uint64_t, kBounds + 1> counts{};  ///< per bucket, the last one without bound
    double sum = 0;

    void observe(double value) {
        std::size_t bucket = 0;
        while (bucket < kBounds && value > bounds[bucket]) ++bucket;
        ++counts[bucket];
        sum += value;
    }
};

using BatchHistogram = Histogram<6>;
using LatencyHistogram = Histogram<13>;
using LagHistogram = Histogram<10>;

/// The file system under the database.
struct DiskFigures {
    std::uint64_t database_bytes = 0;
    std::uint64_t log_bytes = 0;  ///< SQLite's write-ahead log
    std::uint64_t free_bytes = 0;
    std::string trouble;  ///< why the next commit would fail; empty = nothing known
};

/// This process, by the names that Prometheus' own client libraries use.
struct ProcessFigures {
    double cpu_seconds = 0;
    double start_time_seconds = 0;  ///< Unix time
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_descriptors = 0;
    std::uint64_t descriptors_max = 0;
};

struct LiveFigures {
    Engine::Statistics engine;
    std::array<std::uint64_t, kTicketStateCount> ticket_changes{};  ///< by the state entered
    std::uint64_t rules_shelved_by_engine = 0;                      ///< since the start
    std::uint64_t rules_changed_by_person = 0;
    std::array<std::uint64_t, kSlaTargetCount> sla_at_risk{};
    std::array<std::uint64_t, kSlaTargetCount> sla_breaches{};
    BatchHistogram batch_records{{1, 10, 100, 1'000, 10'000, 100'000}};
    BatchHistogram batch_reports{{1, 10, 100, 500, 1'000, 2'000}};
    LatencyHistogram commit_seconds{
        {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}};
    LagHistogram event_lag_seconds{{.1, 1, 5, 15, 60, 300, 3'600, 21'600, 86'400, 604'800}};
    std::uint64_t commit_failures = 0;
    double housekeeping_seconds = 0;  ///< of CPU, merging and thinning between commits
    std::uint64_t housekeeping_failures = 0;
    std::uint64_t gaps = 0;       ///< declared since the start
    std::string store_error;      ///< of the last attempt; empty = it worked
    bool stalled = false;         ///< a batch waits for the store, reading has stopped
    double turn_seconds = 0;      ///< for how long the engine's turn under way has run
    double progress_seconds = 0;  ///< since the engine last took in what waited
    bool warm = false;            ///< the state of all devices is in memory
    double warm_start_seconds = 0;
    bool stopping = false;
    std::size_t queue_reports = 0;
    std::size_t queue_bytes = 0;
    std::uint64_t queue_waits = 0;
    std::size_t commands_waiting = 0;
    std::uint64_t rules_taken = 0;    ///< rule packs read again while running
    std::uint64_t rules_refused = 0;  ///< … that were not taken: the ones before stay in force
    bool broker_connected = false;    ///< and subscribed
    std::string broker_trouble;       ///< its last words while it is away
    std::uint64_t broker_reconnects = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t messages_published = 0;
    std::uint64_t publish_refused = 0;
    std::uint64_t http_requests = 0;
    std::uint64_t http_refused_connections = 0;
    std::size_t http_connections = 0;
    std::uint64_t http_limited_by_token = 0;    ///< answered 429
    std::uint64_t http_limited_by_address = 0;  ///< the same, without a good token
    std::size_t event_streams = 0;
    std::uint64_t event_streams_refused = 0;
    std::uint64_t event_streams_dropped = 0;  ///< their readers were too slow
    DiskFigures disk;
    ProcessFigures process;
    std::vector<Condition> conditions;  ///< as assess() judged them, dated

    [[nodiscard]] bool ready() const { return all_met(conditions); }
};

/// A turn of the engine that lasts longer hangs: in the disk, as a rule.
inline constexpr double kTurnSecondsMax = 5;

/// Judges what has to hold for what arrives now to be stored. The conditions are not dated yet.
std::vector<Condition> assess(const LiveFigures& figures);

/// The figures in Prometheus' text format 0.0.4. Cost: some 200 lines, no locks.
std::string metrics_text(const LiveFigures& figures);

}  // namespace aftercare::collector
