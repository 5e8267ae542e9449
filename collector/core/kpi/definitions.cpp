#include "collector/core/kpi/definitions.hpp"

#include <algorithm>
#include <array>

#include "common/result.hpp"

namespace aftercare::collector {
namespace {

constexpr auto kRate = KpiKind::rate;
constexpr auto kDuration = KpiKind::duration;
constexpr auto kCount = KpiKind::count;

constexpr Definition kDefinitions[] = {
    {"proactive_contact_rate", "proactive", "Proactive-contact rate", kRate, "%",
     "Incidents whose first contact was outbound ÷ all incidents with any contact, counted at the "
     "first contact; an incident is one failure mode on one device until it is resolved."},
    {"proactive_lead_time", "proactive", "Proactive lead time", kDuration, "h",
     "Failure time − first outbound contact, for incidents with both, counted at the outcome; "
     "negative "
     "lead times are kept, incidents whose outcome is not in yet are pending."},
    {"prediction_precision", "proactive", "Prediction precision", kRate, "%",
     "Predicted tickets whose outcome confirms the predicted component ÷ predicted tickets with a "
     "decided "
     "outcome (confirmed, no fault found, other fault), counted at the outcome; tickets opened in "
     "the "
     "period and undecided are pending."},
    {"prediction_recall", "proactive", "Prediction recall", kRate, "%",
     "Failures that had a predicted ticket for that component open before the failure ÷ all "
     "confirmed "
     "failures, counted at the outcome."},
    {"false_alarm_load", "proactive", "False-alarm load", KpiKind::per_thousand,
     "per 1,000 device-months",
     "Predicted tickets closed no fault found, counted at the outcome, per 1,000 device-months; a "
     "device "
     "counts from its first to its last telemetry, a month is 30.4375 days."},
    {"prevented_failures", "proactive", "Prevented failures", kCount, "tickets",
     "Predicted tickets confirmed and resolved before loss of function, counted at the outcome."},
    {"detection_to_contact_time", "proactive", "Detection-to-contact time", kDuration, "h",
     "First outbound contact − first detection, for tickets opened by detection, counted at the "
     "contact; "
     "those opened in the period and not contacted yet are pending."},
    {"devices_needing_support", "proactive", "Devices needing support", kRate, "%",
     "Devices with at least one ticket opened in the period ÷ devices active in the period "
     "(telemetry, "
     "or a ticket)."},
    {"customers_needing_support", "proactive", "Customers needing support", kRate, "%",
     "Customers with at least one ticket opened in the period ÷ customers with an active device in "
     "the "
     "period."},

    {"repair_recurrence_device_{N}d", "recurrence", "Repair recurrence, same device, {N} days",
     kRate, "%",
     "Repairs followed by another repair of the same device within the window ÷ repairs of the "
     "period whose "
     "window has fully elapsed; repairs with an open window are pending."},
    {"repair_recurrence_component_{N}d", "recurrence",
     "Repair recurrence, same component, {N} days", kRate, "%",
     "Repairs followed by another repair of the same component of the same device within the "
     "window ÷ "
     "repairs of the period whose window has fully elapsed; repairs with an open window are "
     "pending."},
    {"repeat_service_calls_{N}d", "recurrence", "Repeat service calls, {N} days", kRate, "%",
     "Inbound contacts for a device within the window after a resolution ÷ resolutions of the "
     "period whose "
     "window has fully elapsed; a ratio of counts, it can exceed 100."},
    {"first_time_fix_rate", "recurrence", "First-time-fix rate", kRate, "%",
     "Repair tickets resolved with exactly one visit and, within 30 days, neither reopened nor "
     "followed by "
     "another repair of the same component ÷ repair tickets resolved in the period whose 30 days "
     "have "
     "elapsed."},
    {"no_fault_found_rate", "recurrence", "No-fault-found rate", kRate, "%",
     "Outcomes no fault found ÷ all outcomes with a physical inspection, counted at the outcome."},
    {"days_between_repairs", "recurrence", "Days between repairs", kDuration, "d",
     "Days from a repair of the period to the next repair of the same component of the same "
     "device, by "
     "Kaplan–Meier; a planned replacement, a new unit and the end of observation censor (pending); "
     "the "
     "mean is the area under the curve up to the longest observation."},

    {"resolution_time_elapsed", "resolution", "Average resolution time, elapsed", kDuration, "h",
     "Resolved − opened, of the tickets resolved in the period."},
    {"resolution_time_working", "resolution", "Average resolution time, working", kDuration, "h",
     "Resolved − opened inside the service calendar, without the time in pending_customer and "
     "on_hold, of "
     "the tickets resolved in the period."},
    {"first_response_time_elapsed", "resolution", "First response time, elapsed", kDuration, "h",
     "First human or automatic contact − opened, counted at the contact; tickets opened in the "
     "period and "
     "not contacted yet are pending."},
    {"first_response_time_working", "resolution", "First response time, working", kDuration, "h",
     "First human or automatic contact − opened inside the service calendar, without the time in "
     "pending_customer and on_hold, counted at the contact."},
    {"first_response_within_target", "resolution", "First responses within target", kRate, "%",
     "First contacts made by the ticket's first-response target ÷ first contacts of the period on "
     "tickets "
     "with a target."},
    {"resolution_rate", "resolution", "Resolution rate", kRate, "%",
     "Tickets resolved in the period ÷ tickets received in the period; exceeds 100 when a backlog "
     "is worked "
     "off."},
    {"resolution_rate_cohort", "resolution", "Resolution rate, cohort", kRate, "%",
     "Of the tickets received in the period, the share resolved by now."},
    {"fcr_gross", "resolution", "First-contact resolution, gross", kRate, "%",
     "Tickets resolved in their first contact (one contact, no visit, not reopened) ÷ all tickets "
     "handled, "
     "that is resolved in the period."},
    {"fcr_net", "resolution", "First-contact resolution, net", kRate, "%",
     "Tickets resolved in their first contact ÷ (all tickets handled − tickets outside the agent's "
     "control: "
     "outcome flagged not solvable at first contact)."},
    {"sla_first_response", "resolution", "SLA compliance, first response", kRate, "%",
     "First-response targets met ÷ first-response targets due in the period; a target not yet due "
     "is not "
     "counted, a breached open ticket is missed."},
    {"sla_resolution", "resolution", "SLA compliance, resolution", kRate, "%",
     "Resolution targets met ÷ resolution targets due in the period; a target not yet due is not "
     "counted, a "
     "breached open ticket is missed."},
    {"reopen_rate", "resolution", "Reopen rate", kRate, "%",
     "Resolved tickets reopened ÷ tickets resolved in the period."},
    {"tickets_received", "resolution", "Tickets received", kCount, "tickets",
     "Tickets opened in the period."},
    {"tickets_received_predicted", "resolution", "Tickets received, predicted", kCount, "tickets",
     "Tickets opened in the period by a prediction."},
    {"tickets_received_reactive", "resolution", "Tickets received, reactive", kCount, "tickets",
     "Tickets opened in the period by a customer's call or an unpredicted failure."},
    {"tickets_resolved", "resolution", "Tickets resolved", kCount, "tickets",
     "Tickets resolved in the period and not reopened by its end."},
    {"tickets_resolved_predicted", "resolution", "Tickets resolved, predicted", kCount, "tickets",
     "Predicted tickets resolved in the period and not reopened by its end."},
    {"tickets_resolved_reactive", "resolution", "Tickets resolved, reactive", kCount, "tickets",
     "Reactive tickets resolved in the period and not reopened by its end."},
    {"tickets_open", "resolution", "Tickets open", kCount, "tickets",
     "Tickets open at the end of the period."},
    {"tickets_open_predicted", "resolution", "Tickets open, predicted", kCount, "tickets",
     "Predicted tickets open at the end of the period."},
    {"tickets_open_reactive", "resolution", "Tickets open, reactive", kCount, "tickets",
     "Reactive tickets open at the end of the period."},
    {"self_service_share", "resolution", "Self-service share", kRate, "%",
     "Tickets resolved by a notice or article without a visit ÷ tickets resolved in the period."},
};

std::string with_days(std::string_view text, int days) {
    std::string result(text);
    const std::size_t place = result.find("{N}");
    if (place != std::string::npos) result.replace(place, 3, std::to_string(days));
    return result;
}

bool has_window(const Definition& d) {
    return d.id.find("{N}") != std::string_view::npos;
}

}  // namespace

std::span<const Definition> kpi_definitions() {
    return kDefinitions;
}

Kpi blank_kpi(std::string_view id, int days) {
    const auto found = std::find_if(std::begin(kDefinitions), std::end(kDefinitions),
                                    [&](const Definition& d) { return d.id == id; });
    AFTERCARE_ASSERT(found != std::end(kDefinitions));
    Kpi kpi;
    kpi.id = with_days(found->id, days);
    kpi.section = found->section;
    kpi.title = with_days(found->title, days);
    kpi.definition = found->definition;
    kpi.kind = found->kind;
    kpi.unit = found->unit;
    return kpi;
}

std::vector<Kpi> kpi_catalogue(const std::vector<int>& recurrence_days) {
    std::vector<Kpi> kpis;
    for (const Definition& d : kDefinitions) {
        if (!has_window(d)) {
            kpis.push_back(blank_kpi(d.id));
            continue;
        }
        for (const int days : recurrence_days) kpis.push_back(blank_kpi(d.id, days));
    }
    return kpis;
}

}  // namespace aftercare::collector
