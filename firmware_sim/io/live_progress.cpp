#include "firmware_sim/io/live_progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace aftercare::sim {
namespace {

constexpr std::chrono::milliseconds kTerminalPeriod{200};
constexpr std::chrono::milliseconds kPlainPeriod{1'000};
constexpr int kBarCells = 20;
constexpr double kRateMemorySeconds = 2;  ///< the rate shown is a moving average over about this

std::size_t terminal_columns() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double share) {
    const int full = static_cast<int>(share * kBarCells);
    std::string cells;
    for (int i = 0; i < kBarCells; ++i) cells += i < full ? "█" : "░";
    return cells;
}

std::string_view phase_text(LiveFleet::Phase phase) {
    switch (phase) {
        case LiveFleet::Phase::waiting:
            return "connecting";
        case LiveFleet::Phase::living:
            return "running";
        case LiveFleet::Phase::draining:
            return "waiting for the last acks";
        case LiveFleet::Phase::drained:
            return "all acknowledged";
        case LiveFleet::Phase::stuck:
            return "no progress";
    }
    return "";
}

}  // namespace

std::string with_thousands(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}

LiveProgress::LiveProgress(double days)
    : days_(days),
      terminal_(isatty(STDERR_FILENO) != 0 && std::getenv("TERM") != nullptr &&
                std::string_view(std::getenv("TERM")) != "dumb") {}

LiveProgress::~LiveProgress() {
    if (line_open_) std::fputc('\n', stderr);
}

void LiveProgress::show(const LiveFleet& fleet, Instant now) {
    const bool phase_changed = fleet.phase() != phase_shown_;
    if (!phase_changed && now - shown_at_ < (terminal_ ? kTerminalPeriod : kPlainPeriod)) return;
    const FleetTotals totals = fleet.totals();
    if (shown_at_ != Instant{} && now > shown_at_) {
        const double seconds = std::chrono::duration<double>(now - shown_at_).count();
        const double rate = static_cast<double>(totals.reports_sent - reports_before_) / seconds;
        const double weight = 1 - std::exp(-seconds / kRateMemorySeconds);
        reports_per_second_ += weight * (rate - reports_per_second_);
    }
    reports_before_ = totals.reports_sent;
    shown_at_ = now;
    const int tenths = static_cast<int>(totals.day / days_ * 10);
    if (terminal_ || phase_changed || tenths != tenths_shown_) print(fleet, totals);
    tenths_shown_ = tenths;
    phase_shown_ = fleet.phase();
}

void LiveProgress::print(const LiveFleet& fleet, const FleetTotals& totals) {
    const std::string figures = fmt::format(
        "day {:.0f}/{:.0f}  {} records  {:.0f} reports/s  {} in flight  {} tickets  {} calls",
        totals.day, days_, with_thousands(totals.records), reports_per_second_,
        totals.in_flight_reports, totals.tickets, totals.calls);
    const std::string state =
        totals.connected == totals.devices
            ? fmt::format("  {}", phase_text(fleet.phase()))
            : fmt::format("  {} of {} connected", totals.connected, totals.devices);
    if (!terminal_) {
        fmt::print(stderr, "{}{}\n", figures, state);
        return;
    }
    // A line that wraps cannot be written over: what matters least goes first.
    const std::size_t room = terminal_columns() - 1;
    std::string line = figures.substr(0, room);
    if (line.size() + state.size() <= room) line += state;
    if (line.size() + kBarCells + 1 <= room) line = bar(totals.day / days_) + " " + line;
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
    line_open_ = true;
}

}  // namespace aftercare::sim
