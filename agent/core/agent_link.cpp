// The agent's dealings with the link: what goes out when, and what comes down.
#include <algorithm>
#include <cstring>

#include "agent/core/agent_parts.hpp"
#include "agent/core/wire_messages.hpp"

namespace aftercare::agent {
namespace {

constexpr std::uint64_t kTransportBusyMs = 200;
constexpr std::uint64_t kStorageBusyMs = 1'000;
// Fixed header, topic length, packet id and properties of a PUBLISH, and its PUBACK.
constexpr std::size_t kMqttOverheadBytes = 12;
// Acknowledgements reach the spool at least every so many records, so that a reboot resends few.
constexpr std::uint32_t kAcksPerState = 64;

}  // namespace

std::uint32_t Agent::Parts::unsent(Lane lane) const {
    const std::uint32_t held = spool.held(lane);
    return held - std::min(held, windows[index(lane)].record_count());
}

// Link time at which a new report of the lane is due; kNever when nothing waits or the window is
// full.
std::uint64_t Agent::Parts::due_ms(Lane lane) const {
    const std::uint64_t since = waiting_since_ms[index(lane)];
    if (since == kNever || windows[index(lane)].size() >= options.reports_in_flight_max)
        return kNever;
    if (lane == Lane::urgent) return 0;
    const std::uint64_t paid_ms = budget.ready_ms();
    if (flushing || unsent(lane) >= options.records_per_report) return paid_ms;
    return std::max(since + options.flush_delay_ms, paid_ms);
}

void Agent::Parts::poll() {
    const std::uint64_t now_ms = link_ms();
    note_clock();
    if (unsynced_since_ms != kNever && now_ms >= unsynced_since_ms + options.spool_sync_period_ms) {
        static_cast<void>(sync(now_ms));
    }
    step_link(now_ms);
}

std::uint64_t Agent::Parts::next_poll_ms() const {
    std::uint64_t next = kNever;
    if (unsynced_since_ms != kNever) next = unsynced_since_ms + options.spool_sync_period_ms;
    if (connector.link() != Link::online) return std::min(next, connector.next_ms(0));
    std::uint64_t link = presence_due ? 0 : kNever;
    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        std::uint64_t resend = windows[index(lane)].next_resend_ms();
        if (lane == Lane::bulk && resend != kNever) resend = std::max(resend, budget.ready_ms());
        link = std::min({link, resend, due_ms(lane)});
    }
    if (link != kNever) link = std::max(link, busy_until_ms);
    return std::min(next, link);
}

void Agent::Parts::step_link(std::uint64_t now_ms) {
    if (connector.attempt_timed_out(now_ms)) {
        ports.transport.disconnect(ports.transport.context);
        log(LogLevel::warning, "link: no answer to the connection attempt");
    }
    if (connector.begin_attempt(now_ms)) {
        std::array<std::byte, kPresenceBytesMax> will;
        const Presence gone{false, spool.state().boot, spool.state().stream_id, firmware};
        const std::size_t size = encode_presence(gone, will);
        ports.transport.connect(ports.transport.context, presence_topic,
                                std::span{will}.first(size));
        return;
    }
    if (connector.link() != Link::online || now_ms < busy_until_ms) return;
    if (presence_due && !publish_presence(now_ms)) return;
    // The urgent lane first, so that a new fault never waits behind a month of readings.
    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        if (!resend_due(lane, now_ms)) return;
        while (due_ms(lane) <= now_ms) {
            if (!send_new(lane, now_ms)) break;
        }
        if (now_ms < busy_until_ms) return;
    }
    if (flushing && unsent(Lane::bulk) == 0) flushing = false;
}

bool Agent::Parts::hand_over(std::span<const std::byte> payload, std::uint64_t now_ms) {
    if (ports.transport.publish(ports.transport.context, up_topic, payload, false)) {
        budget.spend(up_topic.view().size() + payload.size() + kMqttOverheadBytes, now_ms);
        return true;
    }
    busy_until_ms = now_ms + kTransportBusyMs;
    return false;
}

