#include "collector/core/intake/lane_intake.hpp"

#include <algorithm>

namespace aftercare::collector {

// Everything between the mark and `reach` is either nothing, or declared lost. What waits and
// reaches lower goes first.
bool LaneIntake::has_turn(Seq reach) const {
    if (reach <= high_water_ + 1) return true;
    if (oldest_ < reach) return false;
    return waiting_.empty() || reach <= reach_of(waiting_.front().report);
}

LaneIntake::Verdict LaneIntake::judge(const Report& report) {
    oldest_ = std::max(oldest_, report.header.oldest_seq);
    if (last_of(report) <= high_water_) return Verdict::duplicate;
    return has_turn(reach_of(report)) ? Verdict::apply : Verdict::wait;
}

bool LaneIntake::note_lost(const Report& report) {
    oldest_ = std::max(oldest_, report.header.oldest_seq);
    return last_of(report) > high_water_;
}

std::optional<SeqSpan> LaneIntake::advance(Seq first_applied, Seq last_applied) {
    std::optional<SeqSpan> hole;
    if (first_applied > high_water_ + 1) hole = SeqSpan{high_water_ + 1, first_applied - 1};
    high_water_ = std::max(high_water_, last_applied);
    return hole;
}

LaneIntake::Kept LaneIntake::keep(WaitingReport report, std::size_t count_max, bool* displaced) {
    *displaced = false;
    const Seq first = report.report.header.first_seq;
    const auto at = std::lower_bound(
        waiting_.begin(), waiting_.end(), first,
        [](const WaitingReport& w, Seq seq) { return w.report.header.first_seq < seq; });
    if (at != waiting_.end() && at->report.header.first_seq == first) {
        if (last_of(report.report) > last_of(at->report)) *at = std::move(report);
        return Kept::known;
    }
    if (waiting_.size() >= count_max) {
        if (at == waiting_.end()) return Kept::dropped;
        const auto place = at - waiting_.begin();
        waiting_.pop_back();
        waiting_.insert(waiting_.begin() + place, std::move(report));
        *displaced = true;
        return Kept::kept;
    }
    waiting_.insert(at, std::move(report));
    return Kept::kept;
}

std::optional<WaitingReport> LaneIntake::take_ready() {
    if (waiting_.empty() || !has_turn(reach_of(waiting_.front().report))) return std::nullopt;
    WaitingReport ready = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return ready;
}

std::optional<SeqSpan> LaneIntake::take_declared_hole() {
    if (oldest_ <= high_water_ + 1) return std::nullopt;
    Seq end = oldest_;
    if (!waiting_.empty()) end = std::min(end, reach_of(waiting_.front().report));
    if (end <= high_water_ + 1) return std::nullopt;
    return advance(end, end - 1);
}

}  // namespace aftercare::collector
