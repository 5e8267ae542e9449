// What a live run says while it goes on: one line that updates itself on a terminal, a line per
// tenth of the run otherwise. To stderr.
#pragma once

#include <string>

#include "common/time.hpp"
#include "firmware_sim/io/live_fleet.hpp"

namespace aftercare::sim {

class LiveProgress {
  public:
    /// `days`: virtual length of the run.
    explicit LiveProgress(double days);
    ~LiveProgress();
    LiveProgress(const LiveProgress&) = delete;
    LiveProgress& operator=(const LiveProgress&) = delete;

    /// Cheap when it is not yet time for the next line.
    void show(const LiveFleet& fleet, Instant now);

  private:
    void print(const LiveFleet& fleet, const FleetTotals& totals);

    double days_;
    bool terminal_;
    bool line_open_ = false;
    Instant shown_at_{};
    std::uint64_t reports_before_ = 0;
    double reports_per_second_ = 0;
    int tenths_shown_ = -1;
    LiveFleet::Phase phase_shown_ = LiveFleet::Phase::waiting;
};

/// 1234567 → "1,234,567"
std::string with_thousands(std::uint64_t number);

}  // namespace aftercare::sim
