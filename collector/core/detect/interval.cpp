#include "collector/core/detect/interval.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

// Of intervals with one start the longest says it all.
void order_and_merge(Intervals& intervals) {
    std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) {
        return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    const auto same = [](const Interval& a, const Interval& b) { return a.start == b.start; };
    intervals.erase(std::unique(intervals.begin(), intervals.end(), same), intervals.end());
}

}  // namespace

Intervals intersect(std::span<const Interval> left, std::span<const Interval> right) {
    Intervals both;
    for (const Interval& a : left) {
        for (const Interval& b : right) {
            const WallTime start = std::max(a.start, b.start);
            const WallTime end = std::min(a.end, b.end);
            if (start <= end) both.push_back({.start = start, .end = end});
        }
    }
    order_and_merge(both);
    return both;
}

Intervals complement(std::span<const Interval> intervals, WallTime known_until) {
    constexpr milliseconds kTick{1};
    Intervals gaps;
    if (known_until == kNever) return gaps;
    WallTime from = kNever;
    for (const Interval& interval : intervals) {
        if (interval.start > from) gaps.push_back({.start = from, .end = interval.start - kTick});
        if (interval.end == kForEver) {
            from = kForEver;
            break;
        }
        from = std::max(from, interval.end + kTick);
    }
    if (from < known_until) gaps.push_back({.start = from, .end = kForEver});
    for (Interval& gap : gaps) gap.end = std::min(gap.end, known_until - kTick);
    std::erase_if(gaps, [](const Interval& gap) { return gap.end < gap.start; });
    return gaps;
}

Intervals unite(std::span<const Interval> left, std::span<const Interval> right) {
    Intervals either(left.begin(), left.end());
    either.insert(either.end(), right.begin(), right.end());
    order_and_merge(either);
    return either;
}

}  // namespace aftercare::collector
