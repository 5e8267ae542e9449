// Detection: a rule pack applied to one device's time line. Event time drives it: each predicate
// yields intervals on the device's own time line, `all` and `any` are operations on intervals, so
// late data and lanes that arrive apart give the same detections as timely data.
//
// Invariant: state per device and rule is bounded. Thread: one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"
#include "common/telemetry.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

struct Detection {
    std::uint32_t rule_index = 0;  ///< into the pack
    WallTime at{};                 ///< event time at which the rule became true
    double probability = 0;
    std::string evidence_json;  ///< one object: sentence, readings, faults, baseline, deviation
};

/// Per device, opaque to everyone else. Copyable so that a simulated crash can go back.
class DetectState {
  public:
    DetectState();
    ~DetectState();
    DetectState(const DetectState& other);
    DetectState& operator=(const DetectState& other);
    DetectState(DetectState&&) noexcept;
    DetectState& operator=(DetectState&&) noexcept;
    struct Impl;
    std::unique_ptr<Impl> impl;
};

/// What a device is, as far as rules ask for it.
struct DeviceFacts {
    std::string_view firmware;  ///< as its reports of readings name it; empty = not told
    std::optional<WallTime> installed_at;
};

/// How one pack differs from another; ids in the order of the packs.
struct RulesChange {
    std::size_t kept = 0;  ///< rules whose definition is the same; they keep their memory
    std::vector<std::string> altered;    ///< of the kept ones: another version, mode, title …
    std::vector<std::string> restarted;  ///< of another definition under the same id: begin afresh
    std::vector<std::string> added;
    std::vector<std::string> removed;
};
RulesChange compare(const RulePack& before, const RulePack& after);

class Detector {
  public:
    /// Names in the pack are resolved against the catalogue per model.
    /// Errors: invalid, naming rule and name (an unknown metric, code or component).
    static Result<std::unique_ptr<Detector>> create(RulePack pack, const Catalogue& catalogue);
    ~Detector();

    /// A state for a device of this model; a model that no rule names costs nothing.
    DetectState begin(std::string_view model) const;

    /// One record with its event time, in lane order. Appends what became true.
    void observe(DetectState& state, const Record& record, WallTime occurred_at,
                 std::vector<Detection>& detections) const;
    /// For the records that follow. Cheap; the same again changes nothing.
    void describe(DetectState& state, const DeviceFacts& facts) const;
    /// What the device's silence says at `now`, when its last report came at `heard_at`. Whether
    /// anything else could be heard at all is the caller's to know. Returns when to ask again if it
    /// stays silent; none = nothing more can come of it.
    std::optional<WallTime> listen(DetectState& state, WallTime heard_at, WallTime now,
                                   std::vector<Detection>& detections) const;
    /// Shortest silence that a rule of this model looks for; 0 = none does.
    [[nodiscard]] milliseconds silence_min(std::string_view model) const;
    /// Resets baselines, windows and life of the rules about `component`.
    void part_replaced(DetectState& state, std::string_view component, WallTime at) const;
    /// Does the rule's evidence still stand at `now`? Decides whether a ticket may lapse.
    [[nodiscard]] bool stands(const DetectState& state, std::uint32_t rule_index,
                              WallTime now) const;

    /// Intervals melted together since the last call because too many waited for the other lane
    /// (docs/rules.md); not stored.
    std::uint32_t take_melted(DetectState& state) const;

    /// Compact bytes; stable within `state_version`, refused across a changed rule (which then
    /// restarts).
    void encode(const DetectState& state, std::string& bytes) const;
    /// False for the bytes of a program that encodes otherwise: begin such a state afresh.
    static bool reads(std::string_view bytes);
    /// Pre: `reads(bytes)`. Errors: corrupt. A rule whose definition changed starts afresh instead.
    /// `spare`: a state no longer wanted, whose memory is used again.
    Result<DetectState> decode(std::string_view model, std::string_view bytes,
                               DetectState spare = {}) const;

    [[nodiscard]] const RulePack& pack() const;
    /// Takes the other's rules. States of before are no longer of use: encode them first, and
    /// decode them after.
    void become(Detector& other);

  private:
    explicit Detector(RulePack pack);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
