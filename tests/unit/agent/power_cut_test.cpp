// Power cuts at random writes and bytes, thousands of boots of one appliance on one spool.
#include <algorithm>

#include "tests/unit/agent/appliance.hpp"
#include "tests/unit/agent/ledger.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;

TEST_GROUP(PowerCut) {
    Rng rng{20260101};
    test::Ledger ledger;
    std::uint32_t mark = 0;
    std::uint32_t storage_trouble = 0;

    void note(const Result<Accepted, Errc>& accepted, RecordClass record_class, bool cut) {
        if (!accepted) {
            storage_trouble += cut ? 1 : 0;
            return;
        }
        ledger.accepted(accepted->lane, accepted->seq,
                        {.mark = mark, .record_class = record_class, .durable = accepted->durable});
    }

    void make_record(test::Appliance & device) {
        ++mark;
        switch (rng.below(4)) {
            case 0: {
                Fault fault{.code = static_cast<std::uint32_t>(1 + rng.below(6)),
                            .state = FaultState::occurred};
                fault.snapshot.add({mark, 1.5F});
                note(device->fault(fault), RecordClass::fault, device.storage.cut());
                break;
            }
            case 1: {
                Usage usage{.duration_s = mark};
                const auto counters = rng.below(kCountersPerUsageMax + 1);
                for (std::uint64_t i = 0; i < counters; ++i) usage.counters.add({7, rng.next()});
                note(device->usage(usage), RecordClass::usage, device.storage.cut());
                break;
            }
            default: {
                Reading reading{.window_ms = mark};
                const auto metrics = 1 + rng.below(5);
                for (std::uint64_t i = 0; i < metrics; ++i) {
                    reading.metrics.add(
                        {.metric_id = 3, .n = 2, .mean = 1, .min = 0, .max = 2, .last = 1});
                }
                note(device->reading(reading), RecordClass::reading, device.storage.cut());
            }
        }
    }

    void receive_all(test::Appliance & device, double loss) {
        while (const auto report = device.next_report()) {
            if (rng.chance(loss)) continue;
            const std::string wrong = ledger.receive(*report);
            STRCMP_EQUAL("", wrong.c_str());
        }
        STRCMP_EQUAL("", device.refusal.c_str());
        if (rng.chance(0.5)) device.ack(ledger.through(Lane::urgent), ledger.through(Lane::bulk));
    }

    // Some time in the life of the appliance, until the power fails or `steps` are over.
    void live(test::Appliance & device, std::uint64_t steps, double online) {
        for (std::uint64_t i = 0; i < steps && !device.storage.cut(); ++i) {
            make_record(device);
            device.link_ms += rng.below(40'000);
            if (rng.chance(online) && !device.online) {
                device.auto_connect = true;
                device.run_for(std::chrono::milliseconds{1});
            }
            device->poll();
            if (device.online) receive_all(device, 0.2);
            if (device.online && rng.chance(0.2)) device.lose();
            if (rng.chance(0.02)) device->flush();
        }
    }

    // False when the power failed again while booting.
    bool boot(test::Appliance & device) {
        if (!device.boot()) {
            if (!device.storage.cut()) FAIL(device.open_error.c_str());
            return false;
        }
        const State state = device->state();
        for (const Lane lane : {Lane::urgent, Lane::bulk}) {
            const std::string wrong = ledger.rebooted(lane, state.lanes[index(lane)].next_seq);
            STRCMP_EQUAL("", wrong.c_str());
        }
        return true;
    }

    void drain(test::Appliance & device) {
        device.auto_connect = true;
        for (int i = 0; i < 20'000; ++i) {
            device.run_for(std::chrono::milliseconds{70'000});
            while (const auto report = device.next_report()) {
                STRCMP_EQUAL("", ledger.receive(*report).c_str());
            }
            device.ack(ledger.through(Lane::urgent), ledger.through(Lane::bulk));
            const State state = device->state();
            if (state.lanes[0].held_count + state.lanes[1].held_count == 0) return;
        }
        FAIL("the backlog never drained");
    }

    std::uint32_t suffer(test::Appliance & device, std::uint32_t cuts, std::uint64_t writes_between,
                         double online) {
        device.storage.model_power_cuts(true);
        CHECK_TRUE(boot(device));
        for (std::uint32_t cut = 0; cut < cuts; ++cut) {
            device.storage.cut_after(1 + rng.below(writes_between));
            live(device, 400, online);
            device.storage.cut_now();
            device.power_off();
            device.storage.cut_power(rng);
            // One boot in ten is cut short too.
            if (rng.chance(0.1)) {
                device.storage.cut_after(1 + rng.below(6));
                if (boot(device)) continue;
                device.storage.cut_power(rng);
                ++cut;
            }
            CHECK_TRUE(boot(device));
        }
        device.storage.cut_after(UINT64_MAX);
        return cuts;
    }
};

// promise: keeps-durable
TEST(PowerCut, never_loses_a_durable_record_while_there_is_room) {
    test::Appliance device{1024, 32};
    suffer(device, 6'000, 60, 0.5);
    drain(device);
    for (const auto record_class : {RecordClass::fault, RecordClass::usage, RecordClass::reading}) {
        CHECK_TRUE(ledger.stored(record_class) > 5'000);
        LONGS_EQUAL(0, ledger.missing(record_class, true));
    }
}

// promise: declares-loss
TEST(PowerCut, declares_every_durable_record_that_a_full_spool_gave_up) {
    for (const std::uint32_t sectors : {4U, 6U, 12U}) {
        ledger = test::Ledger{};
        test::Appliance device{sectors == 4 ? 512U : 1024U, sectors};
        suffer(device, 1'500, 200, 0.003);
        const State state = device->state();
        drain(device);
        for (const auto record_class :
             {RecordClass::fault, RecordClass::usage, RecordClass::reading}) {
            // Every hole was declared (the ledger would have complained); the counters know at
            // least the durable ones.
            CHECK_TRUE(ledger.missing(record_class, true) <=
                       state.dropped[static_cast<std::size_t>(record_class)]);
        }
        CHECK_TRUE(ledger.missing(RecordClass::reading, true) > 0);
    }
}

TEST(PowerCut, leaves_the_spool_sound_at_every_single_write_of_a_busy_hour) {
    // The same hour again and again, cut one write later each time.
    for (std::uint64_t at = 1; at < 400; ++at) {
        ledger = test::Ledger{};
        mark = 0;
        rng = Rng{99};
        test::Appliance device{512, 8};
        device.storage.model_power_cuts(true);
        CHECK_TRUE(boot(device));
        device.storage.cut_after(at);
        live(device, 400, 0.05);
        if (!device.storage.cut()) return;
        device.power_off();
        device.storage.cut_power(rng);
        CHECK_TRUE(boot(device));
        const auto dropped = device->state().dropped;
        drain(device);
        for (std::size_t i = 0; i < kRecordClassCount; ++i) {
            CHECK_TRUE(ledger.missing(static_cast<RecordClass>(i), true) <= dropped[i]);
        }
    }
}
