// What the maker says about its appliances: names behind the numeric ids of telemetry, failure
// modes and their remedies. Read from TOML by collector/io/toml; immutable afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/telemetry_settings.hpp"

namespace aftercare::collector {

enum class Severity : std::uint8_t { info, minor, major, critical };
std::string_view to_string(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

struct MetricInfo {
    std::uint32_t id = 0;
    std::string name;  ///< "door_seal_temperature_celsius": the unit is part of the name
    std::string unit;
    std::string title;
    double low = 0;  ///< plausible range; low == high means unbounded
    double high = 0;
};

struct FaultInfo {
    std::uint32_t id = 0;
    std::string name;  ///< the code as printed on the display: "E18"
    std::string title;
    Severity severity = Severity::minor;
    std::string component;  ///< empty when the code names none
};

struct CounterInfo {
    std::uint32_t id = 0;
    std::string name;
};

/// What people read about a failure mode in one language; an empty member is not translated.
struct LocalText {
    std::string language;  ///< "de", "de-AT"
    std::string title;
    std::string message;
    std::string article;
};

struct FailureMode {
    std::string id;  ///< "drain_pump_blocked"
    std::string component;
    std::string title;             ///< in the model's language, as the two below
    std::string message;           ///< what the customer reads
    std::string article;           ///< self-help article; empty = none
    std::string message_key;       ///< notice to the customer; empty = none
    bool self_help = false;        ///< the customer can solve it with the article
    std::string remote_remedy;     ///< what a desk tries before a visit; empty = nothing
    std::vector<LocalText> texts;  ///< in other languages
    std::vector<std::string> parts;
    std::string skill;
    double labour_min = 0;
};

struct ComponentInfo {
    std::uint32_t id = 0;
    std::string name;
};

/// What the devices of a model are told to do; version 0 = nothing.
struct ModelSettings {
    std::uint32_t version = 0;
    std::uint32_t reading_window_s = 0;  ///< 0 leaves a device's value, here and below
    std::uint32_t flush_delay_s = 0;
    std::uint32_t records_per_report = 0;
    TelemetrySettings telemetry;
    std::string telemetry_bytes;  ///< the same as it travels
};

struct ModelInfo {
    std::string id;
    std::string language = "en";  ///< of the plain texts
    std::string family;           ///< "washing_machine"
    std::string title;
    std::vector<MetricInfo> metrics;
    std::vector<FaultInfo> faults;
    std::vector<CounterInfo> counters;
    std::vector<ComponentInfo> components;
    std::vector<FailureMode> failure_modes;
    ModelSettings settings;

    [[nodiscard]] const MetricInfo* metric(std::uint32_t id) const;
    [[nodiscard]] const MetricInfo* metric(std::string_view name) const;
    [[nodiscard]] const FaultInfo* fault(std::uint32_t id) const;
    [[nodiscard]] const FaultInfo* fault(std::string_view name) const;
    [[nodiscard]] const ComponentInfo* component(std::uint32_t id) const;
    [[nodiscard]] const ComponentInfo* component(std::string_view name) const;
    [[nodiscard]] const FailureMode* failure_mode(std::string_view id) const;
};

/// What to show somebody who reads `language`: per member the text of that language ("de-AT"), else
/// of its first part ("de"), else the plain one. `language` of the result is that of the message,
/// or of the title where there is none.
LocalText text_for(const ModelInfo& model, const FailureMode& mode, std::string_view language);

struct Catalogue {
    std::vector<ModelInfo> models;
    [[nodiscard]] const ModelInfo* model(std::string_view id) const;
};

/// The id of a model's metric. Errors: not_found, naming the metrics there are.
Result<std::uint32_t> metric_id(const Catalogue& catalogue, std::string_view model,
                                std::string_view name);

}  // namespace aftercare::collector
