#include "firmware_sim/world/summary.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "collector/io/text/json.hpp"
#include "common/report.hpp"
#include "common/time_text.hpp"

namespace aftercare::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string bounds_of(const Expectation& bound) {
    if (bound.at_least && bound.at_most && *bound.at_least == *bound.at_most) {
        return fmt::format("= {:g}", *bound.at_least);
    }
    std::string text;
    if (bound.at_least) text = fmt::format(">= {:g}", *bound.at_least);
    if (bound.at_most)
        text += fmt::format("{}<= {:g}", text.empty() ? "" : " and ", *bound.at_most);
    return text;
}

std::string value_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : "undefined";
}

Json json_of(const collector::Score& score, milliseconds horizon) {
    Json json;
    json["precision"] = collector::or_null(score.precision);
    json["recall"] = collector::or_null(score.recall);
    json["median_lead_h"] = collector::or_null(score.median_lead_h);
    json["f1"] = collector::or_null(score.f1);
    json["tickets"] = score.tickets;
    json["right"] = score.right;
    json["failures"] = score.failures;
    json["found"] = score.found;
    json["horizon_h"] = horizon > milliseconds{0} ? Json(as_hours(horizon)) : Json(nullptr);
    return json;
}

Json json_of(const FaultCounters& faults, const CollectorHost::Counters& collector) {
    Json json;
    json["messages_lost"] = faults.lost;
    json["messages_duplicated"] = faults.duplicated;
    json["messages_reordered"] = faults.reordered;
    json["messages_garbage"] = faults.garbage;
    json["partitions"] = faults.partitions;
    json["broker_restarts"] = faults.broker_restarts;
    json["broker_dropped"] = faults.broker_dropped;
    json["power_cuts"] = faults.power_cuts;
    json["power_cuts_inside_a_write"] = faults.cuts_inside_a_write;
    json["collector_deaths"] = collector.deaths;
    json["store_refusals"] = collector.store_refusals;
    json["commands_repeated"] = collector.commands_repeated;
    return json;
}

Json json_of(const CheckedExpectation& check) {
    Json json;
    json["figure"] = check.bound.figure;
    json["at_least"] = collector::or_null(check.bound.at_least);
    json["at_most"] = collector::or_null(check.bound.at_most);
    json["value"] = collector::or_null(check.value);
    json["held"] = check.held;
    return json;
}

double device_years(const RunSummary& summary) {
    return summary.devices * summary.days / 365.25;
}

std::string line(std::string_view name, std::string_view value) {
    return fmt::format("  {:<26}{}\n", name, value);
}

std::string share_line(std::string_view name, const std::optional<double>& share,
                       std::uint64_t part, std::uint64_t whole) {
    return line(name, share ? fmt::format("{:.3f}   {} of {}", *share, part, whole)
                            : fmt::format("undefined, {} of {}", part, whole));
}

std::string prediction_text(const RunSummary& summary) {
    const collector::Score& score = summary.prediction;
    std::string text = "Prediction against ground truth";
    text += summary.horizon > milliseconds{0}
                ? fmt::format(" (right within {})\n", format_duration(summary.horizon))
                : " (right within each ticket's horizon)\n";
    text += share_line("precision", score.precision, score.right, score.tickets);
    text += share_line("recall", score.recall, score.found, score.failures);
    text += line("F1", value_text(score.f1));
    text += line("median lead time",
                 score.median_lead_h ? fmt::format("{:.1f} h", *score.median_lead_h) : "undefined");
    text += line("reactive tickets", fmt::format("{}", summary.reactive_tickets));
    return text;
}

std::string faults_text(const RunSummary& summary) {
    const FaultCounters& f = summary.faults;
    const auto& c = summary.collector;
    if (f.lost + f.duplicated + f.reordered + f.garbage + f.partitions + f.broker_restarts +
            f.power_cuts + c.deaths + c.store_refusals ==
        0) {
        return "";
    }
    std::string text = "Survived\n";
    text += line("messages", fmt::format("{} lost, {} doubled, {} held back, {} broken", f.lost,
                                         f.duplicated, f.reordered, f.garbage));
    text += line("partitions", fmt::format("{}", f.partitions));
    text += line("broker restarts", fmt::format("{}", f.broker_restarts));
    text += line("power cuts",
                 fmt::format("{}, {} of them inside a write", f.power_cuts, f.cuts_inside_a_write));
    text += line("collector deaths", fmt::format("{}", c.deaths));
    text += line("refusals of the store", fmt::format("{}", c.store_refusals));
    return text;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string junit_case(std::string_view name, const std::string& failure) {
    if (failure.empty()) return fmt::format("  <testcase name=\"{}\"/>\n", escaped(name));
    return fmt::format("  <testcase name=\"{}\"><failure message=\"{}\"/></testcase>\n",
                       escaped(name), escaped(failure));
}

}  // namespace

