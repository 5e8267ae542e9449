// When did it happen? Records carry boot + uptime; this finds the wall time at which each boot of a
// stream began, from the best evidence there is, and says how wrong that can be.
//
// Evidence for the start of a boot, best first:
// 1. synced: a clock said to be synchronised (report header or `clock_set` record of that boot);
// 2. arrival: received_at − header.uptime. The header is stamped at sending, so that only the
//    transit is unknown; the earliest of all arrivals counts;
// 3. user: a clock set by hand, when plausible. Time zones and typing errors make it worse;
// 4. bounded: nothing of its own, between the end of the boot before and the start of the next.
// A clock before 2001 or ahead of the collector's (1970, 2100) is no evidence.
//
// Within a lane and boot, times never decrease, unless better evidence moves a boot back by more
// than kHoldMax: then honest times win over order. Bounded: the newest kBootsMax boots are
// remembered.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "collector/core/detect/stored_time.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/report.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kBootsMax = 8;
inline constexpr std::int64_t kSyncedErrorMs = 1'000;
inline constexpr std::int64_t kArrivalErrorMs = 60'000;     ///< transit through link and broker
inline constexpr std::int64_t kUserErrorMs = 15 * 60'000;   ///< people set clocks by their watch
inline constexpr std::int64_t kDriftPartsPerMillion = 100;  ///< of the device's oscillator
inline constexpr std::int64_t kSyncedAheadMaxMs =
    3'600'000;  ///< the collector's own clock may be wrong
inline constexpr std::int64_t kUserAheadMaxMs = 5 * 60'000;
inline constexpr std::int64_t kUnknownSpanMs =
    365LL * 86'400'000;  ///< error when nothing bounds below
inline constexpr std::int64_t kHoldMaxMs = 3'600'000;
/// A header that far behind what its boot lived already belongs to a boot that was not counted.
inline constexpr std::int64_t kUncountedBootMs = 3'600'000;
inline constexpr std::int64_t kPlausibleFromMs = 978'307'200'000;  ///< 2001-01-01T00:00:00Z

struct Moment {
    WallTime at{};
    std::int64_t error_ms = 0;
};

class TimeLine {
  public:
    /// Takes the clock evidence of a report that is about to be applied.
    /// `not_before`: the device did not exist earlier (installation), if known.
    void learn(const Report& report, WallTime received_at, std::optional<WallTime> not_before);
    /// Pre: `learn` has seen the record's report. Records of a lane come in order.
    Moment place(Lane lane, const Record& record, WallTime received_at);

    void encode(ByteWriter& out, const StoredTimes& times) const;
    /// Damage and a short read show in `in.ok()`.
    void decode(ByteReader& in, const StoredTimes& times);

  private:
    enum class Evidence : std::uint8_t { none, bounded, user, arrival, synced };
    struct Boot {
        std::uint32_t boot = 0;
        Evidence evidence = Evidence::none;
        std::int64_t start_ms = 0;  ///< unix time at uptime 0
        std::int64_t error_ms = 0;  ///< at anchor_uptime_ms
        std::int64_t anchor_uptime_ms = 0;
        std::int64_t last_uptime_ms = 0;  ///< highest seen
    };
    /// Where a lane stands: unwraps 32-bit uptimes and keeps times from decreasing.
    struct Cursor {
        std::uint32_t boot = 0;
        std::int64_t wrap_base_ms = 0;
        std::int64_t last_raw_ms = 0;
        std::int64_t last_at_ms = 0;
        bool placed = false;
    };

    static std::int64_t unwrap(Cursor& cursor, std::uint32_t boot, std::uint64_t uptime_ms);
    Boot* find(std::uint32_t boot);
    Boot& touch(std::uint32_t boot);
    static void offer(Boot& boot, Evidence evidence, std::int64_t start_ms, std::int64_t uptime_ms);
    void bound(Boot& boot, std::int64_t received_ms);
    [[nodiscard]] std::int64_t latest_ms(const Boot& boot, std::int64_t uptime_ms,
                                         std::int64_t received_ms) const;

    std::vector<Boot> boots_;  ///< ascending
    std::array<Cursor, kLaneCount> cursors_{};
    std::optional<std::int64_t> not_before_ms_;
};

}  // namespace aftercare::collector
