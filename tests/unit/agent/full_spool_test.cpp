// A month without a link, damaged flash, failing flash: what is lost is declared, record by record.
#include <algorithm>
#include <set>

#include "tests/unit/agent/appliance.hpp"
#include "tests/unit/agent/ledger.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;
using namespace std::chrono_literals;

TEST_GROUP(FullSpool) {
    Rng rng{31};
    test::Ledger ledger;
    std::uint32_t mark = 0;
    std::array<std::uint64_t, kRecordClassCount> refused{};
    std::map<std::uint32_t, std::vector<Seq>> faults_by_code;

    void note(const Result<Accepted, Errc>& accepted, RecordClass record_class) {
        if (accepted) {
            ledger.accepted(
                accepted->lane, accepted->seq,
                {.mark = mark, .record_class = record_class, .durable = accepted->durable});
        } else {
            CHECK_TRUE(accepted.error() == Errc::exhausted);
            ++refused[static_cast<std::size_t>(record_class)];
        }
    }
    void make_reading(test::Appliance & device) {
        Reading reading{.window_ms = ++mark};
        for (std::uint32_t id = 1; id <= 6; ++id) {
            reading.metrics.add({.metric_id = id,
                                 .n = 90,
                                 .mean = 1,
                                 .min = 0,
                                 .max = 2,
                                 .last = 1,
                                 .deviation = .5F});
        }
        note(device->reading(reading), RecordClass::reading);
    }
    void make_usage(test::Appliance & device) {
        Usage usage{.programme_id = 3, .duration_s = ++mark, .energy_wh = 900, .water_ml = 52'000};
        note(device->usage(usage), RecordClass::usage);
    }
    void make_fault(test::Appliance & device, std::uint32_t code) {
        Fault fault{.code = code, .state = FaultState::occurred};
        fault.snapshot.add({++mark, 1.5F});
        const auto accepted = device->fault(fault);
        note(accepted, RecordClass::fault);
        if (accepted) faults_by_code[code].push_back(accepted->seq);
    }
    // Lets everything out and checks it against the ledger.
    void drain(test::Appliance & device) {
        device.auto_connect = true;
        for (int i = 0; i < 5'000; ++i) {
            device.run_for(70s);
            while (const auto report = device.next_report()) {
                STRCMP_EQUAL("", ledger.receive(*report).c_str());
            }
            device.ack(ledger.through(Lane::urgent), ledger.through(Lane::bulk));
            if (device->state().lanes[0].held_count + device->state().lanes[1].held_count == 0)
                return;
        }
        FAIL("the backlog never drained");
    }
};

TEST(FullSpool, declares_a_month_offline_record_by_record_and_keeps_first_and_last_of_each_fault) {
    test::Appliance device{4096, 16};
    device.auto_connect = false;
    CHECK_TRUE(device.boot());
    for (int quarter = 0; quarter < 30 * 96; ++quarter) {
        make_reading(device);
        if (quarter % 16 == 0) make_usage(device);
        if (rng.chance(0.5)) make_fault(device, static_cast<std::uint32_t>(1 + rng.below(5)));
        device.run_for(15min);
    }
    // More of the urgent lane alone than the spool holds.
    for (int i = 0; i < 3'000; ++i)
        make_fault(device, static_cast<std::uint32_t>(1 + rng.below(5)));
    const State state = device->state();
    drain(device);
    LONGS_EQUAL(0, ledger.stored(RecordClass::reading));
    CHECK_TRUE(ledger.stored(RecordClass::fault) > 500);
    // What was lost at the very end of a lane is told with its next record.
    make_reading(device);
    drain(device);
    for (const auto record_class : {RecordClass::fault, RecordClass::usage, RecordClass::reading}) {
        const auto i = static_cast<std::size_t>(record_class);
        LONGS_EQUAL(state.dropped[i], ledger.missing(record_class, false) + refused[i]);
    }
    const auto& urgent = ledger.entries(Lane::urgent);
    for (const auto& [code, seqs] : faults_by_code) {
        CHECK_TRUE(urgent.at(seqs.front()).stored);
        CHECK_TRUE(urgent.at(seqs.back()).stored);
    }
    const std::uint64_t gaps = ledger.declared(Lane::urgent) + ledger.declared(Lane::bulk);
    std::uint64_t dropped = 0;
    for (const std::uint32_t count : state.dropped) dropped += count;
    LONGS_EQUAL(dropped, gaps);
}

TEST(FullSpool, gives_up_readings_before_usage_and_usage_before_faults) {
    test::Appliance device{4096, 8};
    device.auto_connect = false;
    CHECK_TRUE(device.boot());
    for (int i = 0; i < 60; ++i) make_usage(device);
    for (int i = 0; i < 2'000; ++i) make_reading(device);
    LONGS_EQUAL(0, device->state().dropped[static_cast<std::size_t>(RecordClass::usage)]);
    CHECK_TRUE(device->state().dropped[static_cast<std::size_t>(RecordClass::reading)] > 1'500);
    for (std::uint32_t i = 0; i < 2'000; ++i) make_fault(device, 1000 + i);
    // Every code is different, so no fault has a middle: the last ones are refused, none is
    // evicted.
    drain(device);
    LONGS_EQUAL(0, ledger.missing(RecordClass::fault, false));
    CHECK_TRUE(refused[static_cast<std::size_t>(RecordClass::fault)] > 0);
}

TEST(FullSpool, never_evicts_what_is_in_flight) {
    test::Appliance device{4096, 4};
    CHECK_TRUE(device.boot());
    for (int i = 0; i < 80; ++i) make_reading(device);
    device.run_for(1s);
    std::set<Seq> in_flight;
    while (const auto report = device.next_report()) {
        for (const Record& record : report->records) {
            if (report->header.lane == Lane::bulk) in_flight.insert(record.seq);
        }
    }
    CHECK_TRUE(in_flight.size() > 30);
    device.lose();
    device.auto_connect = false;
    for (int i = 0; i < 1'000; ++i) make_reading(device);
    drain(device);
    for (const Seq seq : in_flight) CHECK_TRUE(ledger.entries(Lane::bulk).at(seq).stored);
}

TEST(FullSpool, steps_over_flipped_bits_and_declares_what_they_cost) {
    std::uint64_t lost = 0;
    for (int round = 0; round < 300; ++round) {
        ledger = test::Ledger{};
        test::Appliance device{2048, 8};
        device.auto_connect = false;
        CHECK_TRUE(device.boot());
        for (int i = 0; i < 60; ++i) make_usage(device);
        device->flush();
        const std::uint32_t held = device->state().lanes[1].held_count;
        device.power_off();
        device.storage.flip_bit(static_cast<std::uint32_t>(rng.below(8)),
                                static_cast<std::uint32_t>(rng.below(2048)),
                                static_cast<unsigned>(rng.below(8)));
        CHECK_TRUE(device.boot());
        const std::uint32_t after = device->state().lanes[1].held_count;
        CHECK_TRUE(after + 1 >= held);  // one bit never costs more than one record
        if (after < held) LONGS_EQUAL(1, device->state().corrupt_frames);
        lost += held - after;
        // A last record, so that a loss at the very end shows as a gap too.
        make_usage(device);
        drain(device);
        LONGS_EQUAL(held - after, ledger.missing(RecordClass::usage, false));
    }
    CHECK_TRUE(lost > 5);
}

TEST(FullSpool, reports_failing_storage_and_goes_on_when_it_works_again) {
    test::Appliance device{4096, 8};
    CHECK_TRUE(device.boot());
    device.storage.fail_programs(3);
    CHECK_TRUE(device->fault(test::fault(7)).error() == Errc::unavailable);
    LONGS_EQUAL(3, device->state().storage_errors);
    const auto after = device->fault(test::fault(8));
    CHECK_TRUE(after && after->durable);
    device.storage.fail_syncs(1);
    const auto doubtful = device->fault(test::fault(9));
    CHECK_TRUE(doubtful && !doubtful->durable);
    device.run_for(5s);
    std::set<std::uint32_t> codes;
    while (const auto report = device.next_report()) {
        for (const Record& record : report->records) {
            if (const auto* fault = std::get_if<Fault>(&record.body)) codes.insert(fault->code);
        }
    }
    CHECK_TRUE(codes == (std::set<std::uint32_t>{8, 9}));
}

TEST(FullSpool, reads_each_sector_once_at_recovery_and_the_newest_at_most_twice) {
    test::Appliance device{4096, 32};
    device.auto_connect = false;
    CHECK_TRUE(device.boot());
    for (int i = 0; i < 2'000; ++i) make_usage(device);
    device->flush();
    device.power_off();
    const std::uint64_t before = device.storage.read_bytes();
    CHECK_TRUE(device.boot());
    CHECK_TRUE(device.storage.read_bytes() - before <= 33 * 4096);
}

TEST(FullSpool, wears_all_sectors_evenly) {
    test::Appliance device{4096, 8};
    CHECK_TRUE(device.boot());
    for (int day = 0; day < 200; ++day) {
        for (int i = 0; i < 96; ++i) make_reading(device);
        drain(device);
    }
    const auto& erases = device.storage.erases_by_sector();
    const auto [least, most] = std::minmax_element(erases.begin(), erases.end());
    CHECK_TRUE(*most > 20);
    CHECK_TRUE(*most - *least <= 2);
}

TEST(FullSpool, writes_at_most_thirty_kilobytes_to_flash_on_a_normal_day) {
    // Default settings: 96 reading windows of six metrics, 5 cycles, 1 fault, always online.
    test::Appliance device{4096, 64};
    CHECK_TRUE(device.boot());
    drain(device);
    const std::uint64_t before = device->state().spool_programmed_bytes;
    for (int quarter = 0; quarter < 96; ++quarter) {
        make_reading(device);
        if (quarter % 19 == 0) make_usage(device);
        if (quarter == 50) make_fault(device, 18);
        device.run_for(15min);
        while (const auto report = device.next_report()) {
            STRCMP_EQUAL("", ledger.receive(*report).c_str());
        }
        device.ack(ledger.through(Lane::urgent), ledger.through(Lane::bulk));
    }
    const std::uint64_t bytes = device->state().spool_programmed_bytes - before;
    CHECK_TRUE(bytes > 10'000);
    CHECK_TRUE(bytes < 30'000);
}