bool Agent::Parts::publish_presence(std::uint64_t now_ms) {
    std::array<std::byte, kPresenceBytesMax> bytes;
    const Presence here{true, spool.state().boot, spool.state().stream_id, firmware};
    const std::size_t size = encode_presence(here, bytes);
    if (!ports.transport.publish(ports.transport.context, presence_topic,
                                 std::span{bytes}.first(size), true)) {
        busy_until_ms = now_ms + kTransportBusyMs;
        return false;
    }
    presence_due = false;
    return true;
}

ReportHeader Agent::Parts::header(Lane lane, SpoolSeq oldest, bool ack_now) const {
    const SpoolState& state = spool.state();
    ReportHeader h;
    h.device_id = device;
    h.model = model;
    h.firmware = firmware;
    h.stream_id = state.stream_id;
    h.lane = lane;
    h.oldest_seq = oldest;
    h.boot = state.boot;
    h.uptime_ms = uptime_ms();
    const WallReading now = wall();
    h.wall_unix_ms = now.quality == ClockQuality::unknown ? 0 : now.unix_ms;
    h.clock_quality = now.quality;
    h.consent_epoch = state.consent_epoch;
    h.consent_purposes = state.consent_purposes;
    h.config_version = state.config_version;
    h.dropped = state.dropped;
    h.ack_now = ack_now;
    return h;
}

// Fills report[kReportHeaderBytesMax…] and gives the bytes used.
std::size_t Agent::Parts::put_records(Lane lane, SpoolSeq before, SpoolSeq limit, InFlight& entry) {
    std::size_t used = 0;
    SpoolSeq previous = before;
    entry.record_count = 0;
    while (entry.record_count < options.records_per_report) {
        const FrameView* frame = spool.find_after(lane, previous);
        if (frame == nullptr || frame->header.seq > limit) break;
        const SpoolSeq seq = frame->header.seq;
        const std::size_t size = encode_in_report(frame->payload(), seq - previous - 1,
                                                  report.subspan(kReportHeaderBytesMax + used));
        if (size == 0) break;
        used += size;
        previous = seq;
        if (entry.record_count++ == 0) entry.first = previous;
    }
    entry.last = previous;
    return used;
}

std::span<const std::byte> Agent::Parts::build_report(Lane lane, std::uint32_t i, SpoolSeq limit,
                                                      InFlight& entry) {
    const SendWindow& window = windows[index(lane)];
    const SpoolSeq acked = spool.state().acked[index(lane)];
    const SpoolSeq before = i == 0 ? acked : window[i - 1].last;
    const std::size_t used = put_records(lane, before, limit, entry);
    if (used == 0) return {};
    const SpoolSeq oldest = i == 0 ? entry.first : window[0].first;
    const bool pressed = spool.free_sectors() <= 2;
    const bool half_full = 2 * (i + 1) >= options.reports_in_flight_max;
    ReportHeader h =
        header(lane, oldest, lane == Lane::urgent || pressed || half_full || entry.attempts > 0);
    h.first_seq = entry.first;
    // The header ends where the records begin, whatever its length.
    std::array<std::byte, kReportHeaderBytesMax> bytes;
    const std::size_t size = encode_report_header(h, bytes);
    std::memcpy(report.data() + kReportHeaderBytesMax - size, bytes.data(), size);
    return report.subspan(kReportHeaderBytesMax - size, size + used);
}

// False when the transport or the storage wants no more now.
bool Agent::Parts::resend_due(Lane lane, std::uint64_t now_ms) {
    SendWindow& window = windows[index(lane)];
    for (std::uint32_t i = 0; i < window.size();) {
        const std::uint64_t paid_ms = lane == Lane::bulk ? budget.ready_ms() : 0;
        if (std::max(window[i].resend_at_ms, paid_ms) > now_ms) {
            ++i;
            continue;
        }
        InFlight entry = window[i];
        ++entry.attempts;
        const std::uint32_t errors = spool.storage_errors();
        const auto payload = build_report(lane, i, window[i].last, entry);
        if (spool.storage_errors() != errors) {
            busy_until_ms = now_ms + kStorageBusyMs;
            return false;
        }
        if (payload.empty()) {
            window.remove(i);
            continue;
        }
        if (!hand_over(payload, now_ms)) return false;
        ++reports_resent;
        ++reports_sent;
        entry.last = window[i].last;
        entry.resend_at_ms = connector.resend_at(now_ms, entry.attempts);
        window[i++] = entry;
    }
    return true;
}

