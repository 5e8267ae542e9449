// What a pack's tickets would have been worth, and two packs side by side over the same devices.
// Devices are added one at a time, so that a fleet need not fit into memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/kpi/statistics.hpp"
#include "collector/core/learn/backtest.hpp"
#include "collector/core/learn/fate.hpp"

namespace aftercare::collector {

struct JudgedTicket {
    BacktestTicket made;
    TicketFate fate{};
    std::optional<double> lead_h;  ///< of a right one: from opening to failure
};

struct JudgeSpan {
    /// Only tickets opened, and failures that happened, in here. A failure is found by whatever
    /// ticket announced it, also one opened before: nobody knew then that it would come true.
    WallTime from = WallTime::min();
    WallTime to = WallTime::max();  ///< exclusive
    /// Failures in the first hours of a device's telemetry do not count.
    milliseconds warm_up = hours_ms(48);
};

struct TicketCounts {
    std::uint64_t right = 0, wrong = 0, undecided = 0;
    void add(TicketFate fate);
    [[nodiscard]] std::uint64_t all() const { return right + wrong + undecided; }
};

/// Precision = right ÷ (right + wrong); recall = found ÷ failures. Intervals are of 95 %: Wilson's,
/// for the load Poisson's, for the median lead from order statistics.
struct PackFigures {
    TicketCounts tickets;
    std::uint64_t failures = 0, found = 0;
    double device_days = 0;
    std::vector<double> leads_h;
    std::map<std::string, TicketCounts> by_rule;  ///< by "id@version"

    [[nodiscard]] std::optional<double> precision() const;
    [[nodiscard]] std::optional<double> recall() const;
    [[nodiscard]] std::optional<double> f1() const;
    [[nodiscard]] std::optional<Interval> precision_interval() const;
    [[nodiscard]] std::optional<Interval> recall_interval() const;
    /// Tickets of any fate per 1,000 device-months (of 365.25 ÷ 12 days).
    [[nodiscard]] std::optional<double> load() const;
    [[nodiscard]] std::optional<Interval> load_interval() const;
    [[nodiscard]] std::optional<double> median_lead_h() const;
    [[nodiscard]] std::optional<Interval> median_lead_interval() const;
};

/// 95 % interval of a median from the ranks of the sorted values: the l-th from below and from
/// above, l the largest with P(Bin(n, ½) < l) <= 2.5 %.  Absent below six values.  n = 20 → ranks 6
/// and 15.  Source: W. J. Conover, Practical Nonparametric Statistics (1999), 3.2.
std::optional<Interval> median_interval(std::vector<double> values);

/// Of one device.
struct DeviceJudgement {
    std::vector<JudgedTicket> tickets;
    std::uint64_t failures = 0;
    std::vector<WallTime> found;  ///< failures that a ticket announced
    double days = 0;
};
DeviceJudgement judge(const DeviceHistory& history, std::vector<BacktestTicket> tickets,
                      const JudgeSpan& span = {});
void add(const DeviceJudgement& device, PackFigures& figures);
void merge(const PackFigures& part, PackFigures& whole);

/// At most so many differing tickets are kept; more are counted.
inline constexpr std::size_t kDifferingTicketsMax = 10'000;

class Comparison {
  public:
    /// `against` may be null: then only one pack is judged. Lifetime: both must outlive this.
    Comparison(const Detector& rules, const Detector* against, Opening opening, JudgeSpan span)
        : detectors_{&rules, against}, opening_(opening), span_(span) {}

    void add(const DeviceHistory& history);

    struct Differing {
        bool in_new = false;  ///< else in the old pack only
        JudgedTicket ticket;
    };
    enum Pack : std::size_t { kNew, kOld };
    [[nodiscard]] const PackFigures& figures(Pack which) const { return figures_[which]; }
    /// Tickets of one pack without one of the other for the same component at the same time.
    [[nodiscard]] const std::vector<Differing>& differing() const { return differing_; }
    [[nodiscard]] std::uint64_t differing_count() const { return differing_count_; }
    /// Failures that only one of the two found.
    [[nodiscard]] std::uint64_t found_only_by(Pack which) const { return found_only_by_[which]; }
    [[nodiscard]] std::uint64_t devices() const { return devices_; }

  private:
    void note_differing(std::vector<JudgedTicket>& fresh, std::vector<JudgedTicket>& known);

    std::array<const Detector*, 2> detectors_;
    Opening opening_;
    JudgeSpan span_;
    std::array<PackFigures, 2> figures_;
    std::vector<Differing> differing_;
    std::uint64_t differing_count_ = 0;
    std::array<std::uint64_t, 2> found_only_by_{};
    std::uint64_t devices_ = 0;
};

}  // namespace aftercare::collector
