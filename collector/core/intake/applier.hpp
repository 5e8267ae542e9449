// The effects of records whose turn has come: raw row, fault rows, gaps, device state, detections.
#pragma once

#include <string_view>
#include <vector>

#include "collector/core/intake/record_listener.hpp"
#include "collector/core/intake/registry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

class Applier {
  public:
    Applier(const World& world, Registry& registry, Totals& totals)
        : world_(world), registry_(registry), totals_(totals) {}

    /// Who is shown records; may be nobody. Lifetime: outlives the applier.
    void listen(RecordListener* listener) { listener_ = listener; }
    /// What a report says beside its records: firmware, consent, clock, and that the device lives.
    void take_header(DeviceEntry& device, StreamEntry& stream, const Report& report,
                     WallTime received_at);
    /// Applies the records above the lane's mark, at least one, in order.
    /// Detections are appended to `detections`.
    void apply(DeviceEntry& device, StreamEntry& stream, const Report& report,
               std::string_view bytes, WallTime received_at, Commit& commit,
               std::vector<Detection>& detections);
    /// `declared`: how many of them the device said are lost, by a record or by a report of none.
    void declare_gap(const DeviceEntry& device, const StreamEntry& stream, Lane lane, SeqSpan lost,
                     std::uint64_t declared, WallTime received_at, Commit& commit);
    /// `component` starts a new life at `at`; empty = all that the model has.
    void part_replaced(DeviceEntry& device, std::string_view component, WallTime at);

    /// Gap records that no record declared.
    [[nodiscard]] std::uint64_t forgotten_count() const { return forgotten_; }
    /// Intervals of rules melted together because too many waited for the other lane.
    [[nodiscard]] std::uint64_t melted_count() const { return melted_; }

  private:
    void take_lifecycle(DeviceEntry& device, const Lifecycle& event, WallTime occurred_at);
    static void take_consent(DeviceEntry& device, std::uint32_t epoch, std::uint32_t purposes);

    World world_;
    Registry& registry_;
    Totals& totals_;
    RecordListener* listener_ = nullptr;
    std::uint64_t forgotten_ = 0;
    std::uint64_t melted_ = 0;
};

}  // namespace aftercare::collector
