// The gate: which device and stream a report belongs to, whether its sender is who it claims to be,
// and whether its turn has come.
//
// Two devices under one id are noticed when
//   - a resend carries another record under a seq that was applied already,
//   - the boot number falls while the seq grows,
//   - two streams take turns more often than late messages explain.
// Their reports are refused as `identity_conflict`, unacknowledged, so that the sender keeps them.
// Of two streams the younger is refused for as long as the older one talks.
#pragma once

#include <string_view>
#include <vector>

#include "collector/core/intake/ack_policy.hpp"
#include "collector/core/intake/applier.hpp"
#include "collector/core/intake/quarantine.hpp"
#include "collector/core/intake/registry.hpp"

namespace aftercare::collector {

/// Late messages of the stream before a factory reset explain fewer (two lanes in flight).
inline constexpr std::uint32_t kStreamReturnsMax = 20;
inline constexpr milliseconds kStreamReturnsWindow{24LL * 3'600'000};
/// After this silence of the older stream the younger one is believed.
inline constexpr milliseconds kConflictSilence{7LL * 24 * 3'600'000};
inline constexpr Seq kSeqMax = Seq{1} << 53;
inline constexpr std::uint64_t kUptimeMsMax = 100ULL * 366 * 86'400'000;
inline constexpr std::uint64_t kGapRecordsMax = std::uint64_t{1} << 32;

class Admission {
  public:
    Admission(const World& world, Registry& registry, Applier& applier, AckPolicy& acks,
              Quarantine& quarantine, Totals& totals)
        : world_(world),
          registry_(registry),
          applier_(applier),
          acks_(acks),
          quarantine_(quarantine),
          totals_(totals) {}

    /// The device, when records of it were applied; their detections are appended to `detections`.
    DeviceEntry* on_report(std::string_view tenant, std::string_view device_id,
                           const Report& report, std::string_view bytes, const Step& step,
                           std::vector<Detection>& detections);

    [[nodiscard]] std::size_t waiting_count() const { return waiting_count_; }
    /// What was decided since the start, beside what Totals say.
    struct Counts {
        std::uint64_t overflow = 0;  ///< reports that found no room to wait
        std::uint64_t duplicate_reports = 0;
        std::uint64_t streams_begun = 0;
        std::uint64_t streams_parked = 0;
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    DeviceEntry* identify(std::string_view tenant, std::string_view device_id, const Report& report,
                          std::string_view bytes, const Step& step);
    StreamEntry* vet(DeviceEntry& device, const Report& report, std::string_view bytes,
                     const Step& step);
    void pass_hole(DeviceEntry& device, StreamEntry& stream, Lane lane, std::uint64_t declared,
                   const Step& step);
    bool take_lost_end(DeviceEntry& device, StreamEntry& stream, const Report& report,
                       const Step& step, std::vector<Detection>& detections);
    void set_aside(DeviceEntry& device, StreamEntry& stream, const Report& report,
                   std::string_view bytes, const Step& step);
    bool drain(DeviceEntry& device, StreamEntry& stream, Lane lane, bool* ack_now, const Step& step,
               std::vector<Detection>& detections);
    StreamEntry* enter_stream(DeviceEntry& device, std::uint64_t stream_id);
    void start_work(DeviceEntry& device, StreamEntry& stream);
    bool take_turn(DeviceEntry& device, const StreamEntry& stream, WallTime now);
    void keep(LaneIntake& lane, const Report& report, std::string_view bytes, WallTime now);
    void refuse(const Refusal& refusal, std::string_view tenant, std::string_view device_id,
                std::string_view bytes, const Step& step);

    World world_;
    Registry& registry_;
    Applier& applier_;
    AckPolicy& acks_;
    Quarantine& quarantine_;
    Totals& totals_;
    std::size_t waiting_count_ = 0;
    Counts counts_;
};

}  // namespace aftercare::collector
