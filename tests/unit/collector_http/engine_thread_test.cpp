#include "collector/io/live/engine_thread.hpp"

#include <atomic>
#include <future>

#include "tests/contract/memory_store.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

class SilentSource : public Source {
  public:
    void poll(std::vector<Message>& messages, std::size_t, milliseconds) override {
        messages.clear();
    }
    void publish(const std::string&, const std::string&, int) override {}
    void deliver(std::uint64_t, const std::string&, const std::string&) override {}
    std::vector<Receipt> take_receipts() override { return {}; }
    [[nodiscard]] bool connected() const override { return true; }
};

}  // namespace

TEST_GROUP(EngineThread) {
    Catalogue catalogue{{ModelInfo{.id = "WM-1"}}};
    std::unique_ptr<Detector> detector = std::move(*Detector::create({}, catalogue));
    std::unique_ptr<Engine> engine =
        std::move(*Engine::create({.tenants = {"acme"}}, catalogue, *detector, Loaded{}));
    collector::testing::MemoryStore memory;
    MeteredStore store{memory};
    Pump pump{*engine, store};
    SilentSource source;
    CommandQueue commands;
    EngineLoop loop{pump, source, commands, {}};
    aftercare::collector::EngineThread::Parts parts{.engine = *engine,
                                                    .pump = pump,
                                                    .store = store,
                                                    .loop = loop,
                                                    .clock = {},
                                                    .interval = milliseconds{1},
                                                    .drain_max = milliseconds{50}};

    Status submit(CommandQueue::Done done) {
        DeviceInfo device;
        device.tenant = "acme";
        device.device_id = "wm-1";
        device.model = "WM-1";
        return commands.submit(
            {RegisterDevice{device}}, [](auto, Commit&) {}, std::move(done));
    }
};

TEST(EngineThread, answers_what_was_submitted_before_it_stops) {
    std::atomic<int> answers = 0;
    aftercare::collector::EngineThread thread(parts);
    for (int i = 0; i < 20; ++i) CHECK_TRUE(submit([&] { ++answers; }).has_value());
    CHECK_TRUE(thread.stop());
    LONGS_EQUAL(20, answers);
    LONGS_EQUAL(1, thread.figures().engine.device_count);
    CHECK_TRUE(thread.figures().stopping);
}

TEST(EngineThread, gives_up_a_stop_when_the_store_never_takes_the_batch) {
    memory.fail_next(1'000'000);
    int answers = 0;
    aftercare::collector::EngineThread thread(parts);
    CHECK_TRUE(submit([&] { ++answers; }).has_value());
    CHECK_FALSE(thread.stop());
    LONGS_EQUAL(0, answers);
    CHECK_TRUE(thread.figures().stalled);
    CHECK_FALSE(thread.figures().store_error.empty());
}

TEST(EngineThread, ends_and_says_so_when_the_engine_contradicts_the_database) {
    memory.fail_next(1, Errc::conflict);
    std::promise<void> told;
    parts.on_broken = [&] { told.set_value(); };
    int answers = 0;
    aftercare::collector::EngineThread thread(parts);
    CHECK_TRUE(submit([&] { ++answers; }).has_value());
    CHECK_TRUE(told.get_future().wait_for(std::chrono::seconds{20}) == std::future_status::ready);
    CHECK_FALSE(thread.stop());
    CHECK_FALSE(thread.broken_because().empty());
    LONGS_EQUAL(0, answers);
    CHECK_FALSE(thread.figures().ready());
}

TEST(EngineThread, does_tasks_in_their_order_and_refuses_more_than_may_wait) {
    std::promise<void> running, go_on, done;
    std::string order;
    aftercare::collector::EngineThread thread(parts);
    const Status held = thread.between_turns([&] {
        running.set_value();
        go_on.get_future().wait();
    });
    CHECK_TRUE(held.has_value());
    running.get_future().wait();
    for (std::size_t i = 0; i < kTasksWaitingMax; ++i) {
        const Status waits = thread.between_turns([&, i] {
            order += static_cast<char>('a' + i);
            if (i + 1 == kTasksWaitingMax) done.set_value();
        });
        CHECK_TRUE(waits.has_value());
    }
    const Status refused = thread.between_turns([] {});
    CHECK_TRUE(!refused && refused.error().code == Errc::exhausted);
    go_on.set_value();
    done.get_future().wait();
    STRCMP_EQUAL("abcdefghijklmnop", order.c_str());
    CHECK_TRUE(thread.stop());
}
