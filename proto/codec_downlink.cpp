// Downlinks and presence: small messages, seldom, both ways.
#include "proto/messages.hpp"

namespace aftercare::proto {
namespace {

struct DownlinkWriter {
    v1::Downlink& out;
    void operator()(const UnknownDown&) const {}
    void operator()(const Ack& in) const {
        v1::Ack& ack = *out.mutable_ack();
        ack.set_stream_id(in.stream_id);
        ack.set_urgent_through(in.through[index(Lane::urgent)]);
        ack.set_bulk_through(in.through[index(Lane::bulk)]);
    }
    void operator()(const Config& in) const {
        v1::Config& config = *out.mutable_config();
        config.set_version(in.version);
        config.set_reading_window_s(in.reading_window_s);
        config.set_flush_delay_s(in.flush_delay_s);
        config.set_records_per_report(in.records_per_report);
        if (in.telemetry.empty()) return;
        // Bytes that are no message would be a mistake of this program's own.
        const bool sound = config.mutable_telemetry()->ParseFromArray(
            in.telemetry.data(), static_cast<int>(in.telemetry.size()));
        AFTERCARE_ASSERT(sound);
    }
    void operator()(const Notice& in) const {
        v1::Notice& notice = *out.mutable_notice();
        notice.set_notice_id(in.notice_id);
        notice.set_message_key(std::string(in.message_key.view()));
        notice.set_language(std::string(in.language.view()));
        notice.set_article(std::string(in.article.view()));
        notice.set_expires_unix_ms(in.expires_unix_ms);
    }
    void operator()(const SelfTestRequest& in) const {
        v1::SelfTestRequest& request = *out.mutable_self_test_request();
        request.set_request_id(in.request_id);
        request.set_test_id(in.test_id);
    }
    void operator()(const ConsentQuery& in) const {
        out.mutable_consent_query()->set_request_id(in.request_id);
    }
};

std::span<const std::byte> keep_telemetry(const v1::Config& config, std::string& bytes) {
    bytes = config.telemetry().SerializeAsString();
    return std::as_bytes(std::span{bytes.data(), bytes.size()});
}

}  // namespace

std::string Codec::encode_telemetry_settings(const TelemetrySettings& in) {
    v1::TelemetrySettings out;
    out.set_heartbeat_s(in.heartbeat_s);
    for (const std::uint32_t metric : in.reading_metrics) out.add_reading_metric(metric);
    for (const std::uint32_t metric : in.snapshot_metrics) out.add_snapshot_metric(metric);
    for (const FaultRule& rule : in.fault_rules) {
        v1::FaultRule& to = *out.add_fault_rule();
        to.set_code(rule.code);
        to.set_raise_after_ms(rule.raise_after_ms);
        to.set_clear_after_ms(rule.clear_after_ms);
        to.set_storm_limit(rule.storm_limit);
        to.set_storm_window_s(rule.storm_window_s);
    }
    for (const ThresholdRule& rule : in.thresholds) {
        v1::ThresholdRule& to = *out.add_threshold();
        to.set_metric(rule.metric_id);
        to.set_code(rule.code);
        to.set_high(rule.high);
        to.set_low(rule.low);
        to.set_below(rule.below);
    }
    return out.SerializeAsString();
}

std::string Codec::encode_downlink(const Downlink& downlink) {
    v1::Downlink& out = messages_->downlink;
    out.Clear();
    std::visit(DownlinkWriter{out}, downlink);
    return out.SerializeAsString();
}

Result<Downlink> Codec::decode_downlink(std::span<const std::byte> bytes) {
    v1::Downlink& in = messages_->downlink;
    if (bytes.size() > kDownlinkBytesMax ||
        !in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(Errc::invalid, std::to_string(bytes.size()) +
                                       " bytes that are no aftercare.v1.Downlink of at most " +
                                       std::to_string(kDownlinkBytesMax));
    }
    switch (in.body_case()) {
        case v1::Downlink::kAck:
            return Downlink{
                Ack{in.ack().stream_id(), {in.ack().urgent_through(), in.ack().bulk_through()}}};
        case v1::Downlink::kConfig:
            return Downlink{Config{in.config().version(), in.config().reading_window_s(),
                                   in.config().flush_delay_s(), in.config().records_per_report(),
                                   keep_telemetry(in.config(), messages_->telemetry)}};
        case v1::Downlink::kNotice: {
            const v1::Notice& notice = in.notice();
            Notice out{notice.notice_id(), std::string_view{notice.message_key()},
                       std::string_view{notice.language()}, std::string_view{notice.article()},
                       notice.expires_unix_ms()};
            if (!out.message_key.fits(notice.message_key()) ||
                !out.language.fits(notice.language()) || !out.article.fits(notice.article())) {
                return fail(Errc::invalid,
                            "a notice with a text beyond its bound of 48, 16 or 48 bytes");
            }
            return Downlink{out};
        }
        case v1::Downlink::kSelfTestRequest:
            return Downlink{SelfTestRequest{in.self_test_request().request_id(),
                                            in.self_test_request().test_id()}};
        case v1::Downlink::kConsentQuery:
            return Downlink{ConsentQuery{in.consent_query().request_id()}};
        case v1::Downlink::BODY_NOT_SET:
            return Downlink{UnknownDown{}};
    }
    return Downlink{UnknownDown{}};
}

std::string Codec::encode_presence(const Presence& presence) {
    v1::Presence& out = messages_->presence;
    out.Clear();
    out.set_online(presence.online);
    out.set_boot(presence.boot);
    out.set_stream_id(presence.stream_id);
    out.set_firmware(std::string(presence.firmware.view()));
    return out.SerializeAsString();
}

Result<Presence> Codec::decode_presence(std::span<const std::byte> bytes) {
    v1::Presence& in = messages_->presence;
    if (bytes.size() > kPresenceBytesMax ||
        !in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(Errc::invalid, std::to_string(bytes.size()) +
                                       " bytes that are no aftercare.v1.Presence of at most " +
                                       std::to_string(kPresenceBytesMax));
    }
    Presence out{in.online(), in.boot(), in.stream_id(), {}};
    if (!out.firmware.fits(in.firmware())) {
        return fail(Errc::invalid, "a presence whose firmware is longer than 32 bytes");
    }
    out.firmware.assign(in.firmware());
    return out;
}

}  // namespace aftercare::proto
