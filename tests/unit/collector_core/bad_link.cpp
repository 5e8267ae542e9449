#include "tests/unit/collector_core/bad_link.hpp"

#include <algorithm>

#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {
namespace {

constexpr int kRounds = 120;
constexpr int kFaultsEnd = 110;  ///< from then on the link is perfect
constexpr int kMakingEnds = 80;
constexpr std::size_t kDevices = 3;

}  // namespace

BadLink::BadLink(std::uint64_t seed) : rng_(seed) {
    for (std::size_t i = 0; i < kDevices; ++i) {
        Device& device = devices_.emplace_back();
        device.appliance.id = "wm-" + std::to_string(i + 1);
        device.streams.push_back({.id = device.appliance.stream});
        station_.enrol(device.appliance.id);
    }
}

void BadLink::live() {
    for (int round = 0; round < kRounds; ++round) {
        const bool faults = round < kFaultsEnd;
        const WallTime at = at_h(round);
        station_.go_to(at);
        for (Device& device : devices_) {
            if (round < kMakingEnds && rng_.chance(0.01)) reset(device);
            for (const Lane lane : {Lane::urgent, Lane::bulk}) {
                if (round < kMakingEnds && rng_.chance(0.7)) make(device, lane, at);
                send(device, lane, at, faults);
            }
        }
        take_acks(commit(faults), faults);
    }
}

// 1..5 records, now and then after one that was evicted before it was sent.
void BadLink::make(Device& device, Lane lane, WallTime at) {
    Appliance& appliance = device.appliance;
    LaneLife& life = device.streams.back().lanes[index(lane)];
    std::vector<Record> records;
    const std::size_t count = 1 + rng_.below(5);
    for (std::size_t i = 0; i < count; ++i) {
        const bool evicts = rng_.chance(0.05);
        if (evicts) life.evicted.insert(appliance.next_seq[index(lane)]++);
        records.push_back(lane == Lane::urgent
                              ? appliance.fault(at, 1 + static_cast<std::uint32_t>(rng_.below(4)))
                              : appliance.reading(at));
        records.back().gap_before = evicts ? 1 : 0;
    }
    life.made = appliance.next_seq[index(lane)] - 1;
    Report made = appliance.report(at, std::move(records), rng_.chance(0.3));
    life.held.emplace(made.header.first_seq, std::move(made));
}

// What the old spool still held is gone with it.
void BadLink::reset(Device& device) {
    device.appliance.stream += 100;
    device.appliance.next_seq = device.appliance.oldest_seq = {1, 1};
    device.streams.push_back({.id = device.appliance.stream});
}

void BadLink::send(Device& device, Lane lane, WallTime at, bool faults) {
    auto& held = device.streams.back().lanes[index(lane)].held;
    std::vector<Report> sent;
    for (auto& [first, report] : held) {
        report.header.oldest_seq = held.begin()->first;
        report.header.uptime_ms =
            static_cast<std::uint64_t>((at - device.appliance.booted_at).count());
        report.header.wall_unix_ms = unix_ms(at);
        if (faults && rng_.chance(0.3)) continue;
        sent.push_back(report);
        if (faults && rng_.chance(0.2)) sent.push_back(report);
        if (sent.size() >= 8) break;
    }
    for (std::size_t i = sent.size(); i > 1; --i) std::swap(sent[i - 1], sent[rng_.below(i)]);
    for (const Report& report : sent) station_.send(report);
}

Sent BadLink::commit(bool faults) {
    const double fate = faults ? rng_.uniform(0, 1) : 1;
    if (fate < 0.1) {
        ++kills_.before;
        station_.pump().stage(station_.inbox, {}, station_.now());
    } else if (fate < 0.2) {
        ++kills_.inside;
        // Either nothing of the transaction is there afterwards, or all of it.
        if (rng_.chance(0.5)) station_.store.fail_next(1 + static_cast<unsigned>(rng_.below(3)));
        auto answer = station_.pump().run(station_.inbox, {}, station_.now());
        if (!answer && rng_.chance(0.5)) answer = station_.pump().retry();
        station_.store.fail_next(0);
    } else if (fate < 0.3) {
        ++kills_.after;
        const Sent unsent = station_.commit();
    } else {
        return station_.commit();
    }
    station_.inbox.clear();
    station_.restart();
    return {};
}

void BadLink::take_acks(const Sent& down, bool faults) {
    for (const auto& [to, ack] : down.acks) {
        if (faults && rng_.chance(0.3)) continue;
        for (Device& device : devices_) {
            StreamLife& stream = device.streams.back();
            if (device.appliance.id != to || stream.id != ack.stream_id) continue;
            for (const Lane lane : {Lane::urgent, Lane::bulk}) {
                auto& held = stream.lanes[index(lane)].held;
                const Seq through = ack.through[index(lane)];
                while (!held.empty() && held.begin()->second.records.back().seq <= through) {
                    held.erase(held.begin());
                }
            }
        }
    }
}

void BadLink::check() const {
    const MemoryTables& tables = station_.tables();
    std::map<std::tuple<DeviceNo, std::uint64_t, Lane>, std::set<Seq>> lost;
    std::map<std::tuple<DeviceNo, std::uint64_t, Lane>, std::set<Seq>> applied;
    std::size_t lost_count = 0;
    for (const auto& [key, gap] : tables.gaps) {
        for (Seq seq = gap.first_seq; seq <= gap.last_seq; ++seq) {
            lost[{gap.device_no, gap.stream_id, gap.lane}].insert(seq);
            ++lost_count;
        }
    }
    std::size_t record_count = 0;
    for (const RawReport& raw : tables.raw) {
        const std::tuple key{raw.device_no, raw.stream_id, raw.lane};
        record_count += raw.record_count;
        for (Seq seq = raw.first_seq; seq <= raw.last_seq; ++seq) {
            if (lost[key].contains(seq)) continue;
            CHECK_TRUE_TEXT(applied[key].insert(seq).second, "a record was applied twice");
        }
    }
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        const auto no = static_cast<DeviceNo>(i + 1);
        for (const StreamLife& stream : devices_[i].streams) {
            const bool last = &stream == &devices_[i].streams.back();
            for (const Lane lane : {Lane::urgent, Lane::bulk}) {
                const LaneLife& life = stream.lanes[index(lane)];
                const std::tuple key{no, stream.id, lane};
                const auto row = tables.streams.find({no, stream.id});
                const Seq mark =
                    row == tables.streams.end() ? 0 : row->second.high_water[index(lane)];
                CHECK_TRUE_TEXT(life.evicted.size() >= lost[key].size(), "no gap without a loss");
                for (const Seq seq : lost[key]) CHECK_TRUE(life.evicted.contains(seq));
                LONGS_EQUAL_TEXT(mark, lost[key].size() + applied[key].size(),
                                 "all up to the mark is stored or declared lost");
                if (!last) continue;
                LONGS_EQUAL_TEXT(life.made, mark, "everything that was made arrived");
                CHECK_TRUE_TEXT(life.held.empty(), "everything was acknowledged in the end");
            }
        }
    }
    LONGS_EQUAL(record_count, tables.totals.records);
    LONGS_EQUAL(lost_count, tables.totals.gap_records);
}

}  // namespace aftercare::collector::testing
