// A spool too small for a month offline: what the collector has on record as lost is exactly what
// the device gave up, record by record.
#include <set>

#include "tests/sim/agent_site.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;

TEST_GROUP(AgentLoss) {
    test::Site site{4096, 16};
    std::array<std::set<Seq>, kLaneCount> made;
    std::map<std::uint32_t, std::vector<Seq>> faults_by_code;
    std::uint64_t refused = 0;

    void note(const Result<agent::Accepted, Errc>& accepted) {
        if (!accepted) {
            ++refused;
            return;
        }
        made[index(accepted->lane)].insert(accepted->seq);
    }
    void fault(std::uint32_t code) {
        const auto accepted = site.device->fault({.code = code, .state = FaultState::occurred});
        note(accepted);
        if (accepted) faults_by_code[code].push_back(accepted->seq);
    }
    [[nodiscard]] std::set<Seq> lost(Lane lane) const {
        std::set<Seq> seqs;
        for (const auto& [key, gap] : site.station.tables().gaps) {
            if (gap.lane != lane) continue;
            for (Seq seq = gap.first_seq; seq <= gap.last_seq; ++seq) {
                CHECK_TRUE(seqs.insert(seq).second);  // no record is declared lost twice
            }
        }
        return seqs;
    }
};

// promise: declares-loss
TEST(AgentLoss, reaches_the_collector_record_by_record_after_a_month_offline) {
    CHECK_TRUE(site.device.boot());
    site.run_for(1min);
    site.link(false);
    Rng rng{77};
    for (std::uint64_t quarter = 0; quarter < 30 * 96; ++quarter) {
        note(site.device->reading(test::hourly_reading(quarter)));
        if (quarter % 32 == 0) {
            note(site.device->usage(test::cycle(static_cast<std::uint32_t>(quarter))));
        }
        if (rng.chance(.5)) fault(100 + static_cast<std::uint32_t>(rng.below(7)));
        site.run_for(15min);
    }
    const agent::State before = site.device->state();
    site.link(true);
    CHECK_TRUE(site.drain(1h));
    site.run_for(2min);  // for what is lost at the end of a lane

    std::uint64_t lost_count = 0;
    for (const Lane lane : {Lane::urgent, Lane::bulk}) lost_count += lost(lane).size();
    std::uint64_t dropped = 0;
    for (const std::uint32_t count : before.dropped) dropped += count;
    CHECK_TRUE(dropped > 2'000);
    LONGS_EQUAL(dropped, lost_count);
    LONGS_EQUAL(dropped, site.station.engine().statistics().totals.gap_records);

    // The urgent lane, seq by seq: a fault is either a row or declared lost, never both or neither.
    std::set<Seq> stored;
    for (const collector::FaultRow& row : site.faults()) {
        CHECK_TRUE(stored.insert(row.seq).second);
    }
    const std::set<Seq> lost_urgent = lost(Lane::urgent);
    for (const auto& [code, seqs] : faults_by_code) {
        for (const Seq seq : seqs) CHECK_TRUE(stored.contains(seq) != lost_urgent.contains(seq));
        CHECK_TRUE(stored.contains(seqs.front()));
        CHECK_TRUE(stored.contains(seqs.back()));
    }
    // The bulk lane: raw reports cover exactly what is not declared lost.
    std::uint64_t bulk_stored = 0;
    for (const collector::RawReport& raw : site.station.tables().raw) {
        if (raw.lane == Lane::bulk) bulk_stored += raw.record_count;
    }
    const Seq bulk_high = site.device->state().lanes[1].next_seq - 1;
    LONGS_EQUAL(bulk_high, bulk_stored + lost(Lane::bulk).size());
    std::printf("agent loss: %llu records lost, all %llu declared (%llu refused when made)\n",
                static_cast<unsigned long long>(dropped),
                static_cast<unsigned long long>(lost_count),
                static_cast<unsigned long long>(refused));
}

TEST(AgentLoss, of_all_that_a_withdrawn_consent_erased_is_on_record_without_another_record) {
    site.device.options.consent_epoch = 1;
    CHECK_TRUE(site.device.boot());
    site.run_for(1min);
    for (std::uint64_t hour = 0; hour < 3; ++hour) {
        note(site.device->reading(test::hourly_reading(hour)));
    }
    CHECK_TRUE(site.drain(3min));
    site.link(false);
    for (std::uint64_t hour = 3; hour < 30; ++hour) {
        note(site.device->reading(test::hourly_reading(hour)));
        site.run_for(1h);
    }
    CHECK_TRUE(site.device->consent(2, kAllPurposes & ~bit(Purpose::diagnostics)).has_value());
    LONGS_EQUAL(0, site.device->state().lanes[1].held_count);
    site.link(true);
    site.run_for(10min);

    const std::set<Seq> gone = lost(Lane::bulk);
    LONGS_EQUAL(27, gone.size());
    LONGS_EQUAL(4, *gone.begin());
    LONGS_EQUAL(30, *gone.rbegin());
    LONGS_EQUAL(30, site.device->state().lanes[1].acked_through);
    LONGS_EQUAL(0, site.station.tables().quarantine.size());
    // Told once, and not again after a reboot.
    const std::uint64_t reports = site.device->state().reports_sent;
    site.run_for(1h);
    LONGS_EQUAL(reports, site.device->state().reports_sent);
    CHECK_TRUE(site.device.boot());
    site.run_for(1h);
    LONGS_EQUAL(27, site.station.engine().statistics().totals.gap_records);
}
