#include "collector/io/live/engine_loop.hpp"

#include <deque>
#include <numeric>

#include "collector/io/live/metered_store.hpp"
#include "tests/contract/memory_store.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

class FakeSource : public Source {
  public:
    void poll(std::vector<Message>& messages, std::size_t count_max, milliseconds) override {
        ++polls;
        messages.clear();
        while (!waiting.empty() && messages.size() < count_max) {
            messages.push_back(waiting.front());
            waiting.pop_front();
        }
    }
    void publish(const std::string& topic, const std::string&, int) override {
        published.push_back(topic);
    }
    void deliver(std::uint64_t key, const std::string& topic, const std::string&) override {
        published.push_back(topic);
        receipts.push_back({key, link_up});
    }
    std::vector<Receipt> take_receipts() override { return std::exchange(receipts, {}); }
    [[nodiscard]] bool connected() const override { return true; }

    std::deque<Message> waiting;
    std::vector<std::string> published;
    std::vector<Receipt> receipts;
    bool link_up = true;
    int polls = 0;
};

}  // namespace

/// A real engine that enrols whoever reports, a store that can fail, a source that counts.
TEST_GROUP(EngineLoop) {
    Catalogue catalogue{{ModelInfo{.id = "WM-1"}}};
    std::unique_ptr<Detector> detector = std::move(*Detector::create({}, catalogue));
    std::unique_ptr<Engine> engine = std::move(*Engine::create(
        {.tenants = {"acme"}, .open_enrolment = true}, catalogue, *detector, Loaded{}));
    collector::testing::MemoryStore memory;
    MeteredStore store{memory};
    Pump pump{*engine, store};
    FakeSource source;
    CommandQueue commands;
    std::vector<std::string> store_events;
    aftercare::collector::EngineLoop loop{
        pump,
        source,
        commands,
        {.reports_max = 3, .busy_reports = 2, .on_store = [this](bool working, const std::string&) {
             store_events.push_back(working ? "works" : "refuses");
         }}};
    milliseconds clock{0};

    aftercare::collector::EngineLoop::Turn turn(milliseconds later = milliseconds{50}) {
        clock += later;
        return loop.turn({Instant{clock}, WallTime{clock}});
    }
    void send(Seq seq, bool ack_now = true) {
        Report report;
        report.header.device_id = "wm-1";
        report.header.model = "WM-1";
        report.header.stream_id = 9;
        report.header.lane = Lane::urgent;
        report.header.first_seq = report.header.oldest_seq = seq;
        report.header.boot = 1;
        report.header.ack_now = ack_now;
        report.records.push_back({.seq = seq, .boot = 1, .body = SelfTest{}});
        const std::string topic{format_topic("acme", "wm-1", Leg::up).view()};
        source.waiting.push_back({topic, proto::Codec().encode_report(report)});
    }
    std::uint64_t stored() const {
        return memory.tables().totals.records;
    }
};

using Turn = aftercare::collector::EngineLoop::Turn;

// promise: ack-after-commit
TEST(EngineLoop, stores_a_batch_before_it_acknowledges) {
    send(1);
    CHECK_TRUE(turn() == Turn::worked);
    LONGS_EQUAL(1, stored());
    LONGS_EQUAL(1, source.published.size());
    STRCMP_EQUAL(std::string(format_topic("acme", "wm-1", Leg::down).view()).c_str(),
                 source.published[0].c_str());
    CHECK_TRUE(turn() == Turn::idle);
}

