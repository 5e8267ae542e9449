#include "collector/cli/fit_judgement.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/cli/figure_text.hpp"

namespace aftercare::collector {
namespace {

constexpr const char* kByTime = "later time (learned from 40, 60, 80 % of it)";

std::string devices_text(const Validation& judged) {
    return "devices left out (" + std::to_string(judged.parts) + " groups)";
}

std::string counted_line(const Validation& judged, const std::string& how) {
    const PackFigures& figures = judged.figures;
    const TicketCounts& tickets = figures.tickets;
    std::string line = "Judged on " + how + ": precision " + std::to_string(tickets.right) +
                       " of " + std::to_string(tickets.right + tickets.wrong) + " (" +
                       share_range(judged.precision()) + "), recall " +
                       std::to_string(figures.found) + " of " + std::to_string(figures.failures) +
                       " (" + share_range(judged.recall()) + ")";
    if (figures.f1()) line += ", F1 " + decimals(*figures.f1(), 3);
    if (const auto lead = figures.median_lead_h()) {
        line += ", median lead " + decimals(*lead, 0) + " h";
    }
    return line + "\n";
}

std::string expected_line(const Validation& judged, const std::string& how) {
    return "Judged on " + how + ": precision " + percent(judged.precision().mean) + " (" +
           share_range(judged.precision()) + "), recall " + percent(judged.recall().mean) + " (" +
           share_range(judged.recall()) + "); 80 % intervals.\n";
}

/// "0.944 (0.889 … 1.000)": median, least and greatest of the draws that have the figure.
std::string spread_text(const std::vector<Validation>& draws,
                        std::optional<double> (PackFigures::*figure)() const) {
    std::vector<double> values;
    for (const Validation& draw : draws) {
        if (const auto value = (draw.figures.*figure)()) values.push_back(*value);
    }
    const auto summary = summarise(values);
    if (!summary) return "–";
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    return decimals(summary->median, 3) + " (" + decimals(*least, 3) + " … " +
           decimals(*greatest, 3) + ")";
}

std::string lost_line(const Judgements& judged) {
    const auto& draws = judged.with_outcomes_lost;
    if (draws.empty()) return {};
    return "With " + percent(judged.lost.share) + " of the outcomes lost, " +
           devices_text(draws.front()) + ": precision " +
           spread_text(draws, &PackFigures::precision) + ", recall " +
           spread_text(draws, &PackFigures::recall) + ", F1 " +
           spread_text(draws, &PackFigures::f1) + "; median, least and greatest of " +
           std::to_string(draws.size()) + " draws, judged by all outcomes\n";
}

/// `parts` is called what it counts.
Json validation_json(const Validation& judged, const char* parts) {
    const PackFigures& figures = judged.figures;
    const TicketCounts& tickets = figures.tickets;
    Json json = {{parts, judged.parts},
                 {"tickets", tickets.right + tickets.wrong},
                 {"right", tickets.right},
                 {"undecided", tickets.undecided},
                 {"failures", figures.failures},
                 {"found", figures.found},
                 {"precision", share_json(judged.precision())},
                 {"recall", share_json(judged.recall())}};
    json["f1"] = or_null(figures.f1());
    json["median_lead_h"] = or_null(figures.median_lead_h());
    return json;
}

void merge_parts(const std::optional<Validation>& part, std::optional<Validation>& whole) {
    if (!part) return;
    if (!whole) whole.emplace();
    merge(*part, *whole);
}

}  // namespace

void merge(const Judgements& part, Judgements& whole) {
    merge_parts(part.by_devices, whole.by_devices);
    merge_parts(part.by_time, whole.by_time);
    if (part.with_outcomes_lost.empty()) return;  // a family too small to be judged
    whole.lost = part.lost;
    auto& draws = whole.with_outcomes_lost;
    draws.resize(std::max(draws.size(), part.with_outcomes_lost.size()));
    for (std::size_t i = 0; i < part.with_outcomes_lost.size(); ++i) {
        merge(part.with_outcomes_lost[i], draws[i]);
    }
}

std::string share_range(const Share& share) {
    return percent_range(Interval{share.low, share.high});
}

std::string judgement_text(const Judgements& judged) {
    std::string text;
    if (judged.by_devices)
        text += counted_line(*judged.by_devices, devices_text(*judged.by_devices));
    text += lost_line(judged);
    if (judged.by_time) text += counted_line(*judged.by_time, kByTime);
    return text;
}

std::string judgement_comment(const Judgements& judged) {
    std::string text;
    if (judged.by_devices) {
        text += expected_line(*judged.by_devices, devices_text(*judged.by_devices));
    }
    text += lost_line(judged);
    if (judged.by_time) text += expected_line(*judged.by_time, kByTime);
    return text;
}

void add_judgement(const Judgements& judged, Json& json) {
    if (judged.by_devices) json["validation"] = validation_json(*judged.by_devices, "folds");
    if (judged.by_time) json["validation_by_time"] = validation_json(*judged.by_time, "stretches");
    if (judged.with_outcomes_lost.empty()) return;
    Json& lost = json["outcomes_lost"];
    lost = {{"share_ratio", judged.lost.share}, {"seed", judged.lost.seed}};
    lost["draws"] = Json::array();
    for (const Validation& draw : judged.with_outcomes_lost) {
        lost["draws"].push_back(validation_json(draw, "folds"));
    }
}

Json share_json(const Share& share) {
    return {{"mean", share.mean}, {"low", share.low}, {"high", share.high}};
}

}  // namespace aftercare::collector
