#include <algorithm>
#include <map>
#include <set>

#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr int kRounds = 120;
constexpr int kFaultsEnd = 110;  ///< from then on the link is perfect
constexpr int kMakingEnds = 80;
constexpr std::size_t kBulk = index(Lane::bulk);

/// A device that keeps its reports until they are acknowledged, behind a link that loses, repeats
/// and reorders, and a collector that is killed before and after commits.
struct BadLink {
    explicit BadLink(std::uint64_t seed) : rng(seed) { station.enrol("wm-1"); }

    void live() {
        for (int round = 0; round < kRounds; ++round) {
            const bool faults = round < kFaultsEnd;
            const WallTime at = at_h(round);
            station.go_to(at);
            if (round < kMakingEnds) make(at);
            send(at, faults);
            if (faults && rng.chance(0.1)) {
                die_before_commit();
                continue;
            }
            const Sent down = station.commit();
            if (rng.chance(0.1)) station.restart();
            take_acks(down, faults);
        }
    }

    /// 1..5 records, now and then after one that was evicted before it was sent.
    void make(WallTime at) {
        std::vector<Record> records;
        const std::size_t count = 1 + rng.below(5);
        for (std::size_t i = 0; i < count; ++i) {
            const bool evicts = rng.chance(0.05);
            if (evicts) evicted.insert(device.next_seq[kBulk]++);
            records.push_back(device.reading(at));
            records.back().gap_before = evicts ? 1 : 0;
        }
        Report made = device.report(at, std::move(records));
        held.emplace(made.header.first_seq, std::move(made));
    }

    void send(WallTime at, bool faults) {
        std::vector<Report> sent;
        for (auto& [first, report] : held) {
            report.header.oldest_seq = held.begin()->first;
            report.header.uptime_ms = static_cast<std::uint64_t>((at - device.booted_at).count());
            report.header.wall_unix_ms = unix_ms(at);
            if (faults && rng.chance(0.3)) continue;
            sent.push_back(report);
            if (faults && rng.chance(0.2)) sent.push_back(report);
            if (sent.size() >= 8) break;
        }
        for (std::size_t i = sent.size(); i > 1; --i) std::swap(sent[i - 1], sent[rng.below(i)]);
        for (const Report& report : sent) station.send(report);
    }

    void die_before_commit() {
        station.pump().stage(station.inbox, {}, station.now());
        station.inbox.clear();
        station.restart();
        ++kill_count;
    }

    void take_acks(const Sent& down, bool faults) {
        for (const auto& [to, ack] : down.acks) {
            if (faults && rng.chance(0.3)) continue;
            acked = std::max(acked, ack.through[kBulk]);
        }
        while (!held.empty() && held.begin()->second.records.back().seq <= acked) {
            held.erase(held.begin());
        }
    }

    Rng rng;
    Station station;
    Appliance device;
    std::map<Seq, Report> held;  ///< by first seq
    std::set<Seq> evicted;
    Seq acked = 0;
    int kill_count = 0;
};

}  // namespace

TEST_GROUP(BadLink){};

// promise: exactly-once
TEST(BadLink, every_record_is_applied_once_or_lies_in_a_declared_gap) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        BadLink world{seed};
        world.live();
        const MemoryTables& tables = world.station.tables();
        std::set<Seq> applied;
        for (const RawReport& raw : tables.raw) {
            for (Seq seq = raw.first_seq; seq <= raw.last_seq; ++seq) {
                if (world.evicted.contains(seq)) continue;
                CHECK_TRUE_TEXT(applied.insert(seq).second, "a record was applied twice");
            }
        }
        std::set<Seq> lost;
        for (const auto& [key, gap] : tables.gaps) {
            for (Seq seq = gap.first_seq; seq <= gap.last_seq; ++seq) lost.insert(seq);
        }
        CHECK_TRUE_TEXT(lost == world.evicted, "declared gaps are exactly what was evicted");
        LONGS_EQUAL(world.device.next_seq[kBulk] - 1 - world.evicted.size(), applied.size());
        LONGS_EQUAL(applied.size(), tables.totals.records);
        LONGS_EQUAL(world.evicted.size(), tables.totals.gap_records);
        CHECK_TRUE_TEXT(world.held.empty(), "everything was acknowledged in the end");
        CHECK_TRUE(world.kill_count > 0);
    }
}
