// Why a device ranks high, in words: features of one metric and sort speak with one voice.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "collector/core/learn/rank/hazard.hpp"

namespace aftercare::collector {
namespace {

enum class Voice : std::uint8_t { state, change, age, fault, model, maker };
using Group = std::pair<Voice, std::uint32_t>;

Voice voice_of(FeatureKind kind) {
    switch (kind) {
        case FeatureKind::level:
        case FeatureKind::above_zero:
        case FeatureKind::above:
        case FeatureKind::percentile:
            return Voice::state;
        case FeatureKind::change:
        case FeatureKind::rising:
            return Voice::change;
        case FeatureKind::age:
        case FeatureKind::age_rank:
            return Voice::age;
        case FeatureKind::fault:
            return Voice::fault;
        case FeatureKind::model:
            return Voice::model;
        case FeatureKind::maker:
            return Voice::maker;
    }
    return Voice::state;
}

/// Up to two decimals, no trailing zeros.
std::string number(double value) {
    std::string text = std::to_string(std::round(value * 100) / 100);
    text.resize(text.size() - 4);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string times(double log_odds) {
    const double ratio = std::exp(log_odds);
    return ratio < 10 ? number(std::round(ratio * 10) / 10) : number(std::round(ratio));
}

std::string standing(const DayTable& table, std::size_t row, std::uint32_t metric) {
    const double percentile = table.percentile(row, metric);
    const bool high = percentile >= 0.5;
    const auto share = static_cast<int>((high ? percentile : 1 - percentile) * 100);
    return std::string(high ? "higher" : "lower") + " than " + std::to_string(share) +
           " % of its model";
}

std::string state_words(const DayTable& table, std::size_t row, std::uint32_t metric) {
    if (std::isnan(table.value(row, metric))) return table.metrics[metric] + " was not sent";
    return table.metrics[metric] + " is " + number(table.value(row, metric)) + ", " +
           standing(table, row, metric);
}

/// The longest way back that shows a change, because it shows the greatest one.
std::string change_words(const DayTable& table, std::size_t row, std::uint32_t metric) {
    for (const std::int32_t days : {7, 3, 1}) {
        const auto before = earlier_row(table, row, days);
        if (!before) continue;
        const double change = table.value(row, metric) - table.value(*before, metric);
        if (std::isnan(change) || change == 0) continue;
        const std::int32_t apart = table.rows[row].day - table.rows[*before].day;
        return table.metrics[metric] + (change > 0 ? " rose by " : " fell by ") +
               number(std::fabs(change)) + " in " + std::to_string(apart) +
               (apart == 1 ? " day" : " days");
    }
    return table.metrics[metric] + " did not change";
}

std::string age_words(const DayTable& table, std::size_t row, std::uint32_t metric) {
    if (metric < table.metrics.size()) return state_words(table, row, metric);
    const DayRow& at = table.rows[row];
    return "installed " + std::to_string(at.day - table.devices[at.device].installed_day) +
           " days ago";
}

std::string words(const DayTable& table, std::size_t row, const Group& group, double log_odds) {
    const auto [voice, index] = group;
    switch (voice) {
        case Voice::state:
            return state_words(table, row, index);
        case Voice::change:
            return change_words(table, row, index);
        case Voice::age:
            return age_words(table, row, index);
        case Voice::fault:
            return std::to_string(fault_count(table, table.rows[row], index, 7)) + " × " +
                   table.codes[index] + " in 7 days";
        case Voice::model:
            return "model " + table.models[index] + " fails " + times(log_odds) +
                   " times as often as others";
        case Voice::maker:
            return "maker " + table.makers[index] + " fails " + times(log_odds) +
                   " times as often as others";
    }
    return {};
}

}  // namespace

std::vector<RiskReason> Hazard::reasons(const DayTable& table, std::size_t row,
                                        std::size_t most) const {
    std::vector<SparseCell> cells;
    plan_.append(table, row, cells);
    std::vector<double> values(plan_.features().size());
    for (const SparseCell& cell : cells) values[cell.feature] = cell.value;
    std::map<Group, double> groups;
    const DeviceDays& device = table.devices[table.rows[row].device];
    for (std::size_t j = 0; j < values.size(); ++j) {
        const Feature& feature = plan_.features()[j];
        const bool other_cohort =
            (feature.kind == FeatureKind::model && feature.index != device.model) ||
            (feature.kind == FeatureKind::maker && feature.index != device.maker);
        if (other_cohort) continue;
        // A cohort is compared with no effect, all else with the fleet's mean.
        const double mean = feature.is_cohort() ? 0 : means_[j];
        groups[{voice_of(feature.kind), feature.index}] +=
            slope_ * fit_.weights[j] * (values[j] - mean) / scales_[j];
    }
    std::vector<std::pair<double, Group>> order;
    for (const auto& [group, log_odds] : groups) {
        if (log_odds > 0) order.emplace_back(log_odds, group);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<RiskReason> reasons;
    for (const auto& [log_odds, group] : order) {
        if (reasons.size() == most) break;
        reasons.push_back({log_odds, words(table, row, group, log_odds)});
    }
    return reasons;
}

std::vector<Hazard::Weight> Hazard::readable(const DayTable& table) const {
    std::vector<Weight> weights;
    for (std::size_t j = 0; j < plan_.features().size(); ++j) {
        weights.push_back({plan_.name(table, j), slope_ * fit_.weights[j]});
    }
    std::stable_sort(weights.begin(), weights.end(), [](const Weight& a, const Weight& b) {
        return std::fabs(a.per_sd) > std::fabs(b.per_sd);
    });
    return weights;
}

}  // namespace aftercare::collector
