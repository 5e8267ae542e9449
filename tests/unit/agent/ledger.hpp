// A collector in miniature that holds an agent to its promises: what was accepted is written down
// before, what arrives is compared, and every hole must have been declared.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/report.hpp"

namespace aftercare::test {

struct Entry {
    std::uint64_t mark = 0;  ///< tells one record from every other
    RecordClass record_class = RecordClass::fault;
    bool durable = false;
    bool sent = false;
    bool stored = false;
    bool missing = false;  ///< the collector went past it by a declared gap
};

/// The mark that a test put into a record (fault code, cycle duration or metric id).
inline std::uint64_t mark_of(const Record& record) {
    if (const auto* f = std::get_if<Fault>(&record.body)) {
        return f->snapshot.count > 0 ? f->snapshot.items[0].metric_id : 0;
    }
    if (const auto* u = std::get_if<Usage>(&record.body)) return u->duration_s;
    if (const auto* r = std::get_if<Reading>(&record.body)) return r->window_ms;
    return 0;
}

class Ledger {
  public:
    /// A durable record takes with it whatever was accepted before: one sync holds for all.
    void accepted(Lane lane, Seq seq, Entry entry) {
        lanes_[index(lane)].entries[seq] = entry;
        unsynced_.push_back({lane, seq});
        if (!entry.durable) return;
        for (const auto& [of_lane, of_seq] : unsynced_) {
            const auto it = lanes_[index(of_lane)].entries.find(of_seq);
            if (it != lanes_[index(of_lane)].entries.end()) it->second.durable = true;
        }
        unsynced_.clear();
    }

    /// After a power cut: what was not durable and is not held any more never existed. Empty text
    /// or what the agent did wrong.
    std::string rebooted(Lane lane, Seq next_seq) {
        auto& entries = lanes_[index(lane)].entries;
        unsynced_.clear();
        for (auto it = entries.lower_bound(next_seq); it != entries.end();) {
            if (it->second.durable || it->second.sent) {
                return "seq " + std::to_string(it->first) + " would be given again";
            }
            it = entries.erase(it);
        }
        return {};
    }

    /// Takes a report as the collector would; empty text or what was wrong with it.
    std::string receive(const Report& report) {
        LaneLog& lane = lanes_[index(report.header.lane)];
        if (report.records.empty()) {
            declare(lane, report.header.oldest_seq - 1);
            return {};
        }
        const Record& first = report.records.front();
        if (first.seq - first.gap_before > lane.through + 1) {
            // A report before this one was lost on the way: it waits. Unless the device says that
            // it holds nothing older, then there is nothing to wait for.
            const bool nothing_older = report.header.oldest_seq == report.header.first_seq;
            return nothing_older ? "seq " + std::to_string(first.seq) + " leaves a hole behind " +
                                       std::to_string(lane.through)
                                 : std::string{};
        }
        for (const Record& record : report.records) {
            if (auto wrong = receive(lane, record); !wrong.empty()) return wrong;
        }
        return {};
    }
    [[nodiscard]] Seq through(Lane lane) const { return lanes_[index(lane)].through; }

    /// Records of the class that were passed by a gap; durable ones only when asked so.
    [[nodiscard]] std::uint64_t missing(RecordClass record_class, bool durable_only) const {
        std::uint64_t count = 0;
        for (const LaneLog& lane : lanes_) {
            for (const auto& [seq, entry] : lane.entries) {
                count += entry.missing && entry.record_class == record_class &&
                         (entry.durable || !durable_only);
            }
        }
        return count;
    }
    [[nodiscard]] std::uint64_t stored(RecordClass record_class) const {
        std::uint64_t count = 0;
        for (const LaneLog& lane : lanes_) {
            for (const auto& [seq, entry] : lane.entries) {
                count += entry.stored && entry.record_class == record_class;
            }
        }
        return count;
    }
    [[nodiscard]] const std::map<Seq, Entry>& entries(Lane lane) const {
        return lanes_[index(lane)].entries;
    }
    [[nodiscard]] std::uint64_t declared(Lane lane) const { return lanes_[index(lane)].declared; }

  private:
    struct LaneLog {
        Seq through = 0;
        std::uint64_t declared = 0;
        std::map<Seq, Entry> entries;
    };

    static std::string receive(LaneLog& lane, const Record& record) {
        const auto it = lane.entries.find(record.seq);
        const auto at = "seq " + std::to_string(record.seq);
        if (it != lane.entries.end() && it->second.mark != 0 &&
            it->second.mark != mark_of(record)) {
            return at + " carries another record than the one accepted";
        }
        if (it != lane.entries.end()) it->second.sent = true;
        if (record.seq <= lane.through) {
            if (it != lane.entries.end() && it->second.missing) return at + " was declared lost";
            return {};
        }
        if (record.seq - record.gap_before > lane.through + 1) {
            return at + " leaves a hole behind " + std::to_string(lane.through);
        }
        declare(lane, record.seq - 1);
        if (it != lane.entries.end()) it->second.stored = true;
        lane.through = record.seq;
        return {};
    }
    static void declare(LaneLog& lane, Seq through) {
        for (Seq seq = lane.through + 1; seq <= through; ++seq) {
            ++lane.declared;
            if (auto lost = lane.entries.find(seq); lost != lane.entries.end()) {
                lost->second.missing = true;
            }
        }
        lane.through = std::max(lane.through, through);
    }
    std::array<LaneLog, kLaneCount> lanes_;
    std::vector<std::pair<Lane, Seq>> unsynced_;
};

}  // namespace aftercare::test
