#include "agent/core/agent.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include "agent/core/agent_parts.hpp"
#include "agent/core/validate.hpp"
#include "agent/core/wire.hpp"
#include "common/crc32c.hpp"
#include "common/topic.hpp"

namespace aftercare::agent {
namespace {

// A wall clock that moved more than this against the uptime has been set, not drifted.
constexpr std::int64_t kClockJumpMs = 2'000;
// A clock that flaps makes at most one record in this time.
constexpr std::uint64_t kClockSetEveryMs = 60'000;

constexpr std::size_t aligned(std::size_t bytes) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    return (bytes + kAlign - 1) / kAlign * kAlign;
}

bool valid_options(const Options& o) {
    return valid_id(o.tenant) && valid_id(o.device_id) && plain_text(o.model) &&
           plain_text(o.firmware) && o.records_per_report >= 1 &&
           o.records_per_report <= kRecordsPerReportMax && o.reports_in_flight_max >= 1 &&
           o.reports_in_flight_max <= kReportsInFlightMax && o.ack_timeout_ms > 0 &&
           o.backoff_base_ms > 0 && o.backoff_cap_ms >= o.backoff_base_ms &&
           o.connect_timeout_ms > 0 && o.report_bytes_max <= kReportBytesMax &&
           o.report_bytes_max >=
               kReportHeaderBytesMax + kRecordEnvelopeBytesMax + kRecordBytesMax &&
           o.spool_sectors_max >= 4 && o.spool_sectors_max <= 65'535;
}

bool valid_ports(const Ports& p) {
    return p.clock.link_ms != nullptr && p.clock.uptime_ms != nullptr && p.clock.wall != nullptr &&
           p.storage.read != nullptr && p.storage.program != nullptr &&
           p.storage.erase != nullptr && p.storage.sync != nullptr &&
           p.transport.connect != nullptr && p.transport.disconnect != nullptr &&
           p.transport.publish != nullptr && p.entropy.random64 != nullptr;
}

// What a withdrawn purpose may no longer hold.
std::uint8_t kinds_of(std::uint32_t purposes) {
    std::uint8_t kinds = 0;
    const auto add = [&](Purpose purpose, FrameKind kind) {
        if ((purposes & bit(purpose)) != 0) kinds = static_cast<std::uint8_t>(kinds | bit(kind));
    };
    add(Purpose::safety, FrameKind::fault);
    add(Purpose::diagnostics, FrameKind::reading);
    add(Purpose::diagnostics, FrameKind::self_test);
    add(Purpose::usage, FrameKind::usage);
    return kinds;
}

}  // namespace

Agent::Parts::Parts(const Options& given, const Ports& given_ports, const SpoolMemory& spool_memory,
                    std::span<std::byte> report_memory, std::uint64_t seed, std::uint64_t now_ms)
    : report(report_memory),
      ports(given_ports),
      options(given),
      spool(ports.storage, spool_memory),
      connector({given.ack_timeout_ms, given.backoff_base_ms, given.backoff_cap_ms,
                 given.reconnect_spread_ms, given.connect_timeout_ms},
                seed, now_ms),
      budget(given.bytes_per_day_max, now_ms),
      up_topic(format_topic(given.tenant, given.device_id, Leg::up)),
      presence_topic(format_topic(given.tenant, given.device_id, Leg::presence)) {
    header.device_id.assign(given.device_id);
    header.model.assign(given.model);
    header.firmware.assign(given.firmware);
    options.tenant = options.device_id = options.model = options.firmware = {};
}

// Where everything lies in the caller's memory. Nothing is constructed yet; what the spool keeps
// there needs no construction.
struct Agent::Layout {
    Layout(const Options& options, std::byte* memory)
        : at(reinterpret_cast<std::uintptr_t>(memory)) {
        agent = take<Agent>(1).data();
        parts = take<Parts>(1).data();
        spool = {take<Sector>(options.spool_sectors_max),
                 take<std::uint16_t>(options.spool_sectors_max),
                 take<FaultIndex::Entry>(options.fault_codes_max), take<std::byte>(kWindowBytes),
                 take<std::byte>(kFrameBytesMax)};
        report = take<std::byte>(options.report_bytes_max);
        bytes = at - reinterpret_cast<std::uintptr_t>(memory);
    }
    template <class T>
    std::span<T> take(std::size_t count) {
        T* items = reinterpret_cast<T*>(at);
        at += aligned(count * sizeof(T));
        return {items, count};
    }

    std::uintptr_t at;
    Agent* agent;
    Parts* parts;
    SpoolMemory spool;
    std::span<std::byte> report;
    std::size_t bytes;
};

