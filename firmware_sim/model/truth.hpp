// Ground truth: what really wore, when it lost its function, and when it would have if nobody had
// come. Scores predictions; never reaches the collector.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/learn/score.hpp"
#include "common/time.hpp"
#include "firmware_sim/model/kind.hpp"

namespace aftercare::sim {

enum class Ending : std::uint8_t { running, repaired, self_help };
std::string_view to_string(Ending ending);

/// One degradation of one component of one appliance.
struct Episode {
    std::string device_id;
    std::string component;
    std::string failure_mode;
    Cause cause{};
    bool silent = false;
    WallTime onset_at{};
    std::optional<WallTime> failed_at;  ///< loss of function, if it came to that
    std::optional<WallTime> ended_at;
    Ending ending = Ending::running;
    /// Loss of function as it would have come at the usual rate of use; set when ended before it.
    std::optional<WallTime> would_fail_at;

    /// Real or prevented loss of function.
    [[nodiscard]] std::optional<WallTime> failure() const {
        return failed_at ? failed_at : would_fail_at;
    }
};

class TruthLedger {
  public:
    std::size_t begin(Episode episode);
    void fail(std::size_t episode, WallTime at);
    void end(std::size_t episode, WallTime at, Ending ending,
             std::optional<WallTime> would_fail_at);
    [[nodiscard]] const std::vector<Episode>& episodes() const { return episodes_; }

    /// Codes told without a failure behind them, and sensors that lied.
    std::size_t transient_fault_count = 0;
    std::size_t sensor_lie_count = 0;

  private:
    std::vector<Episode> episodes_;
};

/// Real and prevented losses of function.
std::vector<collector::TrueFailure> failures_of(const TruthLedger& truth);

}  // namespace aftercare::sim