TEST(EngineLoop, delivers_to_a_desk_until_the_source_says_that_it_was_taken) {
    Settings settings{.tenants = {"acme"}};
    settings.sla.centres = {{.id = "north", .delivery = Delivery::mqtt}};
    engine = std::move(*Engine::create(settings, catalogue, *detector, Loaded{}));
    Pump desk_pump{*engine, store};
    aftercare::collector::EngineLoop desk_loop{desk_pump, source, commands, {}};
    const auto desk_turn = [&](milliseconds later) {
        clock += later;
        desk_loop.turn({Instant{clock}, WallTime{clock}});
    };
    DeviceInfo info{.tenant = "acme", .device_id = "wm-1", .model = "WM-1", .centre = "north"};
    source.link_up = false;
    std::vector<Command> call{RegisterDevice{info}};
    call.emplace_back(InboundContact{.contact_id = "c", .tenant = "acme", .device_id = "wm-1"});
    CHECK_TRUE(commands
                   .submit(
                       std::move(call), [](auto, Commit&) {}, [] {})
                   .has_value());
    desk_turn(milliseconds{50});
    LONGS_EQUAL(1, source.published.size());
    STRCMP_EQUAL("aftercare-desk/v1/acme/north/tickets", source.published[0].c_str());
    LONGS_EQUAL(1, memory.tables().desk_due.size());
    source.link_up = true;
    desk_turn(milliseconds{50});  // hears that it was not taken
    desk_turn(milliseconds{10'000});
    LONGS_EQUAL(2, source.published.size());
    desk_turn(milliseconds{50});
    LONGS_EQUAL(0, memory.tables().desk_due.size());
}

TEST(EngineLoop, acknowledges_before_a_stop_what_could_have_waited) {
    send(1);
    turn();
    send(2, false);
    turn();
    CHECK_TRUE(turn() == Turn::idle);
    LONGS_EQUAL(1, source.published.size());
    CHECK_TRUE(loop.flush({Instant{clock}, WallTime{clock}}) == Turn::idle);
    LONGS_EQUAL(2, source.published.size());
    loop.flush({Instant{clock}, WallTime{clock}});
    LONGS_EQUAL(2, source.published.size());
}

TEST(EngineLoop, goes_on_at_once_after_a_full_batch) {
    for (Seq seq = 1; seq <= 4; ++seq) send(seq);
    CHECK_TRUE(turn() == Turn::full);
    LONGS_EQUAL(3, stored());
    CHECK_TRUE(turn() == Turn::worked);
    LONGS_EQUAL(4, stored());
}

TEST(EngineLoop, calls_a_turn_busy_that_took_much_and_left_nothing) {
    for (Seq seq = 1; seq <= 2; ++seq) send(seq);
    CHECK_TRUE(turn() == Turn::busy);
    LONGS_EQUAL(2, loop.taken());
    LONGS_EQUAL(2, stored());
}

TEST(EngineLoop, stops_reading_while_the_store_refuses_and_loses_nothing) {
    send(1);
    memory.fail_next(3);
    CHECK_TRUE(turn() == Turn::stalled);
    send(2);
    const int polls = source.polls;
    int turns = 0;
    while (turn(milliseconds{6'000}) == Turn::stalled && turns < 10) ++turns;
    LONGS_EQUAL(2, turns);  // two more refusals, then the third retry succeeds
    LONGS_EQUAL(polls, source.polls);
    LONGS_EQUAL(1, stored());
    turn();
    LONGS_EQUAL(2, stored());
    LONGS_EQUAL(2, store_events.size());
    STRCMP_EQUAL("refuses", store_events[0].c_str());
    STRCMP_EQUAL("works", store_events[1].c_str());
}

TEST(EngineLoop, waits_between_two_attempts) {
    send(1);
    memory.fail_next(1'000);
    turn();
    LiveFigures figures;
    for (int i = 0; i < 200; ++i) turn(milliseconds{10});  // two seconds
    store.report(figures);
    // Full jitter over 100 ms · 2^k: about five attempts fit, two hundred would be hammering.
    CHECK_TRUE(figures.commit_failures >= 3);
    CHECK_TRUE(figures.commit_failures <= 20);
    CHECK_FALSE(figures.store_error.empty());
    LONGS_EQUAL(0, source.published.size());
}

// promise: ack-after-commit
TEST(EngineLoop, ends_when_the_engine_contradicts_the_database) {
    send(1);
    memory.fail_next(1, Errc::conflict);
    CHECK_TRUE(turn() == Turn::broken);
    CHECK_FALSE(loop.broken_because().empty());
    send(2);
    const int polls = source.polls;
    CHECK_TRUE(turn(milliseconds{60'000}) == Turn::broken);
    LONGS_EQUAL(polls, source.polls);
    LONGS_EQUAL(0, stored());
    LONGS_EQUAL(0, source.published.size());
}

TEST(EngineLoop, answers_a_command_only_when_it_is_stored) {
    int answers = 0;
    memory.fail_next(1);
    DeviceInfo device;
    device.tenant = "acme";
    device.device_id = "wm-2";
    device.model = "WM-1";
    const auto decided = [](auto, Commit&) {};
    CHECK_TRUE(commands.submit({RegisterDevice{device}}, decided, [&] { ++answers; }).has_value());
    CHECK_TRUE(turn() == Turn::stalled);
    LONGS_EQUAL(0, answers);
    turn(milliseconds{6'000});
    LONGS_EQUAL(1, answers);
    LONGS_EQUAL(1, memory.tables().devices.size());
}

TEST_GROUP(MeteredStore) {
    collector::testing::MemoryStore memory;
    aftercare::collector::MeteredStore store{memory};
};

TEST(MeteredStore, tells_how_large_and_how_late_a_commit_was) {
    Commit commit;
    RawReport report;
    report.device_no = 1;
    report.record_count = 20;
    report.t0 = wall_from_unix_ms(1'000);
    report.received_at = wall_from_unix_ms(4'500);
    commit.raw = {report, report};
    CHECK_TRUE(store.apply(commit).has_value());
    LiveFigures figures;
    store.report(figures);
    DOUBLES_EQUAL(7, figures.event_lag_seconds.sum, 1e-9);
    DOUBLES_EQUAL(40, figures.batch_records.sum, 1e-9);
    DOUBLES_EQUAL(2, figures.batch_reports.sum, 1e-9);
    LONGS_EQUAL(1, std::accumulate(figures.commit_seconds.counts.begin(),
                                   figures.commit_seconds.counts.end(), std::uint64_t{0}));
}
