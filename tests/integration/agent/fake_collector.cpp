#include "tests/integration/agent/fake_collector.hpp"

#include <mqtt/async_client.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "common/topic.hpp"
#include "proto/codec.hpp"

namespace aftercare::test {

struct FakeCollector::Impl {
    explicit Impl(const std::string& url)
        : client("tcp://" + url.substr(7), "fake-collector", mqtt::create_options{MQTTVERSION_5}) {
        client.set_message_callback([this](const mqtt::const_message_ptr& m) { take(*m); });
        mqtt::connect_options options;
        options.set_mqtt_version(MQTTVERSION_5);
        await(client.connect(options));
        await(client.subscribe("aftercare/v1/+/+/+/up", 1));
        await(client.subscribe("aftercare/v1/+/+/+/presence", 1));
    }
    ~Impl() { client.disconnect()->wait_for(std::chrono::seconds{2}); }

    static void await(const mqtt::token_ptr& token) {
        const bool ended = token->wait_for(std::chrono::seconds{30});
        AFTERCARE_ASSERT(ended && "the broker answers the fake collector");
    }
    void take(const mqtt::message& message) {
        const std::string payload = message.get_payload_str();
        const auto bytes = std::as_bytes(std::span{payload.data(), payload.size()});
        const auto topic = parse_topic(message.get_topic());
        const std::lock_guard lock{mutex};
        if (!topic) {
            refusal = "topic " + message.get_topic();
            return;
        }
        if (topic->leg == Leg::presence) {
            if (auto decoded = codec.decode_presence(bytes)) presence = *decoded;
            return;
        }
        Report report;
        if (auto decoded = codec.decode_report(bytes, report); !decoded) {
            refusal = decoded.error().detail;
            return;
        }
        auto& lane = lanes[index(report.header.lane)];
        for (const Record& record : report.records) lane[record.seq] = record;
        Seq& mark = through[index(report.header.lane)];
        const bool lost_end = report.records.empty();
        mark = std::max(mark, lost_end ? report.header.first_seq - 1 : report.records.back().seq);
        if (acknowledging) {
            publish(std::string(topic->tenant.view()), std::string(topic->device.view()),
                    Ack{report.header.stream_id, through});
        }
    }
    void publish(const std::string& tenant, const std::string& device, const Downlink& downlink) {
        client.publish(std::string(format_topic(tenant, device, Leg::down).view()),
                       codec.encode_downlink(downlink),
                       std::holds_alternative<Ack>(downlink) ? 0 : 1, false);
    }

    mutable std::mutex mutex;
    proto::Codec codec;
    std::array<std::map<Seq, Record>, kLaneCount> lanes;
    std::array<Seq, kLaneCount> through{};
    std::optional<Presence> presence;
    std::string refusal;
    bool acknowledging = true;
    mqtt::async_client client;
};

FakeCollector::FakeCollector(const std::string& url) : impl_(std::make_unique<Impl>(url)) {}
FakeCollector::~FakeCollector() = default;

void FakeCollector::acknowledge_all(bool on) {
    const std::lock_guard lock{impl_->mutex};
    impl_->acknowledging = on;
}

void FakeCollector::send(const std::string& tenant, const std::string& device,
                         const Downlink& downlink) {
    const std::lock_guard lock{impl_->mutex};
    impl_->publish(tenant, device, downlink);
}

std::vector<Record> FakeCollector::records(Lane lane) const {
    const std::lock_guard lock{impl_->mutex};
    std::vector<Record> all;
    for (const auto& [seq, record] : impl_->lanes[index(lane)]) all.push_back(record);
    return all;
}

std::optional<Presence> FakeCollector::presence() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->presence;
}

std::string FakeCollector::refusal() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->refusal;
}

}  // namespace aftercare::test
