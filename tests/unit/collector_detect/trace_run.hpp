// A recorded trace folder shown to the detector alone, with the simplest tickets: one open per
// device and component, closed by that component's outcome or when its horizon has passed and the
// evidence is gone. Scored as the trace's description says: right when the component fails 0 < t <=
// 48 h after the ticket.
#pragma once

#include <string>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "common/result.hpp"

namespace aftercare::collector::test {

struct TraceScore {
    std::size_t tickets = 0;
    std::size_t right = 0;
    std::size_t failures = 0;  ///< without undetected ones of the first 48 h
    std::size_t found = 0;
    double median_lead_h = 0;

    [[nodiscard]] double precision() const;
    [[nodiscard]] double recall() const;
    [[nodiscard]] double f1() const;
};

/// Errors: not_found (no such folder), invalid.
Result<TraceScore> run_trace(const std::string& folder, RulePack pack, milliseconds horizon);

}  // namespace aftercare::collector::test
