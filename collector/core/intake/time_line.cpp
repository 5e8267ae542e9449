#include "collector/core/intake/time_line.hpp"

#include <algorithm>
#include <cstdlib>

namespace aftercare::collector {
namespace {

constexpr std::int64_t kWrapMs = std::int64_t{1} << 32;

bool plausible(std::int64_t wall_ms, std::int64_t received_ms, ClockQuality quality) {
    const std::int64_t ahead_max =
        quality == ClockQuality::synced ? kSyncedAheadMaxMs : kUserAheadMaxMs;
    return wall_ms >= kPlausibleFromMs && wall_ms <= received_ms + ahead_max;
}

}  // namespace

// A counter of 32 bits jumps from 2^32 back to 0 without a new boot.
std::int64_t TimeLine::unwrap(Cursor& cursor, std::uint32_t boot, std::uint64_t uptime_ms) {
    const auto raw = static_cast<std::int64_t>(uptime_ms);
    if (cursor.boot != boot) cursor = Cursor{.boot = boot};
    if (raw + kWrapMs / 2 < cursor.last_raw_ms && cursor.last_raw_ms < kWrapMs) {
        cursor.wrap_base_ms += kWrapMs;
    }
    cursor.last_raw_ms = raw;
    return cursor.wrap_base_ms + raw;
}

TimeLine::Boot* TimeLine::find(std::uint32_t boot) {
    const auto at = std::lower_bound(boots_.begin(), boots_.end(), boot,
                                     [](const Boot& b, std::uint32_t no) { return b.boot < no; });
    return at != boots_.end() && at->boot == boot ? &*at : nullptr;
}

TimeLine::Boot& TimeLine::touch(std::uint32_t boot) {
    if (Boot* known = find(boot)) return *known;
    if (boots_.size() == kBootsMax) boots_.erase(boots_.begin());
    const auto at = std::lower_bound(boots_.begin(), boots_.end(), boot,
                                     [](const Boot& b, std::uint32_t no) { return b.boot < no; });
    return *boots_.insert(at, Boot{.boot = boot});
}

void TimeLine::offer(Boot& boot, Evidence evidence, std::int64_t start_ms, std::int64_t uptime_ms) {
    if (evidence < boot.evidence) return;
    const bool later_arrival =
        evidence == Evidence::arrival && boot.evidence == evidence && start_ms >= boot.start_ms;
    if (later_arrival) return;
    boot.evidence = evidence;
    boot.start_ms = start_ms;
    boot.anchor_uptime_ms = uptime_ms;
    boot.error_ms = evidence == Evidence::synced    ? kSyncedErrorMs
                    : evidence == Evidence::arrival ? kArrivalErrorMs
                                                    : kUserErrorMs;
}

void TimeLine::learn(const Report& report, WallTime received_at,
                     std::optional<WallTime> not_before) {
    const ReportHeader& header = report.header;
    const std::int64_t received_ms = unix_ms(received_at);
    not_before_ms_ = not_before ? std::optional{unix_ms(*not_before)} : std::nullopt;

    Cursor ahead = cursors_[index(header.lane)];
    for (const Record& record : report.records) {
        const std::int64_t uptime_ms = unwrap(ahead, record.boot, record.uptime_ms);
        Boot& boot = touch(record.boot);
        boot.last_uptime_ms = std::max(boot.last_uptime_ms, uptime_ms);
        const auto* event = std::get_if<Lifecycle>(&record.body);
        if (event == nullptr || event->kind != LifecycleKind::clock_set) continue;
        if (event->clock_quality == ClockQuality::unknown ||
            !plausible(event->wall_unix_ms, received_ms, event->clock_quality)) {
            continue;
        }
        const bool synced = event->clock_quality == ClockQuality::synced;
        offer(boot, synced ? Evidence::synced : Evidence::user, event->wall_unix_ms - uptime_ms,
              uptime_ms);
    }

    // The other lane may have seen this boot's counter wrap already.
    const Cursor& other = cursors_[1 - index(header.lane)];
    if (other.boot == header.boot &&
        (ahead.boot != header.boot || other.wrap_base_ms > ahead.wrap_base_ms)) {
        ahead = other;
    }
    const std::int64_t uptime_ms = unwrap(ahead, header.boot, header.uptime_ms);
    Boot& now = touch(header.boot);
    if (uptime_ms + kUncountedBootMs < now.last_uptime_ms) now = Boot{.boot = header.boot};
    now.last_uptime_ms = std::max(now.last_uptime_ms, uptime_ms);
    offer(now, Evidence::arrival, received_ms - uptime_ms, uptime_ms);
    if (header.clock_quality == ClockQuality::synced &&
        plausible(header.wall_unix_ms, received_ms, header.clock_quality)) {
        offer(now, Evidence::synced, header.wall_unix_ms - uptime_ms, uptime_ms);
    }
}

// The latest moment at which `uptime_ms` of this boot can have been: before the next boot began,
// with room for what the boot still lived through, and before it was heard of.
std::int64_t TimeLine::latest_ms(const Boot& boot, std::int64_t uptime_ms,
                                 std::int64_t received_ms) const {
    for (const Boot& next : boots_) {
        if (next.boot > boot.boot && next.evidence > Evidence::bounded) {
            return std::min(next.start_ms - (boot.last_uptime_ms - uptime_ms), received_ms);
        }
    }
    return received_ms;
}

void TimeLine::bound(Boot& boot, std::int64_t received_ms) {
    const std::int64_t start_max_ms = latest_ms(boot, 0, received_ms - boot.last_uptime_ms);
    std::optional<std::int64_t> start_min_ms = not_before_ms_;
    std::int64_t after_ms =
        start_max_ms - kUnknownSpanMs;  // end of the boot before, as far as known
    for (const Boot& before : boots_) {
        if (before.boot >= boot.boot || before.evidence == Evidence::none) continue;
        const std::int64_t end_ms = before.start_ms + before.last_uptime_ms;
        after_ms = std::max(after_ms, end_ms);
        if (before.evidence > Evidence::bounded) {
            start_min_ms = std::max(start_min_ms.value_or(end_ms), end_ms);
        }
    }
    boot.evidence = Evidence::bounded;
    boot.anchor_uptime_ms = 0;
    if (start_min_ms) {
        const std::int64_t low_ms = std::min(*start_min_ms, start_max_ms);
        boot.start_ms = low_ms + (start_max_ms - low_ms) / 2;
        boot.error_ms = start_max_ms - low_ms - (start_max_ms - low_ms) / 2;
    } else {
        boot.start_ms =
            start_max_ms;  // appliances are mostly on: the shortest pause is the likeliest
        boot.error_ms = kUnknownSpanMs;
    }
    const std::int64_t wanted_ms = std::min(std::max(boot.start_ms, after_ms), start_max_ms);
    boot.error_ms += wanted_ms - boot.start_ms;
    boot.start_ms = wanted_ms;
}

Moment TimeLine::place(Lane lane, const Record& record, WallTime received_at) {
    Cursor& cursor = cursors_[index(lane)];
    const std::int64_t uptime_ms = unwrap(cursor, record.boot, record.uptime_ms);
    const std::int64_t received_ms = unix_ms(received_at);
    Boot& boot = touch(record.boot);
    boot.last_uptime_ms = std::max(boot.last_uptime_ms, uptime_ms);
    if (boot.evidence == Evidence::none) bound(boot, received_ms);

    std::int64_t at_ms = boot.start_ms + uptime_ms;
    std::int64_t error_ms = boot.error_ms + std::abs(uptime_ms - boot.anchor_uptime_ms) *
                                                kDriftPartsPerMillion / 1'000'000;
    const std::int64_t limit_ms = boot.evidence == Evidence::synced
                                      ? received_ms + kSyncedAheadMaxMs
                                      : latest_ms(boot, uptime_ms, received_ms);
    if (at_ms > limit_ms) {
        error_ms += at_ms - limit_ms;
        at_ms = limit_ms;
    }
    const std::int64_t back_ms = cursor.last_at_ms - at_ms;
    if (cursor.placed && back_ms > 0 && back_ms <= kHoldMaxMs) {
        at_ms += back_ms;
        error_ms += back_ms;
    }
    cursor.placed = true;
    cursor.last_at_ms = at_ms;
    return {wall_from_unix_ms(at_ms), error_ms};
}

void TimeLine::encode(ByteWriter& out, const StoredTimes& times) const {
    out.put(static_cast<std::uint8_t>(boots_.size()));
    for (const Boot& boot : boots_) {
        out.put_varint(boot.boot);
        out.put(boot.evidence);
        times.put(out, wall_from_unix_ms(boot.start_ms));
        out.put_signed(boot.error_ms);
        out.put_signed(boot.last_uptime_ms);
        out.put_signed(boot.last_uptime_ms - boot.anchor_uptime_ms);
    }
    for (const Cursor& cursor : cursors_) {
        out.put(static_cast<std::uint8_t>(cursor.placed));
        out.put_varint(cursor.boot);
        out.put_signed(cursor.wrap_base_ms);
        out.put_signed(cursor.last_raw_ms);
        if (cursor.placed) times.put(out, wall_from_unix_ms(cursor.last_at_ms));
    }
}

void TimeLine::decode(ByteReader& in, const StoredTimes& times) {
    const auto span = [&in] {
        const std::int64_t ms = in.get_signed();
        if (ms <= -kFurthestMs || ms >= kFurthestMs) in.spoil();
        return in.ok() ? ms : 0;
    };
    const auto time = [&in, &times] {
        const WallTime at = times.get(in);
        if (at == kNever) in.spoil();
        return in.ok() ? unix_ms(at) : 0;
    };
    boots_.resize(std::min<std::size_t>(in.get<std::uint8_t>(), kBootsMax));
    for (Boot& boot : boots_) {
        boot.boot = static_cast<std::uint32_t>(in.get_varint());
        boot.evidence = in.get<Evidence>();
        boot.start_ms = time();
        boot.error_ms = span();
        boot.last_uptime_ms = span();
        boot.anchor_uptime_ms = boot.last_uptime_ms - span();
    }
    for (Cursor& cursor : cursors_) {
        cursor.placed = in.get<std::uint8_t>() != 0;
        cursor.boot = static_cast<std::uint32_t>(in.get_varint());
        cursor.wrap_base_ms = span();
        cursor.last_raw_ms = span();
        if (cursor.placed) cursor.last_at_ms = time();
    }
}

}  // namespace aftercare::collector
