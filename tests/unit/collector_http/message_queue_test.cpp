#include "collector/io/paho/message_queue.hpp"

#include <future>
#include <thread>

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(MessageQueue) {
    std::vector<Message> popped;

    static Message message(std::size_t size) {
        return {"", std::string(size, 'x')};
    }
};

TEST(MessageQueue, hands_messages_over_in_order_and_in_portions) {
    MessageQueue queue({});
    for (const char* topic : {"a", "b", "c"}) CHECK_TRUE(queue.push({topic, "payload"}));
    queue.pop(popped, 2, milliseconds{0});
    LONGS_EQUAL(2, popped.size());
    STRCMP_EQUAL("a", popped[0].topic.c_str());
    STRCMP_EQUAL("b", popped[1].topic.c_str());
    LONGS_EQUAL(8, queue.depth().bytes);
}

TEST(MessageQueue, ends_a_portion_with_the_message_that_fills_it) {
    MessageQueue queue({.portion_bytes_max = 10});
    for (int i = 0; i < 5; ++i) CHECK_TRUE(queue.push(message(4)));
    CHECK_TRUE(queue.push(message(40)));
    for (const std::size_t together : {3U, 3U}) {
        popped.clear();
        queue.pop(popped, 100, milliseconds{0});
        LONGS_EQUAL(together, popped.size());
    }
    LONGS_EQUAL(40, popped[2].payload.size());
    LONGS_EQUAL(0, queue.depth().messages);
}

TEST(MessageQueue, makes_the_pusher_wait_while_it_is_full_and_loses_nothing) {
    MessageQueue queue({.messages_max = 2, .bytes_max = 1'000});
    CHECK_TRUE(queue.push(message(1)));
    CHECK_TRUE(queue.push(message(1)));
    auto pushed = std::async(std::launch::async, [&] { return queue.push(message(7)); });
    while (queue.depth().waits == 0) std::this_thread::yield();
    LONGS_EQUAL(2, queue.depth().messages);
    queue.pop(popped, 1, milliseconds{0});
    CHECK_TRUE(pushed.get());
    queue.pop(popped, 10, milliseconds{0});
    LONGS_EQUAL(3, popped.size());
    LONGS_EQUAL(7, popped[2].payload.size());
}

TEST(MessageQueue, counts_bytes_and_lets_a_giant_pass_alone) {
    MessageQueue queue({.messages_max = 10, .bytes_max = 100});
    CHECK_TRUE(queue.push(message(5'000)));
    auto pushed = std::async(std::launch::async, [&] { return queue.push(message(1)); });
    while (queue.depth().waits == 0) std::this_thread::yield();
    queue.pop(popped, 1, milliseconds{0});
    CHECK_TRUE(pushed.get());
    LONGS_EQUAL(1, queue.depth().bytes);
}

TEST(MessageQueue, takes_nothing_in_while_held_and_gives_out_what_it_has) {
    MessageQueue queue({});
    CHECK_TRUE(queue.push(message(1)));
    queue.hold();
    auto pushed = std::async(std::launch::async, [&] { return queue.push(message(1)); });
    while (queue.depth().waits == 0) std::this_thread::yield();
    queue.pop(popped, 10, milliseconds{0});
    LONGS_EQUAL(1, popped.size());
    queue.pop(popped, 10, milliseconds{0});
    LONGS_EQUAL(1, popped.size());
    queue.close();
    CHECK_FALSE(pushed.get());
}

TEST(MessageQueue, releases_a_waiting_pusher_when_it_closes) {
    MessageQueue queue({.messages_max = 1, .bytes_max = 100});
    CHECK_TRUE(queue.push(message(1)));
    auto pushed = std::async(std::launch::async, [&] { return queue.push(message(1)); });
    while (queue.depth().waits == 0) std::this_thread::yield();
    queue.close();
    CHECK_FALSE(pushed.get());
    queue.pop(popped, 10, milliseconds{60'000});
    LONGS_EQUAL(1, popped.size());
}
