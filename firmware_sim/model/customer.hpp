// The person behind the appliance: notices a failure after a while, calls, follows a notice or not.
#pragma once

#include <optional>
#include <string>

#include "common/rng.hpp"
#include "common/telemetry.hpp"
#include "common/time.hpp"

namespace aftercare::sim {

struct CustomerOptions {
    double call_delay_h = 14;  ///< mean from loss of function to the call
    double annoyed_call_per_day =
        0.06;                       ///< chance to call about strong symptoms before the failure
    double describes_ratio = 0.85;  ///< share of calls that name the right component
    double heeds_notice_ratio = 0.6;
    double notice_delay_h = 10;  ///< mean until a notice is acted upon
    double self_help_success_ratio = 0.7;
    double contact_consent_ratio = 0.93;
};

class Customer {
  public:
    Customer(std::string id, const CustomerOptions& options, Rng rng);

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::string& language() const { return language_; }
    [[nodiscard]] const std::string& segment() const { return segment_; }
    [[nodiscard]] const std::string& region() const { return region_; }
    [[nodiscard]] std::uint32_t consent_purposes() const { return consent_; }

    /// When a loss of function at `failed_at` leads to a call (again, when `again`: impatient).
    WallTime call_time(WallTime failed_at, bool again);
    /// Once a day while symptoms are strong.
    bool annoyed_today() { return rng_.chance(options_.annoyed_call_per_day); }
    bool names_component() { return rng_.chance(options_.describes_ratio); }
    /// When the customer follows the article of a notice; nothing when it is ignored.
    std::optional<WallTime> heeds_notice(WallTime seen_at);
    bool self_help_succeeds() { return rng_.chance(options_.self_help_success_ratio); }

  private:
    std::string id_;
    CustomerOptions options_;
    Rng rng_;
    std::string language_, segment_, region_;
    std::uint32_t consent_ = kAllPurposes;
};

}  // namespace aftercare::sim
