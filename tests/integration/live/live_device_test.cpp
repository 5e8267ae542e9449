// Real agents over a real broker against a collector that is only a set of records: whatever an
// agent made arrives, also when broker and collector go away in between.
#include "firmware_sim/io/live_device.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "common/time_text.hpp"
#include "firmware_sim/model/fleet.hpp"
#include "proto/codec.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Applies each lane in order and acknowledges what it holds.
class StandInCollector : MqttEvents {
  public:
    StandInCollector(EventLoop& loop, std::uint16_t port)
        : client_(loop,
                  {.host = "127.0.0.1",
                   .port = port,
                   .client_id = "collector",
                   .subscription = "aftercare/v1/+/+/+/up"},
                  *this) {}
    void connect() { client_.connect("", {}); }
    [[nodiscard]] bool connected() const { return client_.connected(); }
    [[nodiscard]] Seq through(const std::string& device, Lane lane) const {
        const auto found = through_.find(device);
        return found == through_.end() ? 0 : found->second[index(lane)];
    }
    bool deaf = false;  ///< takes nothing in, as if killed before each commit
    unsigned refused = 0;
    std::uint64_t applied = 0;

  private:
    void on_connected() override {}
    void on_disconnected(std::string_view) override {}
    void on_message(std::span<const std::byte> payload) override {
        if (deaf) return;
        if (!codec_.decode_report(payload, report_)) {
            ++refused;
            return;
        }
        const std::string device(report_.header.device_id.view());
        auto& through = through_[device];
        Seq& mark = through[index(report_.header.lane)];
        for (const Record& record : report_.records) {
            if (record.seq != mark + 1) continue;
            ++mark;
            ++applied;
        }
        const std::string ack = codec_.encode_downlink(Ack{report_.header.stream_id, through});
        client_.publish(format_topic("demo", device, Leg::down).view(),
                        std::as_bytes(std::span(ack)), false);
    }

    MqttClient client_;
    proto::Codec codec_;
    Report report_;
    std::map<std::string, std::array<Seq, kLaneCount>> through_;
};

}  // namespace

TEST_GROUP(LiveDevice) {
    test::ScratchDir scratch{"device"};
    EventLoop loop;
    std::optional<test::Broker> broker;
    std::optional<StandInCollector> collector;
    std::deque<LiveDevice> devices;
    Scenario scenario;
    TruthLedger truth;
    std::vector<collector::Command> commands;

    void setup() override {
        auto started = test::Broker::start({.dir = scratch.path()});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker.emplace(std::move(*started));
        collector.emplace(loop, broker->port());
        collector->connect();
        scenario.start = *parse_rfc3339("2026-01-01T00:00:00Z");
        scenario.fleet.device_count = 12;
        const LiveLink link{.host = "127.0.0.1",
                            .port = broker->port(),
                            .tenant = "demo",
                            .start = scenario.start,
                            .flush_delay_ms = 20,
                            .ack_timeout_ms = 300};
        for (Household& household : make_fleet(scenario)) {
            devices.emplace_back(loop, link, Credential{}, std::move(household),
                                 devices.size() + 1);
            CHECK(devices.back().open().has_value());
        }
        CHECK(reached([&] { return collector->connected() && all_connected(); }));
    }
    bool all_connected() {
        for (const LiveDevice& device : devices) {
            if (!device.counts().connected) return false;
        }
        return true;
    }
    std::uint64_t held() {
        std::uint64_t sum = 0;
        for (const LiveDevice& device : devices) sum += device.counts().held;
        return sum;
    }
    bool reached(const std::function<bool()>& condition, seconds patience = seconds{30}) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        loop.run(milliseconds{5}, [&] {
            for (LiveDevice& device : devices) device.poll();
            return !condition() && std::chrono::steady_clock::now() < deadline;
        });
        return condition();
    }
    /// Virtual days, one sweep per hour.
    void live(int first_day, int last_day) {
        for (int hour = first_day * 24; hour < last_day * 24; ++hour) {
            const WallTime to = scenario.start + hours_ms(hour + 1);
            for (LiveDevice& device : devices) {
                device.live(to, truth, commands);
                device.poll();
            }
            loop.dispatch_ready();
        }
    }
    void check_everything_arrived() {
        for (LiveDevice& device : devices) device.flush();
        CHECK(reached([&] { return held() == 0; }));
        std::uint64_t made = 0;
        for (const LiveDevice& device : devices) {
            const LiveDeviceCounts counts = device.counts();
            for (const Lane lane : {Lane::urgent, Lane::bulk}) {
                made += counts.made[index(lane)];
                LONGS_EQUAL(counts.made[index(lane)], collector->through(device.id(), lane));
            }
            LONGS_EQUAL(0, counts.refused);
            LONGS_EQUAL(0, counts.dropped);
        }
        CHECK(made > devices.size() * 24);
        LONGS_EQUAL(made, collector->applied);
        LONGS_EQUAL(0, collector->refused);
    }
};

TEST(LiveDevice, delivers_every_record_it_made) {
    live(0, 5);
    check_everything_arrived();
}

TEST(LiveDevice, delivers_every_record_although_the_broker_was_killed) {
    live(0, 2);
    broker->kill();
    live(2, 4);
    CHECK(reached([&] { return !all_connected(); }));
    CHECK(broker->start_again().has_value());
    collector->connect();
    CHECK(reached([&] { return collector->connected() && all_connected(); }));
    live(4, 5);
    check_everything_arrived();
}

TEST(LiveDevice, delivers_every_record_although_the_collector_lost_what_it_had_received) {
    live(0, 1);
    collector->deaf = true;
    live(1, 2);
    CHECK(reached([&] { return held() > 0; }));
    collector->deaf = false;
    live(2, 3);
    check_everything_arrived();
}
