// A fleet problem: many devices of one model and firmware found by one rule within a short time.
// Their detections are kept with the problem instead of opening a ticket each, until a person
// decides about all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

/// When a flood of tickets is taken for one problem. The defaults are far from what wear does: one
/// device in twenty of a model and firmware found by one rule within a day.
struct ProblemSettings {
    bool guard = true;
    milliseconds window{24LL * 3'600'000};
    /// Begins when this many devices came within the window, and this share of those known …
    std::uint32_t start_devices = 20;
    double start_share = 0.05;
    /// … and ends when fewer than this many did, and less than this share of those known then.
    std::uint32_t end_devices = 5;
    double end_share = 0.01;
};
/// What tickets tell of a window must still be in memory after a restart.
inline constexpr milliseconds kProblemWindowMax{7LL * 24 * 3'600'000};

enum class ProblemState : std::uint8_t {
    open,       ///< waits for a person
    released,   ///< each device has its ticket
    rolled_up,  ///< the problem stands for all of them; their tickets are merged into it
    resolved,   ///< done with, all of them together
};
/// Holds its key: no other problem of the same rule, model and firmware can begin.
constexpr bool is_unsettled(ProblemState state) {
    return state == ProblemState::open || state == ProblemState::rolled_up;
}
std::string_view to_string(ProblemState state);
std::optional<ProblemState> parse_problem_state(std::string_view text);

struct Problem {
    std::string id;  ///< deterministic: hash of tenant, rule, model, firmware and beginning
    std::string tenant;
    std::string rule_id;
    std::string model;
    std::string firmware;
    std::string component;
    std::string failure_mode;
    Severity severity = Severity::minor;
    ProblemState state = ProblemState::open;
    WallTime started_at{};
    /// Devices not yet attached open tickets again since then; none = still attaching.
    std::optional<WallTime> guard_ended_at;
    std::optional<WallTime> decided_at;  ///< when a person led it to its state …
    std::optional<WallTime> settled_at;  ///< … and when all of its tickets had followed
    std::string who;
    std::string why;
    std::optional<OutcomeCode> code;    ///< of a resolved one
    std::uint32_t fleet_count = 0;      ///< devices of that model and firmware when it began
    std::uint32_t start_count = 0;      ///< devices within the window that began it
    std::uint32_t end_count = 0;        ///< fewer than these end the attaching
    std::uint32_t ticket_count = 0;     ///< tickets that led to it
    std::uint32_t device_count = 0;     ///< attached devices
    std::uint64_t detection_count = 0;  ///< kept with attached devices
    std::uint32_t version = 0;          ///< number of its last event (ETag)
};

/// A device of a problem, once: attached, or with a ticket that led to the problem.
struct ProblemDevice {
    std::string problem_id;
    DeviceNo device_no = 0;
    std::string device_id;
    bool attached = true;  ///< false: its ticket was there before the problem
    std::string rule;      ///< "id@version"
    double probability = 0;
    double horizon_h = 0;
    std::string evidence_json;  ///< array: of the first detection and of the newest
    WallTime detected_at{};     ///< event time of the first
    WallTime attached_at{};     ///< when the collector decided so
    WallTime last_at{};         ///< when it decided on the newest
    std::uint32_t detection_count = 0;
    std::string ticket_id;  ///< that led to it, or that its release opened or found; else empty
};

struct ProblemEvent {
    std::string problem_id;
    std::uint32_t no = 0;  ///< 1, 2, 3 … per problem
    WallTime at{};
    std::string who;
    std::string kind;  ///< "started", "guard_ended", "guard_resumed", a state, "settled"
    std::string why;
};

}  // namespace aftercare::collector