bool Agent::Parts::send_new(Lane lane, std::uint64_t now_ms) {
    // A seq that left the device must never be given again: storage first, then the link.
    if (spool.unsynced() && !sync(now_ms)) {
        busy_until_ms = now_ms + kStorageBusyMs;
        return false;
    }
    SendWindow& window = windows[index(lane)];
    InFlight entry;
    const std::uint32_t errors = spool.storage_errors();
    const auto payload = build_report(lane, window.size(), UINT32_MAX, entry);
    if (spool.storage_errors() != errors) {
        busy_until_ms = now_ms + kStorageBusyMs;
        return false;
    }
    if (payload.empty()) {
        waiting_since_ms[index(lane)] = kNever;
        return false;
    }
    if (!hand_over(payload, now_ms)) return false;
    ++reports_sent;
    entry.resend_at_ms = connector.resend_at(now_ms, 0);
    window.push(entry);
    spool.sent(lane, entry.last);
    if (unsent(lane) == 0) waiting_since_ms[index(lane)] = kNever;
    return true;
}

void Agent::Parts::on_ack(const Ack& ack) {
    const SpoolState& state = spool.state();
    bool known = ack.stream_id == state.stream_id;
    for (std::size_t l = 0; l < kLaneCount; ++l)
        known = known && ack.through[l] < state.next_seq[l];
    if (!known) {
        ++acks_ignored;
        return;
    }
    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        const auto through = static_cast<SpoolSeq>(ack.through[index(lane)]);
        const SpoolSeq before = spool.state().acked[index(lane)];
        if (through <= before) continue;
        acks_since_state += through - before;
        spool.acked(lane, through);
        windows[index(lane)].acked(through);
        if (unsent(lane) == 0) waiting_since_ms[index(lane)] = kNever;
    }
    connector.proved_useful();
    if (acks_since_state >= kAcksPerState) {
        acks_since_state = 0;
        static_cast<void>(spool.append_state());
        note_unsynced(link_ms());
    }
}

// Bad settings are refused as a whole and the old ones kept.
void Agent::Parts::on_config(const Config& config) {
    SpoolState& state = spool.state();
    if (config.version == state.config_version) return;
    const auto within = [](std::uint32_t value, std::uint32_t low, std::uint32_t high) {
        return value == 0 || (value >= low && value <= high);
    };
    const bool good = config.version > state.config_version &&
                      within(config.reading_window_s, 1, 86'400) &&
                      within(config.flush_delay_s, 1, 86'400) &&
                      within(config.records_per_report, 1, kRecordsPerReportMax);
    if (good) {
        state.config_version = config.version;
        if (config.reading_window_s != 0) {
            state.reading_window_s = options.reading_window_s = config.reading_window_s;
        }
        if (config.flush_delay_s != 0) {
            state.flush_delay_s = config.flush_delay_s;
            options.flush_delay_ms = config.flush_delay_s * 1000;
        }
        if (config.records_per_report != 0) {
            state.records_per_report = options.records_per_report = config.records_per_report;
        }
        static_cast<void>(spool.append_state());
    }
    tell({.kind = good ? LifecycleKind::config_applied : LifecycleKind::config_refused,
          .config_version = config.version});
}

void Agent::Parts::on_downlink(std::span<const std::byte> payload) {
    const auto downlink = decode_downlink(payload);
    if (!downlink || std::holds_alternative<UnknownDown>(*downlink)) {
        ++downlinks_ignored;
        return;
    }
    const HandlerPort& handler = ports.handler;
    if (const auto* ack = std::get_if<Ack>(&*downlink)) on_ack(*ack);
    if (const auto* config = std::get_if<Config>(&*downlink)) on_config(*config);
    if (const auto* notice = std::get_if<Notice>(&*downlink); notice && handler.notice) {
        handler.notice(handler.context, *notice);
    }
    if (const auto* request = std::get_if<SelfTestRequest>(&*downlink);
        request && handler.self_test) {
        handler.self_test(handler.context, *request);
    }
    if (const auto* query = std::get_if<ConsentQuery>(&*downlink); query && handler.consent_query) {
        handler.consent_query(handler.context, *query);
    }
}

}  // namespace aftercare::agent
