#include "tests/contract/source_contract.hpp"

#include <future>
#include <map>
#include <thread>

#include "common/topic.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {

namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr int kDevices = 4;

std::string device(int number) {
    return "wm-" + std::to_string(number);
}
std::string up(int number) {
    return std::string(format_topic("acme", device(number), Leg::up).view());
}
std::string down(int number) {
    return std::string(format_topic("acme", device(number), Leg::down).view());
}

void connect(SourceFixture& fixture) {
    CHECK(test::wait_until([&] { return fixture.source().connected(); }, kPatience));
}

/// `count` messages of four devices in turn, numbered per device from `first` on.
std::thread send_all(SourceFixture& fixture, int first, int count) {
    return std::thread([&fixture, first, count] {
        for (int i = 0; i < count; ++i) {
            fixture.send(up(i % kDevices), std::to_string(first + i / kDevices));
        }
    });
}

/// Polls until `count` messages came and checks that each device's numbers follow each other.
void take_all(SourceFixture& fixture, int first, int count, std::size_t poll_max) {
    std::map<std::string, int> next;
    int taken = 0;
    std::vector<Message> messages;
    const auto poll = [&] {
        do {
            fixture.source().poll(messages, poll_max, milliseconds{10});
            CHECK(messages.size() <= poll_max);
            for (const Message& message : messages) {
                const auto [entry, fresh] = next.try_emplace(message.topic, first);
                STRCMP_EQUAL(std::to_string(entry->second++).c_str(), message.payload.c_str());
                ++taken;
            }
        } while (!messages.empty() && taken < count);
        return taken >= count;
    };
    CHECK(test::wait_until(poll, kPatience));
    LONGS_EQUAL(count, taken);
    LONGS_EQUAL(kDevices, next.size());
}

}  // namespace

void messages_of_a_device_come_in_order_and_once(SourceFixture& fixture) {
    connect(fixture);
    std::thread devices = send_all(fixture, 0, 400);
    take_all(fixture, 0, 400, 2'000);
    devices.join();
}

void a_stalled_consumer_loses_nothing(SourceFixture& fixture) {
    connect(fixture);
    // Ten times what the source may hold is under way before anybody polls.
    std::thread devices = send_all(fixture, 0, static_cast<int>(kSourceQueueMax) * 10);
    std::this_thread::sleep_for(milliseconds{300});
    take_all(fixture, 0, static_cast<int>(kSourceQueueMax) * 10, 7);
    devices.join();
}

void a_poll_gives_no_more_than_asked(SourceFixture& fixture) {
    connect(fixture);
    std::thread devices = send_all(fixture, 0, 40);
    take_all(fixture, 0, 40, 1);
    devices.join();
}

void a_poll_without_messages_gives_none(SourceFixture& fixture) {
    connect(fixture);
    std::vector<Message> messages{{"left", "over"}};
    fixture.source().poll(messages, 10, milliseconds{1});
    LONGS_EQUAL(0, messages.size());
}

void what_is_published_reaches_devices_in_order(SourceFixture& fixture) {
    connect(fixture);
    for (int i = 0; i < 40; ++i) fixture.source().publish(down(1), std::to_string(i), i % 2);
    CHECK(test::wait_until([&] { return fixture.heard().size() >= 40; }, kPatience));
    const std::vector<Message> heard = fixture.heard();
    LONGS_EQUAL(40, heard.size());
    for (std::size_t i = 0; i < heard.size(); ++i) {
        STRCMP_EQUAL(std::to_string(i).c_str(), heard[i].payload.c_str());
        STRCMP_EQUAL(down(1).c_str(), heard[i].topic.c_str());
    }
}

void what_is_published_does_not_wait_for_room(SourceFixture& fixture) {
    connect(fixture);
    const int count = static_cast<int>(kSourceQueueMax) * 4;
    std::thread devices = send_all(fixture, 0, count);
    std::this_thread::sleep_for(milliseconds{200});  // by then its queue is full
    auto published = std::async(std::launch::async, [&] {
        for (int i = 0; i < 40; ++i) fixture.source().publish(down(1), std::to_string(i), i % 2);
    });
    const bool returned = published.wait_for(kPatience / 2) == std::future_status::ready;
    take_all(fixture, 0, count, 2'000);
    devices.join();
    CHECK_TRUE(returned);
    CHECK(test::wait_until([&] { return fixture.heard().size() >= 40; }, kPatience));
}

void a_cut_link_shows_and_mends(SourceFixture& fixture) {
    connect(fixture);
    fixture.cut_link();
    CHECK(test::wait_until([&] { return !fixture.source().connected(); }, kPatience));
    fixture.mend_link();
    connect(fixture);
    std::thread devices = send_all(fixture, 7, 40);
    take_all(fixture, 7, 40, 100);
    devices.join();
}

void what_is_retained_comes_again_after_a_start(SourceFixture& fixture) {
    const std::string topic(format_topic("acme", device(1), Leg::presence).view());
    std::vector<Message> messages;
    const auto comes = [&](const std::string& topic_wanted, const std::string& payload) {
        return test::wait_until(
            [&] {
                fixture.source().poll(messages, 1, milliseconds{1});
                return !messages.empty() && messages[0].topic == topic_wanted &&
                       messages[0].payload == payload;
            },
            kPatience);
    };
    connect(fixture);
    fixture.retain(topic, "there");
    fixture.send(up(1), "a report");
    CHECK(comes(topic, "there"));
    CHECK(comes(up(1), "a report"));
    fixture.restart_source();
    connect(fixture);
    CHECK(comes(topic, "there"));
    fixture.source().poll(messages, 1, milliseconds{100});
    LONGS_EQUAL(0, messages.size());
}

void what_must_arrive_waits_while_the_link_is_cut(SourceFixture& fixture) {
    connect(fixture);
    fixture.cut_link();
    CHECK(test::wait_until([&] { return !fixture.source().connected(); }, kPatience));
    fixture.source().publish(down(2), "an ack, sent again anyway", 0);
    fixture.source().publish(down(2), "a notice", 1);
    fixture.mend_link();
    connect(fixture);
    std::vector<Message> messages;
    CHECK(test::wait_until(
        [&] {
            fixture.source().poll(messages, 10, milliseconds{1});
            return !fixture.heard().empty();
        },
        kPatience));
    STRCMP_EQUAL("a notice", fixture.heard().back().payload.c_str());
}

void a_delivery_is_told_once_it_is_taken(SourceFixture& fixture) {
    connect(fixture);
    std::vector<Source::Receipt> receipts;
    const auto told = [&](std::size_t count) {
        return test::wait_until(
            [&] {
                for (const auto& one : fixture.source().take_receipts()) receipts.push_back(one);
                return receipts.size() >= count;
            },
            kPatience);
    };
    fixture.source().deliver(7, down(2), "a ticket");
    CHECK(told(1));
    CHECK(receipts[0].key == 7 && receipts[0].taken);
    fixture.cut_link();
    CHECK(test::wait_until([&] { return !fixture.source().connected(); }, kPatience));
    fixture.source().deliver(8, down(2), "another one");
    CHECK(fixture.source().take_receipts().empty());
    fixture.mend_link();
    connect(fixture);
    CHECK(told(2));
    CHECK(receipts[1].key == 8 && receipts[1].taken);
}

}  // namespace aftercare::collector::testing
