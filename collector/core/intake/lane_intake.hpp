// The order of one lane: what to apply now, what waits for its predecessors, what is declared lost.
// Knows sequence numbers only.
//
// Invariants: high_water never falls; each seq at or below it was applied once or lies in a
// declared gap; a hole is passed only when the device said that it holds nothing there
// (`gap_before`, `oldest_seq`).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/intake/bytes.hpp"
#include "common/report.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// A report ahead of its turn, kept whole until the missing ones come.
struct WaitingReport {
    Report report;
    std::string bytes;
    WallTime received_at{};
};

struct SeqSpan {
    Seq first = 0;
    Seq last = 0;
};

/// First seq that the report accounts for: its first record, or the gap that it declares before it.
inline Seq reach_of(const Report& report) {
    return report.header.first_seq - report.records.front().gap_before;
}
/// Its last record's; without records the last one that it declares lost.
inline Seq last_of(const Report& report) {
    return report.records.empty() ? report.header.first_seq - 1 : report.records.back().seq;
}

class LaneIntake {
  public:
    explicit LaneIntake(Seq high_water = 0) : high_water_(high_water) {}

    enum class Verdict : std::uint8_t { apply, wait, duplicate };
    /// What to do with a report; notes its `oldest_seq`.  Pre: valid, records not empty.
    Verdict judge(const Report& report);
    /// A report of no records, which says by its `oldest_seq` that all before it is lost. False
    /// when that was known. What waits goes before the hole is taken.
    bool note_lost(const Report& report);
    /// The hole between high-water mark and `first_applied`, after which the mark is
    /// `last_applied`.
    std::optional<SeqSpan> advance(Seq first_applied, Seq last_applied);

    enum class Kept : std::uint8_t { kept, known, dropped };
    /// Keeps a report that must wait. Beyond `count_max` the one furthest ahead goes: its device
    /// still holds it and sends it again. `kept` with `*displaced` set means another had to go.
    Kept keep(WaitingReport report, std::size_t count_max, bool* displaced);
    /// The next waiting report whose turn has come.
    std::optional<WaitingReport> take_ready();
    /// A hole that the device declared lost although the reports after it are still missing, too.
    /// The mark moves past it.
    std::optional<SeqSpan> take_declared_hole();

    [[nodiscard]] Seq high_water() const { return high_water_; }
    [[nodiscard]] std::size_t waiting_count() const { return waiting_.size(); }

  private:
    [[nodiscard]] bool has_turn(Seq reach) const;
    Seq high_water_ = 0;
    Seq oldest_ = 0;                      ///< highest `oldest_seq` heard
    std::vector<WaitingReport> waiting_;  ///< ascending by first seq
};

}  // namespace aftercare::collector