std::size_t Agent::memory_bytes(const Options& options) {
    static_assert(sizeof(Sector) + sizeof(std::uint16_t) <= 42 && sizeof(FaultIndex::Entry) <= 12);
    static_assert(aligned(sizeof(Agent)) + aligned(sizeof(Parts)) + aligned(kWindowBytes) +
                      aligned(kFrameBytesMax) + 4 * alignof(std::max_align_t) <=
                  kFixedMemoryBytesMax);
    return Layout{options, nullptr}.bytes;
}

Result<Agent*, Errc> Agent::open(const Options& options, const Ports& ports,
                                 std::span<std::byte> memory) {
    if (!valid_options(options) || !valid_ports(ports)) return fail(Errc::invalid);
    if (reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(std::max_align_t) != 0) {
        return fail(Errc::invalid);
    }
    const Layout layout{options, memory.data()};
    if (memory.size() < layout.bytes) return fail(Errc::exhausted);
    const auto random = [&] { return ports.entropy.random64(ports.entropy.context); };
    auto* parts = new (layout.parts) Parts(options, ports, layout.spool, layout.report, random(),
                                           ports.clock.link_ms(ports.clock.context));
    std::uint64_t stream_id = random();
    if (stream_id == 0) stream_id = 1;
    Outcome begun = parts->spool.open(stream_id);
    if (begun == Outcome::done) begun = parts->begin_boot(options);
    if (begun != Outcome::done) {
        parts->~Parts();
        return fail(static_cast<Errc>(begun));
    }
    return new (layout.agent) Agent(*parts);
}

void Agent::close(Agent* agent) {
    if (agent == nullptr) return;
    agent->parts_.~Parts();
    agent->~Agent();
}

Outcome Agent::Parts::begin_boot(const Options& given) {
    SpoolState& state = spool.state();
    const bool first_boot = state.boot == 0;
    ++state.boot;
    if (first_boot || given.consent_epoch > state.consent_epoch) {
        state.consent_epoch = given.consent_epoch;
        state.consent_purposes = given.consent_purposes;
    }
    use_settings();
    const std::uint32_t firmware_crc =
        crc32c(header.firmware.view().data(), header.firmware.view().size());
    const bool firmware_changed = !first_boot && state.firmware_crc != firmware_crc;
    state.firmware_crc = firmware_crc;
    if (const Outcome written = spool.append_state(); written != Outcome::done) return written;

    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        if (spool.held(lane) > 0) waiting_since_ms[index(lane)] = link_ms();
    }
    std::uint32_t spread_ms = options.boot_spread_ms;
    if (spool.held(Lane::urgent) > 0) spread_ms = std::min(spread_ms, options.reconnect_spread_ms);
    connector.boot(link_ms(), spread_ms);
    // From here on a full spool is no error: it must not keep a device down.
    tell({.kind = LifecycleKind::boot,
          .reset_reason = given.reset_reason,
          .firmware = header.firmware});
    if (firmware_changed)
        tell({.kind = LifecycleKind::firmware_changed, .firmware = header.firmware});
    note_clock();
    return sync(link_ms()) ? Outcome::done : Outcome::unavailable;
}

// What the collector set wins over the options of this boot.
void Agent::Parts::use_settings() {
    const SpoolState& state = spool.state();
    if (state.flush_delay_s != 0) options.flush_delay_ms = state.flush_delay_s * 1000;
    if (state.records_per_report != 0) options.records_per_report = state.records_per_report;
    if (state.reading_window_s != 0) options.reading_window_s = state.reading_window_s;
}

void Agent::Parts::log(LogLevel level, std::string_view message) const {
    if (ports.log.write != nullptr) ports.log.write(ports.log.context, level, message);
}

// Follows a counter of 32 bits over its wraps: the collector could not tell one from a record of
// the future. Not inline: it is called from everywhere and costs each time.
[[gnu::noinline]] std::uint64_t Agent::Parts::uptime_ms() const {
    const std::uint64_t raw = ports.clock.uptime_ms(ports.clock.context);
    const auto low = static_cast<std::uint32_t>(raw);
    if (raw >> 32 == 0 && low < uptime_low_ms && uptime_low_ms - low > 1U << 31) ++uptime_wraps;
    uptime_low_ms = low;
    return raw + (std::uint64_t{uptime_wraps} << 32);
}

WallReading Agent::Parts::wall() const {
    WallReading reading = ports.clock.wall(ports.clock.context);
    if (reading.quality != ClockQuality::unknown && !sane_wall(reading.unix_ms)) {
        reading = WallReading{};
    }
    return reading;
}

