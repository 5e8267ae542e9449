// Dispatcher and technicians of one service centre: work open tickets within days, inspect what is
// really there, make mistakes at stated ratios, and report. Speaks in the collector's commands, so
// that the in-process world submits them and the live fleet posts them over HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "collector/core/commands.hpp"
#include "common/rng.hpp"
#include "firmware_sim/model/household.hpp"

namespace aftercare::sim {

struct CentreOptions {
    std::uint32_t visits_per_day = 40;  ///< capacity
    double contact_delay_h = 4;         ///< mean from seeing a ticket to the phone call
    double visit_delay_days_min = 1;    ///< from the phone call to the visit …
    double visit_delay_days_max = 4;
    double no_answer_ratio = 0.15;     ///< the phone call has to be repeated the next day
    double missed_fault_ratio = 0.04;  ///< "no fault found" although the component is worn
    double wrong_component_ratio = 0.03;
    double needless_part_ratio = 0.05;  ///< healthy part replaced "to be on the safe side"
    double part_missing_ratio = 0.12;   ///< second visit when the part has come
    double part_delay_days = 5;
    double unreported_ratio = 0.05;  ///< the ticket is resolved without an outcome
    double detectable_level = 0.2;   ///< a technician finds wear from this level on
};

class ServiceCentre {
  public:
    ServiceCentre(std::string id, const CentreOptions& options, Rng rng);

    /// The household of a device; null when it is not ours.
    using Lookup = std::function<Household*(std::string_view device_id)>;

    /// Shows a ticket as it stands now. Safe to repeat: only a new open one starts work, an ended
    /// one cancels it.
    void see(const collector::Ticket& ticket, WallTime now);
    /// Appends what is due by `now`, in order of time; repairs happen in the appliances.
    void act(WallTime now, const Lookup& households, TruthLedger& truth,
             std::vector<collector::Command>& commands);

    struct Statistics {
        std::uint64_t calls = 0, visits = 0, second_visits = 0, repairs = 0, no_fault_found = 0;
        std::uint64_t mistakes = 0;  ///< missed faults, wrong and needless parts
        std::uint64_t unreported = 0;
    };
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }
    [[nodiscard]] const std::string& id() const { return id_; }

  private:
    enum class Step : std::uint8_t { call, visit, second_visit };
    struct Job {
        collector::Ticket ticket;
        Step step = Step::call;
        WallTime due{};
        std::uint32_t attempts = 0;
    };
    using Commands = std::vector<collector::Command>;

    void call(Job& job, Commands& commands);
    /// True when the job is done.
    bool visit(Job& job, Household& household, TruthLedger& truth, Commands& commands);
    [[nodiscard]] Finding find_target(const Job& job, const Household& household) const;
    collector::Outcome inspect(const Job& job, const Finding& target, Household& household,
                               TruthLedger& truth);
    void fix_or_miss(const Finding& target, Appliance& appliance, collector::Outcome& outcome,
                     TruthLedger& truth);
    [[nodiscard]] Finding conspicuous(const Appliance& appliance, const Finding& besides) const;
    void repair(collector::OutcomeCode code, const Finding& finding, Appliance& appliance,
                collector::Outcome& outcome, TruthLedger& truth);
    WallTime free_slot(WallTime wanted);
    void change(const Job& job, WallTime at, collector::TicketState to, std::string why,
                Commands& commands) const;

    std::string id_;
    CentreOptions options_;
    Rng rng_;
    std::map<std::string, Job> jobs_;
    std::map<std::int64_t, std::uint32_t> visits_on_day_;
    Statistics statistics_;
};

}  // namespace aftercare::sim
