// A stop while appliances send as fast as the broker takes it: what was stored was acknowledged.
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <fstream>
#include <map>
#include <thread>

#include "proto/codec.hpp"
#include "tests/integration/http/running_collector.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;

namespace {

constexpr int kStops = 5;
constexpr int kDevices = 40;
constexpr double kRecordsBeforeStop = 600;
/// Of each device in a round: a slow collector has to take them all in the end.
constexpr Seq kAheadMax = 250;

std::string device_id(int number) {
    return "wm-" + std::to_string(number);
}

/// Appliances behind one connection, each of which sends record by record.
class Appliances {
  public:
    Appliances(const std::string& broker_url, int first)
        : first_(first), hand_(broker_url, "appliances-" + std::to_string(first)) {}

    /// Sends from what each had acknowledged on, until `done` or as far ahead as allowed.
    void send_until(const std::atomic<bool>& done, const std::map<int, Seq>& acknowledged) {
        for (int i = 0; i < kDevices; ++i) made_[first_ + i] = told(acknowledged, first_ + i);
        for (Seq ahead = 0; !done && ahead < kAheadMax; ++ahead) {
            for (auto& [number, seq] : made_) send(number, ++seq);
        }
        hand_.await_all();
    }
    /// Everything that was made and not acknowledged, once more.
    void send_again(const std::map<int, Seq>& acknowledged) {
        for (const auto& [number, last] : most_) {
            for (Seq seq = told(acknowledged, number) + 1; seq <= last; ++seq) send(number, seq);
        }
        hand_.await_all();
    }
    [[nodiscard]] double made() const {
        double sum = 0;
        for (const auto& [number, last] : most_) sum += static_cast<double>(last);
        return sum;
    }

  private:
    static Seq told(const std::map<int, Seq>& acknowledged, int number) {
        const auto found = acknowledged.find(number);
        return found == acknowledged.end() ? 0 : found->second;
    }
    void send(int number, Seq seq) {
        most_[number] = std::max(most_[number], seq);
        const std::string id = device_id(number);
        hand_.hand_over(up_topic("acme", id), report_bytes(id, seq, 1, 1));
    }

    int first_;
    Hand hand_;
    std::map<int, Seq> made_;  ///< by device, in this round
    std::map<int, Seq> most_;  ///< by device, ever
};

}  // namespace

TEST_GROUP(CollectorStopped) {
    ScratchDir broker_dir{"broker"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;
    std::unique_ptr<Hand> ear;

    void setup() override {
        auto started = Broker::start({.dir = broker_dir.path()});
        CHECK_TRUE_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        collector = std::make_unique<RunningCollector>(broker->url(), "", "enrolment = \"open\"\n");
        ear = std::make_unique<Hand>(broker->url(), "ear");
        ear->listen("aftercare/v1/acme/+/+/down");
    }
    /// By the number of the device, the last record it was told to be stored.
    [[nodiscard]] std::map<int, Seq> acknowledged() const {
        std::map<int, Seq> through;
        for (int number = 0; number < 2 * kDevices; ++number) {
            const auto topic = format_topic("acme", device_id(number), Leg::down);
            const std::string bytes = ear->latest(std::string(topic.view()));
            const auto down =
                proto::Codec().decode_downlink(std::as_bytes(std::span{std::string_view{bytes}}));
            const auto* ack = down ? std::get_if<Ack>(&*down) : nullptr;
            if (ack != nullptr) through[number] = ack->through[index(Lane::urgent)];
        }
        return through;
    }
    [[nodiscard]] std::map<int, Seq> stored() const {
        std::map<int, Seq> through;
        SQLite::Database database((collector->dir() / "aftercare.db").string());
        SQLite::Statement rows(database,
                               "SELECT device_id, high_water_urgent FROM stream "
                               "JOIN device USING (device_no) WHERE high_water_urgent > 0");
        while (rows.executeStep()) {
            through[std::stoi(rows.getColumn(0).getString().substr(3))] =
                static_cast<Seq>(rows.getColumn(1).getInt64());
        }
        return through;
    }
};

// promise: stop-acknowledges
TEST(CollectorStopped, under_load_has_acknowledged_all_that_it_stored_and_nothing_else) {
    Appliances some(broker->url(), 0);
    Appliances others(broker->url(), kDevices);
    for (int stop = 0; stop < kStops; ++stop) {
        const std::map<int, Seq> before = acknowledged();
        CHECK_TRUE(collector->start());
        CHECK_TRUE(collector->wait_until_ready());
        const double already = collector->metric("records_total");
        std::atomic<bool> done = false;
        std::thread one([&] { some.send_until(done, before); });
        std::thread two([&] { others.send_until(done, before); });
        const bool under_way =
            collector->wait_for_metric("records_total", already + kRecordsBeforeStop);
        const int code = collector->stop();
        done = true;
        one.join();
        two.join();
        CHECK_TRUE(under_way);
        LONGS_EQUAL_TEXT(0, code, collector->log().c_str());
        const std::map<int, Seq> held = stored();
        CHECK_TRUE(wait_until([&] { return acknowledged() == held; }, std::chrono::seconds{5}));
        // The session is forgotten, so that the next round begins without a backlog.
        Hand(broker->url(), "aftercare-collector");
    }
    CHECK_TRUE(collector->start());
    CHECK_TRUE(collector->wait_until_ready());
    const auto told = acknowledged();
    some.send_again(told);
    others.send_again(told);
    const double made = some.made() + others.made();
    CHECK_TRUE(collector->wait_for_metric("records_total", made));
    DOUBLES_EQUAL(made, collector->metric("records_total"), 0);
    DOUBLES_EQUAL(0, collector->metric("gap_records_total"), 0);
    LONGS_EQUAL(0, collector->stop());
}