// One record when the wall clock becomes known, better known, or jumps. The uptime is read on both
// sides of the wall clock, so that a pause between the two reads is no jump.
void Agent::Parts::note_clock() {
    const std::uint64_t before_ms = uptime_ms();
    const WallReading now = wall();
    if (now.quality == ClockQuality::unknown) return;
    const std::uint64_t after_ms = uptime_ms();
    const std::int64_t low = now.unix_ms - static_cast<std::int64_t>(after_ms) - kClockJumpMs;
    const std::int64_t high = now.unix_ms - static_cast<std::int64_t>(before_ms) + kClockJumpMs;
    const bool jumped = clock_offset_ms < low || clock_offset_ms > high;
    if (now.quality == clock_quality && !jumped) return;
    const bool first = clock_quality == ClockQuality::unknown;
    if (!first && after_ms - clock_set_uptime_ms < kClockSetEveryMs) return;
    const bool better = now.quality > clock_quality;
    clock_quality = now.quality;
    clock_offset_ms = now.unix_ms - static_cast<std::int64_t>(after_ms);
    clock_set_uptime_ms = after_ms;
    if (!better && !jumped) return;
    tell({.kind = LifecycleKind::clock_set,
          .wall_unix_ms = now.unix_ms,
          .clock_quality = now.quality});
}

void Agent::Parts::note_unsynced(std::uint64_t now_ms) {
    if (spool.unsynced() && unsynced_since_ms == kNever) unsynced_since_ms = now_ms;
}

bool Agent::Parts::sync(std::uint64_t now_ms) {
    if (spool.sync()) {
        unsynced_since_ms = kNever;
        return true;
    }
    unsynced_since_ms = now_ms;
    log(LogLevel::error, "spool: sync fails; records stay in doubt");
    return false;
}

Result<Accepted, Errc> Agent::Parts::add_unasked(FrameKind kind, const BodyRef& body) {
    const std::size_t size =
        encode_record(spool.state().boot, uptime_ms(), body, spool.payload_buffer());
    SpoolSeq seq = 0;
    const Outcome put = spool.append(kind, size, seq);
    const std::uint64_t now_ms = link_ms();
    note_unsynced(now_ms);
    if (put != Outcome::done) {
        if (put != Outcome::invalid) ++refused_count;
        return fail(static_cast<Errc>(put));
    }
    Accepted accepted{lane_of(kind), seq, false};
    if (accepted.lane == Lane::urgent) accepted.durable = sync(now_ms);
    std::uint64_t& since = waiting_since_ms[index(accepted.lane)];
    if (since == kNever) since = now_ms;
    return accepted;
}

// The agent's own records: one that finds no room is counted, and nothing else can be done about
// it.
void Agent::Parts::tell(const Lifecycle& event) {
    static_cast<void>(add_unasked(FrameKind::lifecycle, event));
}

Result<Accepted, Errc> Agent::Parts::add(FrameKind kind, const BodyRef& body, bool valid,
                                         Purpose purpose) {
    if (!valid) return fail(Errc::invalid);
    if ((spool.state().consent_purposes & bit(purpose)) == 0) {
        ++denied_count;
        return fail(Errc::denied);
    }
    note_clock();
    if (lane_of(kind) == Lane::urgent) connector.urge(link_ms());
    return add_unasked(kind, body);
}

Result<Accepted, Errc> Agent::fault(const Fault& fault) {
    return parts_.add(FrameKind::fault, fault, valid(fault), Purpose::safety);
}
Result<Accepted, Errc> Agent::reading(const Reading& reading) {
    return parts_.add(FrameKind::reading, reading, valid(reading), Purpose::diagnostics);
}
Result<Accepted, Errc> Agent::usage(const Usage& usage) {
    return parts_.add(FrameKind::usage, usage, true, Purpose::usage);
}
Result<Accepted, Errc> Agent::self_test(const SelfTest& result) {
    return parts_.add(FrameKind::self_test, result, valid(result), Purpose::diagnostics);
}
Result<Accepted, Errc> Agent::lifecycle(const Lifecycle& event) {
    if (!valid(event)) return fail(Errc::invalid);
    parts_.note_clock();
    return parts_.add_unasked(FrameKind::lifecycle, event);
}

Outcome Agent::Parts::apply_consent(std::uint32_t epoch, std::uint32_t purposes) {
    SpoolState& state = spool.state();
    if (epoch < state.consent_epoch) return Outcome::conflict;
    const std::uint32_t withdrawn = state.consent_purposes & ~purposes;
    if (epoch == state.consent_epoch && purposes == state.consent_purposes) return Outcome::done;
    state.consent_epoch = epoch;
    state.consent_purposes = purposes;
    // Durable before anything else happens: after a power cut nothing more may be collected.
    if (const Outcome written = spool.append_state(); written != Outcome::done) return written;
    if (!sync(link_ms())) return Outcome::unavailable;
    std::uint32_t erased = 0;
    if (const std::uint8_t kinds = kinds_of(withdrawn); kinds != 0) {
        const Outcome done = spool.erase_kinds(kinds, erased);
        if (done != Outcome::done) return done;
        // What is in flight is made anew from what is left.
        for (SendWindow& window : windows) window.resend_all();
    }
    const auto told =
        add_unasked(FrameKind::lifecycle, Lifecycle{.kind = LifecycleKind::consent_changed,
                                                    .consent_epoch = epoch,
                                                    .consent_purposes = purposes,
                                                    .lost_count = erased});
    return told ? Outcome::done : static_cast<Outcome>(told.error());
}

