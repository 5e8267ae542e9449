// An appliance with its customer: everything one device brings into the world. The in-process world
// and the live fleet both drive it: advance, hand the telemetry to an agent, the commands to the
// collector.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/core/commands.hpp"
#include "common/downlink.hpp"
#include "firmware_sim/model/appliance.hpp"
#include "firmware_sim/model/customer.hpp"

namespace aftercare::sim {

class Household {
  public:
    Household(std::string tenant, std::string centre, Appliance appliance, Customer customer);

    /// Lives up to `to`: telemetry for the agent, calls and self-help reports for the collector.
    void advance(WallTime to, std::vector<Emission>& telemetry,
                 std::vector<collector::Command>& commands, TruthLedger& truth);
    /// The appliance shows a notice; what the customer does about it comes out of `advance`.
    /// The message key names the failure mode.
    void on_notice(const Notice& notice, WallTime now);
    /// A technician has been here: an unanswered failure may be called about again.
    void on_visit(WallTime now);

    /// Master data as the maker registers it.
    [[nodiscard]] collector::DeviceInfo registration() const;
    [[nodiscard]] Appliance& appliance() { return appliance_; }
    [[nodiscard]] const Appliance& appliance() const { return appliance_; }
    [[nodiscard]] const Customer& customer() const { return customer_; }

  private:
    struct SelfHelp {
        WallTime at{};
        std::string failure_mode;
    };
    void plan_calls();
    void place_call(WallTime at, std::vector<collector::Command>& commands);
    void try_self_help(std::vector<collector::Command>& commands, TruthLedger& truth);

    std::string tenant_, centre_;
    Appliance appliance_;
    Customer customer_;
    std::optional<WallTime> call_at_;
    unsigned calls_about_failure_ = 0;
    std::optional<WallTime> annoyed_until_;  ///< called already; waits for somebody to come
    std::optional<SelfHelp> self_help_;
    unsigned contact_count_ = 0, outcome_count_ = 0;
};

}  // namespace aftercare::sim
