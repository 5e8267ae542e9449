#include "firmware_sim/io/live_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/core/kpi/statistics.hpp"
#include "firmware_sim/io/live_progress.hpp"

namespace aftercare::sim {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json();
}

std::string rate_text(std::string_view name, const std::optional<double>& value, std::uint64_t part,
                      std::uint64_t whole, std::string_view of_what) {
    const auto interval = collector::ratio_interval(part, whole);
    if (!value || !interval) {
        return fmt::format("  {:<22}     –                    no {}\n", name, of_what);
    }
    return fmt::format("  {:<22} {:>6.1f} %   {:>5.1f} – {:>5.1f} %   {} of {} {}\n", name,
                       100 * *value, 100 * interval->low, 100 * interval->high, part, whole,
                       of_what);
}

}  // namespace

std::optional<double> median_reaction_h(const std::vector<collector::Ticket>& tickets) {
    std::vector<double> hours;
    for (const collector::Ticket& ticket : tickets) {
        if (ticket.origin != collector::Origin::predicted) continue;
        hours.push_back(as_hours(ticket.opened_at - ticket.detected_at));
    }
    const auto summary = collector::summarise(hours);
    if (!summary) return std::nullopt;
    return summary->median;
}

std::string summary_text(const LiveSummary& s) {
    std::string text = fmt::format(
        "Records    {} made, {} acknowledged as stored, {} evicted and declared, {} refused\n"
        "Reports    {} sent, {} sent again; {} connections lost\n"
        "People     {} customer calls; {} service calls, {} visits, {} repairs; {} notices shown\n"
        "Desk       {} requests accepted, {} overtaken by events, {} refused, {} repeated\n",
        with_thousands(s.fleet.records), with_thousands(s.fleet.records - s.fleet.held),
        with_thousands(s.fleet.dropped), with_thousands(s.fleet.refused),
        with_thousands(s.fleet.reports_sent), with_thousands(s.fleet.reports_resent),
        with_thousands(s.fleet.disconnects), s.fleet.calls, s.centre.calls, s.centre.visits,
        s.centre.repairs, s.fleet.notices, s.desk.commands.accepted, s.desk.commands.conflicts,
        s.desk.commands.refused, s.desk.commands.retries);
    if (!s.desk.commands.first_refusal.empty()) {
        text += fmt::format("           first refusal: {}\n", s.desk.commands.first_refusal);
    }
    text +=
        "\nPredicted tickets against ground truth, which the collector never saw. Failures that "
        "service\nprevented are among them; a recall KPI can know only those that happened.\n";
    text += rate_text("Precision", s.score.precision, s.score.right, s.score.tickets, "tickets");
    text += rate_text("Recall", s.score.recall, s.score.found, s.score.failures, "failures");
    if (s.score.median_lead_h) {
        text += fmt::format("  {:<22} {:>6.0f} h\n", "Median lead time", *s.score.median_lead_h);
    }
    const double hours_per_second = s.speed / 3600;
    text += fmt::format(
        "\nTime ran {} times faster than life: one real second of latency costs {:.0f} virtual "
        "hours "
        "of\nlead time.",
        with_thousands(static_cast<std::uint64_t>(s.speed)), hours_per_second);
    if (s.median_reaction_h) {
        text += fmt::format(
            " From symptom to ticket it took {:.1f} virtual hours in the median, which is {:.2f} "
            "real"
            "\nseconds; at speed 1 those seconds would be the whole loss.",
            *s.median_reaction_h, *s.median_reaction_h / hours_per_second);
    }
    return text + "\n";
}

std::string summary_json(const LiveSummary& s) {
    Json json;
    json["seed"] = s.seed;
    json["trace_hash"] = nullptr;  // A live run depends on the machine's timing.
    json["records"] = s.fleet.records;
    json["acknowledged"] = s.fleet.records - s.fleet.held;
    json["lost"] = s.fleet.held;
    json["duplicates"] = nullptr;  // Only the database knows: aftercare-collector verify.
    json["evicted"] = s.fleet.dropped;
    json["refused"] = s.fleet.refused;
    json["reports_sent"] = s.fleet.reports_sent;
    json["reports_resent"] = s.fleet.reports_resent;
    json["calls"] = s.fleet.calls;
    json["visits"] = s.centre.visits;
    json["requests"] = {{"accepted", s.desk.commands.accepted},
                        {"conflicts", s.desk.commands.conflicts},
                        {"refused", s.desk.commands.refused},
                        {"first_refusal", s.desk.commands.first_refusal}};
    json["prediction"] = {{"precision", or_null(s.score.precision)},
                          {"recall", or_null(s.score.recall)},
                          {"f1", or_null(s.score.f1)},
                          {"median_lead_h", or_null(s.score.median_lead_h)},
                          {"tickets", s.score.tickets},
                          {"right", s.score.right},
                          {"failures", s.score.failures},
                          {"found", s.score.found}};
    json["median_reaction_h"] = or_null(s.median_reaction_h);
    json["speed"] = s.speed;
    json["real_s"] = s.real_s;
    return json.dump();
}

Status write_ledger(const std::string& file, const LiveFleet& fleet) {
    std::ofstream out(file);
    for (const auto& device : fleet.devices()) {
        const LiveDeviceCounts counts = device->counts();
        Json json;
        json["device_id"] = device->id();
        json["stream_id"] = device->stream_id();
        json["made"] = counts.made;
        json["dropped"] = counts.dropped;
        out << json.dump() << '\n';
    }
    out.close();
    if (!out) return fail(Errc::unavailable, "cannot write the ledger " + file);
    return {};
}

}  // namespace aftercare::sim