Result<void, Errc> Agent::consent(std::uint32_t epoch, std::uint32_t purposes) {
    const Outcome applied = parts_.apply_consent(epoch, purposes);
    if (applied != Outcome::done) return fail(static_cast<Errc>(applied));
    return {};
}

void Agent::poll() {
    parts_.poll_extension(false);
    parts_.poll();
}
std::uint64_t Agent::next_poll_ms() const {
    const Extension& extension = parts_.extension;
    const std::uint64_t next = parts_.next_poll_ms();
    const std::uint64_t due =
        extension.next_ms == nullptr ? kNever : extension.next_ms(extension.context);
    if (due == kNever) return next;
    const std::uint64_t now = uptime_ms();
    return std::min(next, parts_.link_ms() + (due > now ? due - now : 0));
}

void Agent::attach(const Extension& extension) {
    parts_.extension = extension;
    const FrameView* kept = extension.settings == nullptr ? nullptr : parts_.spool.find_settings();
    if (kept == nullptr) return;
    // They were checked before they were kept; a later firmware that knows better goes without.
    static_cast<void>(extension.settings(extension.context, kept->payload(), true));
}
std::uint64_t Agent::uptime_ms() const {
    return parts_.uptime_ms();
}
bool Agent::connected() const {
    return parts_.connector.link() == Link::online;
}
std::uint64_t Agent::made_count() const {
    const SpoolState& kept = parts_.spool.state();
    return std::uint64_t{kept.next_seq[0]} + kept.next_seq[1] - 2;
}
void Agent::on_downlink(std::span<const std::byte> payload) {
    parts_.on_downlink(payload);
}

void Agent::on_connected() {
    parts_.connector.connected(parts_.link_ms());
    parts_.presence_due = true;
    parts_.busy_until_ms = 0;
    for (SendWindow& window : parts_.windows) window.resend_all();
}

void Agent::on_disconnected() {
    parts_.connector.lost(parts_.link_ms());
}

void Agent::network_up() {
    parts_.connector.network_up(parts_.link_ms());
}

void Agent::flush() {
    parts_.poll_extension(true);
    if (!parts_.spool.acks_durable()) static_cast<void>(parts_.spool.append_state());
    static_cast<void>(parts_.sync(parts_.link_ms()));
    parts_.flushing = true;
    parts_.connector.hurry(parts_.link_ms());
    parts_.poll();
}

State Agent::state() const {
    State state;
    Spool& spool = parts_.spool;
    const SpoolState& kept = spool.state();
    state.stream_id = kept.stream_id;
    state.boot = kept.boot;
    state.connected = parts_.connector.link() == Link::online;
    state.connecting = parts_.connector.link() == Link::connecting;
    state.next_attempt_ms = parts_.connector.next_ms(0);
    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        LaneState& out = state.lanes[index(lane)];
        out.next_seq = kept.next_seq[index(lane)];
        out.oldest_seq = spool.oldest(lane);
        out.acked_through = kept.acked[index(lane)];
        out.held_count = spool.held(lane);
        out.in_flight_reports = parts_.windows[index(lane)].size();
    }
    state.dropped = kept.dropped;
    state.corrupt_frames = spool.corrupt_frames();
    state.spool_used_bytes = spool.used_bytes();
    state.spool_size_bytes = spool.size_bytes();
    state.reports_sent = parts_.reports_sent;
    state.reports_resent = parts_.reports_resent;
    state.storage_errors = spool.storage_errors();
    state.downlinks_ignored = parts_.downlinks_ignored;
    state.acks_ignored = parts_.acks_ignored;
    state.denied_count = parts_.denied_count;
    state.refused_count = parts_.refused_count;
    state.spool_programmed_bytes = spool.programmed_bytes();
    return state;
}

bool Agent::oldest_made(Lane lane, RecordTime& made) const {
    const FrameView* frame = parts_.spool.find_after(lane, parts_.spool.state().acked[index(lane)]);
    if (frame == nullptr) return false;
    WireReader record{frame->payload()};
    while (record.next()) {
        if (record.field() == 2) made.boot = record.value32();
        if (record.field() == 3) made.uptime_ms = record.value();
    }
    return true;
}

Settings Agent::settings() const {
    const SpoolState& kept = parts_.spool.state();
    return {kept.config_version,
            parts_.options.reading_window_s,
            parts_.options.flush_delay_ms / 1000,
            parts_.options.records_per_report,
            kept.consent_epoch,
            kept.consent_purposes};
}

}  // namespace aftercare::agent
