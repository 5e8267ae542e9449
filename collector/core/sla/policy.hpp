// Which service level a ticket gets: the first policy that fits its severity, warranty and customer
// segment, counted by the policy's calendar, else its centre's, else the house's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/model/service_centre.hpp"
#include "collector/core/model/ticket.hpp"
#include "collector/core/sla/clock.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Name of the calendar that is always there: round the clock, no holidays.
inline constexpr std::string_view kAlwaysOpen = "always";

struct SlaPolicy {
    std::string id;
    std::vector<Severity> severities;  ///< empty = any, as in the two below
    std::vector<WarrantyState> warranties;
    std::vector<std::string> segments;
    milliseconds first_response{24LL * 3'600'000};
    milliseconds resolution{5LL * 24 * 3'600'000};
    int at_risk_percent = 80;
    std::string calendar;  ///< empty = the centre's

    [[nodiscard]] bool fits(const Ticket& ticket) const;
    [[nodiscard]] bool fits_all() const {
        return severities.empty() && warranties.empty() && segments.empty();
    }
};

struct NamedCalendar {
    std::string name;
    Calendar calendar;
};

struct SlaSettings {
    std::vector<SlaPolicy> policies;       ///< the first that fits holds
    SlaPolicy otherwise{.id = "default"};  ///< without conditions; its calendar is the house's
    std::vector<NamedCalendar> calendars;  ///< beside kAlwaysOpen
    std::vector<ServiceCentre> centres;

    /// Some centre gets its tickets by its desk topic.
    [[nodiscard]] bool any_desk() const;
    /// Null: there is none of this name here.
    [[nodiscard]] const Calendar* calendar(std::string_view name) const;
};

/// All terms that tickets are counted by: those in force, and older ones that a database knows.
/// Lifetime: the settings outlive it and do not change.
class SlaTermsBook {
  public:
    explicit SlaTermsBook(const SlaSettings& settings) : settings_(settings) {}

    void load(SlaTerms terms);
    /// What a ticket like this is promised now.
    const SlaTerms& in_force(const Ticket& ticket);
    /// Of a ticket's clock. An id that nobody knows, and none at all, are round the clock.
    [[nodiscard]] const SlaTerms& of(const SlaClock& clock) const;
    /// Terms that a database does not know yet; each is returned once.
    std::vector<SlaTerms> take_new();

  private:
    const SlaTerms& make(const SlaPolicy& policy, const std::string& calendar_name);
    [[nodiscard]] const std::string& calendar_of(const SlaPolicy& policy,
                                                 const Ticket& ticket) const;

    const SlaSettings& settings_;
    const SlaTerms unknown_{.policy = "an earlier program",
                            .first_response = SlaPolicy{}.first_response,
                            .resolution = SlaPolicy{}.resolution};
    std::map<std::string, SlaTerms, std::less<>> terms_;  ///< by id; nodes stay where they are
    std::map<std::pair<const SlaPolicy*, std::string>, const SlaTerms*> made_;
    std::vector<const SlaTerms*> new_;
};

/// Terms as text, and back: what a database keeps, so that a clock can be counted again by the
/// calendar and the time-zone data of its time.
std::string terms_text(const SlaTerms& terms);
/// Errors: corrupt.
Result<SlaTerms> parse_terms(std::string_view id, std::string_view text);
/// "<policy>/<calendar>#<16 hex digits>": other content is another id.
std::string terms_id(const SlaTerms& terms);

std::string_view to_string(SlaTarget target);

}  // namespace aftercare::collector
