#include "tests/bench/fleet.hpp"

#include <array>
#include <string_view>

#include "common/topic.hpp"

namespace aftercare::bench {
namespace {

constexpr std::uint64_t kSampleMs = 900'000;
constexpr std::string_view kTenant = "demo";

struct Kind {
    std::string_view model;
    std::array<float, kMetricsPerSample> level;  ///< of metrics 1 to 6
    std::uint32_t fault_code;
};
// Models, metrics and codes of deploy/catalogue/appliances.toml, so that its rules have work.
constexpr std::array kKinds{
    Kind{"WM-820", {230.0F, 41.0F, 3.2F, 2.1F, 48.0F, 95.0F}, 31},
    Kind{"RF-310", {5.1F, -18.2F, -22.5F, 0.41F, 0.8F, 36.0F}, 41},
    Kind{"AC-240", {24.0F, 12.0F, 820.0F, 0.5F, 3.4F, 38.0F}, 90},
};

/// SplitMix64: a few cycles a value.
std::uint64_t mixed(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

/// -0.5 to 0.5: sensor noise.
float noise(std::uint64_t& state) {
    return static_cast<float>(mixed(state) >> 40) / static_cast<float>(1U << 24) - 0.5F;
}

/// A sensor does not resolve more than a part in a thousand.
float rounded(float value, float level) {
    const float step = (level < 0 ? -level : level) / 1024.0F;
    return step * static_cast<float>(static_cast<int>(value / step));
}

}  // namespace

std::string device_name(std::size_t device) {
    std::string digits = std::to_string(device);
    return "ap-" + std::string(6 - digits.size(), '0') + digits;
}

std::string up_topic(std::size_t device) {
    return std::string(format_topic(kTenant, device_name(device), Leg::up).view());
}

std::string down_topic(std::size_t device) {
    return std::string(format_topic(kTenant, device_name(device), Leg::down).view());
}

std::uint64_t stream_of(std::size_t device) {
    std::uint64_t state = device * 7919;
    return mixed(state) | 1;
}

Fleet::Fleet(FleetOptions options) : options_(options), devices_(options.device_count) {
    for (std::size_t i = 0; i < devices_.size(); ++i) devices_[i].noise = options.seed + i * 7919;
}

void Fleet::add_sample(Device& device, Report& report, std::size_t number) {
    const Kind& kind = kKinds[number % kKinds.size()];
    Record& record = report.records.emplace_back();
    record.boot = 1;
    record.uptime_ms = device.uptime_ms += kSampleMs;
    record.seq = ++device.bulk;
    Reading& reading = record.body.emplace<Reading>();
    reading.window_ms = kSampleMs;
    for (std::size_t i = 0; i < kMetricsPerSample; ++i) {
        const float level = kind.level[i];
        const float value = rounded(level * (1 + 0.05F * noise(device.noise)), level);
        reading.metrics.add({.metric_id = static_cast<std::uint32_t>(i + 1),
                             .n = 1,
                             .mean = value,
                             .min = value,
                             .max = value,
                             .last = value});
    }
}

void Fleet::add_fault(Device& device, Report& report, std::size_t number) {
    const Kind& kind = kKinds[number % kKinds.size()];
    Record& record = report.records.emplace_back();
    record.boot = 1;
    record.uptime_ms = device.uptime_ms += 1'000;
    record.seq = ++device.urgent;
    record.body = Fault{.code = kind.fault_code, .state = FaultState::occurred};
}

SentReport Fleet::next() {
    const std::size_t place = sent_ % devices_.size();
    const std::size_t number = options_.first_device + place;
    const std::size_t round = sent_ / devices_.size();
    Device& device = devices_[place];
    const bool fault = (number + round * 7) % kFaultEvery == kFaultEvery - 1;
    report_.records.clear();
    if (fault) {
        add_fault(device, report_, number);
    } else {
        for (std::uint32_t i = 0; i < options_.records_per_report; ++i)
            add_sample(device, report_, number);
    }
    ++sent_;
    ReportHeader header;
    header.device_id.assign(device_name(number));
    header.model.assign(kKinds[number % kKinds.size()].model);
    header.firmware.assign("2.4.1");
    header.stream_id = stream_of(number);
    header.lane = fault ? Lane::urgent : Lane::bulk;
    header.first_seq = report_.records.front().seq;
    const Seq behind = 4 * options_.records_per_report;
    header.oldest_seq = header.first_seq > behind ? header.first_seq - behind : 1;
    header.boot = 1;
    header.uptime_ms = device.uptime_ms;
    header.wall_unix_ms = options_.start_unix_ms + static_cast<std::int64_t>(device.uptime_ms);
    header.clock_quality = ClockQuality::synced;
    header.consent_epoch = 1;
    header.config_version = 1;
    header.ack_now = fault || options_.every_report_asks;
    report_.header = header;
    return {number, header.lane, report_.records.back().seq, header.ack_now,
            codec_.encode_report(report_)};
}

}  // namespace aftercare::bench
