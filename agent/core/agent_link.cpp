// The agent's dealings with the link: what goes out when, and what comes down.
#include <algorithm>
#include <cstring>

#include "agent/core/agent_parts.hpp"
#include "agent/core/wire_messages.hpp"
#include "common/telemetry_settings.hpp"

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

// Not inline: it is called twice.
[[gnu::noinline]] bool Agent::Parts::end_lost(Lane lane) const {
    const SpoolState& state = spool.state();
    const std::size_t l = index(lane);
    return (spool.held(lane) | windows[l].size()) == 0 && state.acked[l] + 1 < state.next_seq[l];
}

// The collector passes over the seqs of a declared end for ever: none of them may come again after
// a power cut.
bool Agent::Parts::keep_end(Lane lane) {
    SpoolSeq& kept = kept_end[index(lane)];
    const SpoolSeq end = spool.state().next_seq[index(lane)];
    if (!end_lost(lane) || kept == end) return true;
    if (spool.append_state() != Outcome::done) return false;
    kept = end;
    return true;
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
        log(LogLevel::warning, "link: no answer when connecting");
    }
    if (connector.begin_attempt(now_ms)) {
        ports.transport.connect(ports.transport.context, presence_topic, presence(false));
        return;
    }
    if (connector.link() != Link::online || now_ms < busy_until_ms) return;
    if (presence_due) {
        presence_due = !publish(presence_topic, presence(true), true, now_ms);
        if (presence_due) return;
    }
    // The urgent lane first, so that a new fault never waits behind a month of readings.
    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        if (!resend_due(lane, now_ms)) return;
        std::uint64_t& since = waiting_since_ms[index(lane)];
        if (since == kNever && end_lost(lane)) since = now_ms;
        while (due_ms(lane) <= now_ms) {
            if (!send_new(lane, now_ms)) break;
        }
        if (now_ms < busy_until_ms) return;
    }
    if (flushing && unsent(Lane::bulk) == 0) flushing = false;
}

bool Agent::Parts::publish(const TopicText& topic, std::span<const std::byte> payload, bool retain,
                           std::uint64_t now_ms) {
    if (ports.transport.publish(ports.transport.context, topic, payload, retain)) return true;
    busy_until_ms = now_ms + kTransportBusyMs;
    return false;
}

std::span<const std::byte> Agent::Parts::presence(bool online) {
    const SpoolState& state = spool.state();
    const Presence presence{online, state.boot, state.stream_id, header.firmware};
    return report.first(encode_presence(presence, report));
}

void Agent::Parts::fill_header(Lane lane) {
    const SpoolState& state = spool.state();
    header.stream_id = state.stream_id;
    header.lane = lane;
    header.boot = state.boot;
    header.uptime_ms = uptime_ms();
    const WallReading now = wall();
    header.wall_unix_ms = now.quality == ClockQuality::unknown ? 0 : now.unix_ms;
    header.clock_quality = now.quality;
    header.consent_epoch = state.consent_epoch;
    header.consent_purposes = state.consent_purposes;
    header.config_version = state.config_version;
    header.dropped = state.dropped;
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
    if (used == 0) {
        const SpoolSeq end = spool.state().next_seq[index(lane)];
        if ((i | spool.held(lane)) != 0 || kept_end[index(lane)] != end) return {};
        entry.first = end;
        entry.last = end - 1;
    }
    fill_header(lane);
    header.first_seq = entry.first;
    header.oldest_seq = i == 0 ? entry.first : window[0].first;
    const bool pressed = spool.free_sectors() <= 2;
    const bool half_full = 2 * (i + 1) >= options.reports_in_flight_max;
    header.ack_now = lane == Lane::urgent || pressed || half_full || entry.attempts > 0;
    // The header ends where the records begin, whatever its length.
    const std::size_t size = encode_report_header(header, report.first(kReportHeaderBytesMax));
    const auto whole = report.subspan(kReportHeaderBytesMax - size, size + used);
    std::memmove(whole.data(), report.data(), size);
    return whole;
}