std::string summary_json(const RunSummary& summary) {
    Json json;
    json["scenario"] = summary.name;
    json["seed"] = summary.seed;
    json["trace_hash"] = fmt::format("{:016x}", summary.trace_hash);
    json["database_hash"] = fmt::format("{:016x}", summary.database_hash);
    json["devices"] = summary.devices;
    json["days"] = summary.days;
    json["records"] = summary.verdict.records;
    json["lost"] = summary.verdict.lost;
    json["duplicates"] = summary.verdict.duplicates;
    json["declared_lost"] = summary.verdict.declared_lost;
    json["unsynced_lost"] = summary.verdict.unsynced_lost;
    json["violations"] = summary.verdict.violations;
    json["violation_count"] = summary.verdict.violation_count;
    json["prediction"] = json_of(summary.prediction, summary.horizon);
    json["reactive_tickets"] = summary.reactive_tickets;
    json["prevented_failures"] = summary.prevented_failures;
    json["input_errors"] = summary.input_errors;
    json["commands"] = summary.collector.commands;
    json["commands_refused"] = summary.collector.commands_refused;
    json["command_refusals"] = summary.command_refusals;
    json["faults"] = json_of(summary.faults, summary.collector);
    json["kpis"] = summary.kpis;
    json["expect"] = Json::array();
    for (const auto& check : summary.expect) json["expect"].push_back(json_of(check));
    json["core_seconds"] = summary.core_seconds;
    json["device_years_per_core_second"] = device_years(summary) / summary.core_seconds;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string summary_text(const RunSummary& summary) {
    std::string text = fmt::format("{}, seed {}: {} devices, {:.1f} days\n", summary.name,
                                   summary.seed, summary.devices, summary.days);
    text += line("records stored", fmt::format("{}", summary.verdict.records));
    text += line("lost / duplicated",
                 fmt::format("{} / {}", summary.verdict.lost, summary.verdict.duplicates));
    if (summary.verdict.declared_lost + summary.verdict.unsynced_lost > 0) {
        text += line("gone with the power",
                     fmt::format("{} declared, {} before they were durable",
                                 summary.verdict.declared_lost, summary.verdict.unsynced_lost));
    }
    if (summary.input_errors > 0)
        text += line("rows left out", fmt::format("{}", summary.input_errors));
    text += line("trace hash", fmt::format("{:016x}", summary.trace_hash));
    text += line("database hash", fmt::format("{:016x}", summary.database_hash));
    text += line("speed",
                 fmt::format("{:.1f} device-years per core-second ({:.1f} s)",
                             device_years(summary) / summary.core_seconds, summary.core_seconds));
    text += prediction_text(summary);
    text += faults_text(summary);
    for (const auto& violation : summary.verdict.violations)
        text += "Violated: " + violation + "\n";
    if (summary.verdict.violation_count > summary.verdict.violations.size()) {
        text += fmt::format("… {} violations in all\n", summary.verdict.violation_count);
    }
    if (!summary.expect.empty()) text += "Expected\n";
    for (const auto& check : summary.expect) {
        text += line(check.bound.figure,
                     fmt::format("{:<12}{:<12}{}", value_text(check.value), bounds_of(check.bound),
                                 check.held ? "ok" : "FAILED"));
    }
    return text;
}

std::string summary_junit(const RunSummary& summary) {
    std::size_t failed = summary.verdict.violation_count > 0 ? 1 : 0;
    std::string cases =
        junit_case("invariants hold",
                   summary.verdict.violations.empty() ? "" : summary.verdict.violations.front());
    for (const auto& check : summary.expect) {
        const std::string wanted = check.bound.figure + " " + bounds_of(check.bound);
        if (!check.held) ++failed;
        cases += junit_case(wanted, check.held ? "" : "was " + value_text(check.value));
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" "
        "failures=\"{}\" time=\"{:.3f}\">\n{}</testsuite>\n",
        escaped(summary.name), summary.expect.size() + 1, failed, summary.core_seconds, cases);
}

}  // namespace aftercare::sim
