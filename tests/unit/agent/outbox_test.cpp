#include "tests/unit/agent/appliance.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;
using test::fault;
using test::reading;

namespace {
const Fault* fault_in(const Report& report, std::size_t i) {
    return std::get_if<Fault>(&report.records[i].body);
}
}  // namespace

TEST_GROUP(Outbox) {
    test::Appliance device;

    // Boots, connects, and gets the records of the boot itself out of the way.
    void start() {
        CHECK_TRUE(device.boot());
        device.run_for(100ms);
        const auto first = device.next_report();
        CHECK_TRUE(first != nullptr);
        device.ack(first->records.back().seq, 0);
    }
};

TEST(Outbox, sends_the_boot_record_with_the_header_of_the_device) {
    device.boot();
    device.run_for(100ms);
    CHECK_TRUE(device.published.front().retain);
    STRCMP_EQUAL("aftercare/v1/acme/", device.published.front().topic.substr(0, 18).c_str());
    const auto report = device.next_report();
    STRCMP_EQUAL("", device.refusal.c_str());
    CHECK_TRUE(report != nullptr);
    STRCMP_EQUAL("wm-0001", std::string(report->header.device_id.view()).c_str());
    LONGS_EQUAL(1, report->header.boot);
    LONGS_EQUAL(1, report->header.first_seq);
    CHECK_TRUE(report->header.ack_now);
    const auto* boot = std::get_if<Lifecycle>(&report->records[0].body);
    CHECK_TRUE(boot && boot->kind == LifecycleKind::boot &&
               boot->reset_reason == ResetReason::power_on);
}

TEST(Outbox, sends_a_fault_at_once_and_a_reading_after_the_flush_delay) {
    start();
    CHECK_TRUE(device->reading(reading(20)).has_value());
    const auto accepted = device->fault(fault(18));
    CHECK_TRUE(accepted && accepted->durable && accepted->lane == Lane::urgent);
    device.run_for(1ms);
    const auto urgent = device.next_report();
    CHECK_TRUE(urgent && fault_in(*urgent, 0) && fault_in(*urgent, 0)->code == 18);
    device.ack(accepted->seq, 0);
    device.run_for(59s);
    CHECK_TRUE(device.next_report() == nullptr);
    device.run_for(1001ms);
    const auto bulk = device.next_report();
    CHECK_TRUE(bulk && bulk->header.lane == Lane::bulk && bulk->records.size() == 1);
}

TEST(Outbox, sends_a_full_report_without_waiting) {
    start();
    for (int i = 0; i < 20; ++i) CHECK_TRUE(device->reading(reading(1)).has_value());
    device.run_for(1ms);
    const auto report = device.next_report();
    CHECK_TRUE(report && report->records.size() == 20);
}

TEST(Outbox, keeps_both_windows_bounded_and_moves_on_with_each_ack) {
    device.options.reports_in_flight_max = 2;
    start();
    for (int i = 0; i < 100; ++i) CHECK_TRUE(device->reading(reading(1)).has_value());
    device.run_for(1s);
    LONGS_EQUAL(2, device->state().lanes[1].in_flight_reports);
    LONGS_EQUAL(2, device.published.size());
    device.ack(0, 20);
    LONGS_EQUAL(2, device->state().lanes[1].in_flight_reports);
    LONGS_EQUAL(3, device.published.size());
    LONGS_EQUAL(80, device->state().lanes[1].held_count);
}