Agent::Parts::Sent Agent::Parts::send(Lane lane, std::uint32_t i, std::uint64_t now_ms) {
    SendWindow& window = windows[index(lane)];
    const bool again = i < window.size();
    InFlight entry;
    SpoolSeq limit = UINT32_MAX;
    if (again) {
        entry = window[i];
        ++entry.attempts;
        limit = entry.last;
    }
    const std::uint32_t errors = spool.storage_errors();
    const auto payload = build_report(lane, i, limit, entry);
    if (spool.storage_errors() != errors) {
        busy_until_ms = now_ms + kStorageBusyMs;
        return Sent::not_now;
    }
    if (payload.empty()) return Sent::nothing_held;
    if (!publish(up_topic, payload, false, now_ms)) return Sent::not_now;
    budget.spend(up_topic.view().size() + payload.size() + kMqttOverheadBytes, now_ms);
    ++reports_sent;
    if (again) {
        ++reports_resent;
        entry.last = limit;
    } else {
        spool.sent(lane, entry.last);
    }
    entry.resend_at_ms = connector.resend_at(now_ms, entry.attempts);
    window.put(i, entry);
    return Sent::yes;
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
        const Sent sent = send(lane, i, now_ms);
        if (sent == Sent::not_now) return false;
        if (sent == Sent::nothing_held) {
            window.remove(i);
        } else {
            ++i;
        }
    }
    return true;
}

bool Agent::Parts::send_new(Lane lane, std::uint64_t now_ms) {
    // What a report of no records declares, the next record declares as well.
    SendWindow& window = windows[index(lane)];
    if (window.size() > 0 && window[0].last < window[0].first) window.remove(0);
    // A seq that left the device must never be given again: storage first, then the link.
    if (!keep_end(lane) || (spool.unsynced() && !sync(now_ms))) {
        busy_until_ms = now_ms + kStorageBusyMs;
        return false;
    }
    const Sent sent = send(lane, window.size(), now_ms);
    if (sent == Sent::nothing_held || (sent == Sent::yes && unsent(lane) == 0)) {
        waiting_since_ms[index(lane)] = kNever;
    }
    return sent == Sent::yes;
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

// All or nothing: what is refused leaves everything as it was.
ConfigRefusal Agent::Parts::apply_config(const Config& config) {
    const auto within = [](std::uint32_t value, std::uint32_t high) { return value <= high; };
    SpoolState& state = spool.state();
    if (config.version < state.config_version) return ConfigRefusal::old_version;
    if (!within(config.reading_window_s, 86'400) || !within(config.flush_delay_s, 86'400) ||
        !within(config.records_per_report, kRecordsPerReportMax) ||
        !within(static_cast<std::uint32_t>(config.telemetry.size()), kTelemetrySettingsBytesMax)) {
        return ConfigRefusal::bad_value;
    }
    const bool telemetry = !config.telemetry.empty();
    if (telemetry) {
        if (extension.settings == nullptr) return ConfigRefusal::unsupported;
        const auto refusal = extension.settings(extension.context, config.telemetry, false);
        if (refusal != ConfigRefusal::none) return refusal;
        // Durable before the state names them: a power cut between leaves the old ones in force.
        if (spool.append_settings(config.telemetry, config.version) != Outcome::done ||
            !sync(link_ms())) {
            return ConfigRefusal::storage;
        }
    }
    const SpoolState before = state;
    const auto take = [](std::uint32_t value, std::uint32_t& into) {
        if (value != 0) into = value;
    };
    state.config_version = config.version;
    take(config.reading_window_s, state.reading_window_s);
    take(config.flush_delay_s, state.flush_delay_s);
    take(config.records_per_report, state.records_per_report);
    if (telemetry) state.settings_version = config.version;
    if (spool.append_state() != Outcome::done) {
        state.config_version = before.config_version;
        state.reading_window_s = before.reading_window_s;
        state.flush_delay_s = before.flush_delay_s;
        state.records_per_report = before.records_per_report;
        state.settings_version = before.settings_version;
        return ConfigRefusal::storage;
    }
    use_settings();
    if (telemetry) {
        static_cast<void>(extension.settings(extension.context, config.telemetry, true));
        static_cast<void>(spool.find_settings());
    }
    return ConfigRefusal::none;
}

void Agent::Parts::on_config(const Config& config) {
    if (config.version == spool.state().config_version) return;
    const ConfigRefusal refusal = apply_config(config);
    tell({.kind = refusal == ConfigRefusal::none ? LifecycleKind::config_applied
                                                 : LifecycleKind::config_refused,
          .config_version = config.version,
          .config_refusal = refusal});
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
