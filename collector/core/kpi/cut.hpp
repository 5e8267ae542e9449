// A cut keeps rows by one attribute. Tickets are cut by their own columns, contacts and outcomes by
// those of their ticket (an outcome's component and failure mode are what was really found),
// devices by theirs; a device has no component, failure mode or rule, so those cuts keep every
// device.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "collector/core/kpi/board.hpp"

namespace aftercare::collector {

inline constexpr std::array<std::string_view, 11> kDimensions{
    "tenant",       "model", "firmware", "region",  "centre", "component",
    "failure_mode", "rule",  "warranty", "segment", ""};

class CutFilter {
  public:
    /// Errors: invalid, listing the dimensions.
    static Result<CutFilter> create(const Cut& cut);

    [[nodiscard]] bool keeps(const Ticket& ticket) const;
    /// `at` decides the warranty.
    [[nodiscard]] bool keeps(const DeviceInfo& device, WallTime at) const;
    /// `ticket` and `device` may be null.
    [[nodiscard]] bool keeps(const Outcome& outcome, const Ticket* ticket,
                             const DeviceInfo* device) const;

  private:
    std::string_view dimension_;  ///< into kDimensions; empty keeps everything
    std::string value_;
};

/// The ticket's value of `dimension`.  Pre: one of kDimensions, not empty.
std::string_view dimension_value(const Ticket& ticket, std::string_view dimension);

}  // namespace aftercare::collector
