// One round of the ingest benchmark: a fresh broker, one consumer, one load, and what they cost
// between the first publication and the moment the last report is settled.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace aftercare::bench {

enum class Consumer : std::uint8_t { collector, collector_asked, reference, subscriber };
inline constexpr std::array kConsumers{Consumer::collector, Consumer::reference,
                                       Consumer::subscriber, Consumer::collector_asked};
std::string_view to_string(Consumer consumer);

struct Load {
    std::size_t device_count = 1'000;
    std::uint32_t records_per_report = 1;
    std::size_t report_count = 60'000;
    double reports_per_s = 8'000;
};

struct Programs {
    std::string collector;
    std::string load;
    std::string reference;
    std::string subscriber;
};

struct Round {
    double consumer_cpu_s = 0;
    double merging_cpu_s = 0;  ///< part of it: housekeeping in and after the stream of reports
    double broker_cpu_s = 0;
    double sending_s = 0;  ///< until the broker had taken everything
    double wall_s = 0;     ///< until the consumer had stored, and where it acks acknowledged, it
    double rss_mib = 0;
    double rss_peak_mib = 0;
    double database_bytes = 0;
    double payload_bytes = 0;
    double acks = 0;
    double latency_ms_p50 = 0;
    double latency_ms_p99 = 0;
};

/// `dir` must exist and be empty; what lies in it afterwards may be removed.
/// Errors: unavailable, with the words of the program that failed.
Result<Round> run_round(Consumer consumer, const Load& load, const Programs& programs,
                        const std::filesystem::path& dir);

}  // namespace aftercare::bench