TEST(Outbox, resends_the_same_records_with_a_fresh_header_until_acknowledged) {
    start();
    const auto accepted = device->fault(fault(18));
    device.run_for(1ms);
    const auto first = device.next_report();
    device.run_for(41s);  // time-out 20 s plus at most 20 s of jitter
    const auto second = device.next_report();
    CHECK_TRUE(first && second);
    LONGS_EQUAL(first->header.first_seq, second->header.first_seq);
    CHECK_TRUE(second->header.uptime_ms > first->header.uptime_ms + 19'000);
    LONGS_EQUAL(first->records[0].uptime_ms, second->records[0].uptime_ms);
    device.ack(accepted->seq, 0);
    device.run_for(1h);
    CHECK_TRUE(device.next_report() == nullptr);
    LONGS_EQUAL(0, device->state().lanes[0].held_count);
}

TEST(Outbox, sends_urgent_records_before_the_backlog_when_the_link_returns) {
    start();
    device.auto_connect = false;
    device.lose();
    for (int i = 0; i < 200; ++i) CHECK_TRUE(device->reading(reading(1)).has_value());
    CHECK_TRUE(device->fault(fault(18)).has_value());
    device.auto_connect = true;
    device.run_for(10s);
    const auto report = device.next_report();
    CHECK_TRUE(report && report->header.lane == Lane::urgent && fault_in(*report, 0));
    const auto backlog = device.next_report();
    CHECK_TRUE(backlog && backlog->header.lane == Lane::bulk && backlog->records.size() == 20);
}

// promise: seq-once
TEST(Outbox, carries_unacknowledged_records_over_a_reboot_and_goes_on_with_their_seqs) {
    start();
    device->flush();  // also makes the acknowledgement of the boot record durable
    const auto before = device->fault(fault(18));
    const auto stream = device->state().stream_id;
    CHECK_TRUE(device.boot());
    device.published.clear();
    const auto after = device->fault(fault(19));
    CHECK_TRUE(after->seq > before->seq + 1);  // the boot record lies between
    CHECK_TRUE(stream == device->state().stream_id);
    device.run_for(10ms);
    const auto report = device.next_report();
    CHECK_TRUE(report && fault_in(*report, 0) && fault_in(*report, 0)->code == 18);
    LONGS_EQUAL(1, report->records[0].boot);
    LONGS_EQUAL(2, report->header.boot);
}

TEST(Outbox, tries_again_soon_when_the_transport_is_busy) {
    start();
    device.busy_publishes = 3;
    CHECK_TRUE(device->fault(fault(18)).has_value());
    device.run_for(1s);
    CHECK_TRUE(device.next_report() != nullptr);
    LONGS_EQUAL(0, device.busy_publishes);
}

TEST(Outbox, leaves_a_will_that_says_offline) {
    device.boot();
    device.run_for(1ms);
    const auto gone = device.codec.decode_presence(
        std::as_bytes(std::span{device.will.payload.data(), device.will.payload.size()}));
    CHECK_TRUE(gone && !gone->online && gone->boot == 1 &&
               gone->stream_id == device->state().stream_id);
    CHECK_TRUE(device.will.topic.ends_with("/wm-0001/presence"));
}

TEST(Outbox, backs_off_between_failed_connections_up_to_the_cap) {
    device.auto_connect = false;
    device.boot();
    std::uint64_t longest = 0;
    std::uint64_t last = device.link_ms;
    for (int i = 0; i < 40; ++i) {
        device->poll();
        CHECK_TRUE(device.connecting);
        longest = std::max(longest, device.link_ms - last);
        last = device.link_ms;
        device.lose();
        device.link_ms = std::max(device->next_poll_ms(), device.link_ms);
    }
    LONGS_EQUAL(40, device.connects);
    CHECK_TRUE(longest > 60'000 && longest <= 300'000);
}

TEST(Outbox, ignores_acks_of_another_stream_or_beyond_what_was_made) {
    start();
    const auto accepted = device->fault(fault(18));
    device.down(Ack{device->state().stream_id + 1, {accepted->seq, 0}});
    device.down(Ack{device->state().stream_id, {accepted->seq + 1, 0}});
    LONGS_EQUAL(1, device->state().lanes[0].held_count);
    LONGS_EQUAL(2, device->state().acks_ignored);
    const std::string noise = "\xff\x01garbage";
    device->on_downlink(std::as_bytes(std::span{noise.data(), noise.size()}));
    LONGS_EQUAL(1, device->state().downlinks_ignored);
}

TEST(Outbox, sleeps_for_ever_when_nothing_is_left_to_do) {
    start();
    device.run_for(10min);
    CHECK_TRUE(device->next_poll_ms() == UINT64_MAX);
}

TEST(Outbox, declares_a_lane_lost_to_its_end_by_a_report_of_no_records) {
    start();
    for (int i = 0; i < 3; ++i) CHECK_TRUE(device->reading(reading(1)).has_value());
    CHECK_TRUE(device->consent(1, kAllPurposes & ~bit(Purpose::diagnostics)).has_value());
    device.run_for(1ms);
    const auto told = device.next_report();
    CHECK_TRUE(told && told->header.lane == Lane::urgent);
    device.ack(told->records.back().seq, 0);
    device.run_for(59s);
    CHECK_TRUE(device.next_report() == nullptr);
    device.run_for(1001ms);
    const auto end = device.next_report();
    STRCMP_EQUAL("", device.refusal.c_str());
    CHECK_TRUE(end && end->header.lane == Lane::bulk && end->records.empty());
    LONGS_EQUAL(4, end->header.first_seq);
    LONGS_EQUAL(4, end->header.oldest_seq);

    device.run_for(10min);  // no answer: again and again
    const auto again = device.next_report();
    CHECK_TRUE(again && again->records.empty() && again->header.oldest_seq == 4);
    device.published.clear();
    device.ack(0, 3);
    device.run_for(24h);
    CHECK_TRUE(device.next_report() == nullptr);
    LONGS_EQUAL(3, device->state().lanes[1].acked_through);
}

TEST(Outbox, tells_a_record_made_after_a_lost_end_from_what_is_lost) {
    start();
    CHECK_TRUE(device->reading(reading(1)).has_value());
    CHECK_TRUE(device->consent(1, kAllPurposes & ~bit(Purpose::diagnostics)).has_value());
    device.run_for(61s);
    device.published.clear();  // on its way the declaration is lost with the link
    device.lose();
    CHECK_TRUE(device->usage(Usage{.programme_id = 3}).has_value());
    device.run_for(3min);
    bool seen = false;
    while (const auto report = device.next_report()) {
        if (report->header.lane != Lane::bulk || report->records.empty()) continue;
        seen = true;
        LONGS_EQUAL(2, report->records.front().seq);
        LONGS_EQUAL(1, report->records.front().gap_before);
    }
    CHECK_TRUE(seen);
}

TEST(Outbox, gives_no_seq_again_that_it_declared_lost_and_the_power_took) {
    device.storage.model_power_cuts(true);
    start();
    device.storage.fail_programs(10);
    CHECK_TRUE(!device->reading(reading(1)).has_value());  // took seq 1, reached no storage
    device.storage.fail_programs(0);
    device.run_for(61s);
    const auto end = device.next_report();
    CHECK_TRUE(end && end->records.empty() && end->header.oldest_seq == 2);
    Rng rng{5};
    device.power_off();
    device.storage.cut_power(rng);
    CHECK_TRUE(device.boot());
    const auto next = device->reading(reading(2));
    CHECK_TRUE(next.has_value());
    LONGS_EQUAL(2, next->seq);
}
