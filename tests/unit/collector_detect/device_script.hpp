// A small language for detection tests: one model with codes E1…E3, metrics volt, rpm and a counter
// of cycles; times in hours.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"

namespace aftercare::collector::test {

inline constexpr std::int64_t kEpochMs = 1'750'000'000'000 / 86'400'000 * 86'400'000;

/// `hours` after a midnight.
inline WallTime at(double hours) {
    return wall_from_unix_ms(kEpochMs) + hours_ms(hours);
}
inline double hours_of(WallTime time) {
    return as_hours(time - wall_from_unix_ms(kEpochMs));
}

inline Catalogue small_catalogue() {
    Catalogue catalogue =
        catalogue_for_trace({"M1", "M2"}, {"rpm", "volt"}, {"E1", "E2", "E3"}, {"motor", "pump"});
    for (ModelInfo& model : catalogue.models) model.counters = {{.id = 7, .name = "cycles"}};
    return catalogue;
}

inline Record fault(std::uint32_t code, FaultState state = FaultState::occurred,
                    std::uint32_t occurrences = 1) {
    return {.body = Fault{.code = code, .state = state, .occurrences = occurrences}};
}
inline MetricSummary summary(std::uint32_t metric_id, double value) {
    const auto x = static_cast<float>(value);
    return {.metric_id = metric_id, .mean = x, .min = x, .max = x, .last = x};
}
inline constexpr std::uint32_t kRpm = 1;
inline constexpr std::uint32_t kVolt = 2;
inline Record reading(std::uint32_t metric_id, double value) {
    Reading body;
    body.metrics.add(summary(metric_id, value));
    return {.body = body};
}

inline Record cycles(std::uint64_t total) {
    Usage body;
    body.counters.add({.counter_id = 7, .value = total});
    return {.body = body};
}

/// `[pack]` and one `[[rule]]` per condition, ids r0, r1 … about component motor, horizon 48h.
inline std::string pack_text(const std::vector<std::string>& conditions) {
    std::string text = "[pack]\nid = \"p\"\nversion = 1\n";
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        text += "[[rule]]\nid = \"r" + std::to_string(i) +
                "\"\ncomponent = \"motor\"\nfailure_mode = \"motor\"\nhorizon = \"48h\"\n" +
                "probability = 0.7\nwhen = " + conditions[i] + "\n";
    }
    return text;
}

inline RulePack pack_of(const std::string& text) {
    auto pack = parse_rule_pack(text, "pack.toml");
    if (!pack) throw std::runtime_error(pack.error().message);
    return *pack;
}

inline std::unique_ptr<Detector> detector_of(const std::vector<std::string>& conditions) {
    auto detector = Detector::create(pack_of(pack_text(conditions)), small_catalogue());
    if (!detector) throw std::runtime_error(detector.error().message);
    return std::move(*detector);
}

/// One device that is told what happens and remembers what was detected.
class Device {
  public:
    explicit Device(const Detector& detector, std::string_view model = "M1")
        : detector_(detector), state_(detector.begin(model)) {}

    Device& tell(double hours, const Record& record) {
        detector_.observe(state_, record, at(hours), detections);
        return *this;
    }
    Device& replaced(double hours, std::string_view component = "motor") {
        detector_.part_replaced(state_, component, at(hours));
        return *this;
    }
    Device& installed(double hours) {
        detector_.describe(state_, {.firmware = {}, .installed_at = at(hours)});
        return *this;
    }
    Device& firmware(std::string_view name) {
        detector_.describe(state_, {.firmware = name});
        return *this;
    }
    /// The hour at which to ask again, 0 = never; the last report came at `heard`.
    double listen(double heard, double now) {
        const auto next = detector_.listen(state_, at(heard), at(now), detections);
        return next ? hours_of(*next) : 0;
    }
    std::uint32_t melted() { return detector_.take_melted(state_); }
    [[nodiscard]] bool stands(double hours, std::uint32_t rule = 0) const {
        return detector_.stands(state_, rule, at(hours));
    }
    /// Hours of all detections of a rule, in the order made.
    [[nodiscard]] std::vector<double> fired(std::uint32_t rule = 0) const {
        std::vector<double> hours;
        for (const Detection& detection : detections) {
            if (detection.rule_index == rule) hours.push_back(hours_of(detection.at));
        }
        return hours;
    }
    [[nodiscard]] std::string bytes() const {
        std::string out;
        detector_.encode(state_, out);
        return out;
    }
    /// As after a restart of the collector.
    void reload() {
        auto state = detector_.decode("M1", bytes());
        if (!state) throw std::runtime_error(state.error().message);
        state_ = std::move(*state);
    }

    std::vector<Detection> detections;

  private:
    const Detector& detector_;
    DetectState state_;
};

}  // namespace aftercare::collector::test
