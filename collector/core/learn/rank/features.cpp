#include "collector/core/learn/rank/features.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace aftercare::collector {
namespace {

constexpr std::int32_t kChangeDays[] = {1, 3, 7};
constexpr std::int32_t kRisingDays[] = {1, 7};
constexpr std::int32_t kFaultDays[] = {1, 7};
constexpr double kSkewed = 2;          // of an exponential distribution
constexpr double kMostlyZero = 0.5;    // share of zeros from which "above zero" says something
constexpr double kSeldomRises = 0.2;   // share of days with a rise
constexpr double kClockRises = 0.5;    // a clock rises on most days …
constexpr double kClockFalls = 0.005;  // … and hardly ever falls

/// How a metric behaves in the days learned from.
struct Shape {
    std::vector<float> sorted;
    double skewness = 0, zero_share = 0, rise_share = 0, fall_share = 0;

    [[nodiscard]] bool is_clock() const {
        return rise_share > kClockRises && fall_share < kClockFalls && zero_share < kMostlyZero;
    }
    [[nodiscard]] float quantile(double p) const {
        return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
    }
};

void add_moments(Shape& shape) {
    const auto count = static_cast<double>(shape.sorted.size());
    const double mean = std::accumulate(shape.sorted.begin(), shape.sorted.end(), 0.0) / count;
    double square = 0, cube = 0, zeros = 0;
    for (const float value : shape.sorted) {
        const double off = value - mean;
        square += off * off;
        cube += off * off * off;
        zeros += value == 0 ? 1 : 0;
    }
    shape.zero_share = zeros / count;
    if (square > 0) shape.skewness = cube / count / std::pow(square / count, 1.5);
}

Shape shape_of(const DayTable& table, std::uint32_t metric, std::int32_t until_day) {
    Shape shape;
    double steps = 0, rises = 0, falls = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const float value = table.value(row, metric);
        if (table.rows[row].day >= until_day || std::isnan(value)) continue;
        shape.sorted.push_back(value);
        const auto before = earlier_row(table, row, 1);
        if (!before || std::isnan(table.value(*before, metric))) continue;
        ++steps;
        rises += value > table.value(*before, metric) ? 1 : 0;
        falls += value < table.value(*before, metric) ? 1 : 0;
    }
    std::sort(shape.sorted.begin(), shape.sorted.end());
    if (!shape.sorted.empty()) add_moments(shape);
    if (steps > 0) {
        shape.rise_share = rises / steps;
        shape.fall_share = falls / steps;
    }
    return shape;
}

float metric_cell(const DayTable& table, std::size_t row, const Feature& feature) {
    const float value = table.value(row, feature.index);
    if (std::isnan(value)) return 0;
    switch (feature.kind) {
        case FeatureKind::level:
            return feature.logarithmic ? signed_log(value) : value;
        case FeatureKind::above_zero:
            return value > 0 ? 1.F : 0.F;
        case FeatureKind::above:
            return value > feature.threshold ? 1.F : 0.F;
        case FeatureKind::percentile:
        case FeatureKind::age_rank:
            return table.percentile(row, feature.index) - 0.5F;
        case FeatureKind::age:
            return signed_log(value);
        case FeatureKind::change:
        case FeatureKind::rising: {
            const auto before = earlier_row(table, row, feature.days);
            if (!before) return 0;
            const float change = value - table.value(*before, feature.index);
            if (std::isnan(change)) return 0;
            if (feature.kind == FeatureKind::rising) return change > 0 ? 1.F : 0.F;
            return feature.logarithmic ? signed_log(change) : change;
        }
        default:
            return 0;
    }
}

constexpr std::uint32_t kInstalled = std::numeric_limits<std::uint32_t>::max();

float cell(const DayTable& table, std::size_t row, const Feature& feature) {
    if (feature.kind == FeatureKind::fault) {
        return signed_log(
            static_cast<float>(fault_count(table, table.rows[row], feature.index, feature.days)));
    }
    if (feature.kind == FeatureKind::age && feature.index == kInstalled) {
        const std::int32_t installed = table.devices[table.rows[row].device].installed_day;
        const std::int32_t day = table.rows[row].day;
        return installed >= day ? 0.F : signed_log(static_cast<float>(day - installed));
    }
    return metric_cell(table, row, feature);
}

/// Numbers with the greatest counts first; ties by number.
std::vector<std::uint32_t> most_frequent(const std::vector<std::uint64_t>& counts,
                                         std::size_t most) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
    order.resize(std::min(order.size(), most));
    return order;
}

}  // namespace

float signed_log(float value) {
    return std::copysign(std::log1p(std::fabs(value)), value);
}

std::optional<std::size_t> earlier_row(const DayTable& table, std::size_t row, std::int32_t days) {
    const std::size_t first = table.devices[table.rows[row].device].first_row;
    const std::int32_t wanted = table.rows[row].day - days;
    for (std::size_t before = row; before-- > first;) {
        if (table.rows[before].day > wanted) continue;
        if (table.rows[before].day < wanted - days) return std::nullopt;
        return before;
    }
    return std::nullopt;
}

std::uint32_t fault_count(const DayTable& table, const DayRow& row, std::uint32_t code,
                          std::int32_t days) {
    std::uint32_t count = 0;
    const auto& faults = table.faults[row.device];
    const auto after = std::upper_bound(
        faults.begin(), faults.end(), row.day,
        [](std::int32_t day, const FleetFault& fault) { return day < day_of(fault.at); });
    for (auto fault = after; fault != faults.begin();) {
        --fault;
        if (day_of(fault->at) <= row.day - days) break;
        count += fault->code == code ? 1 : 0;
    }
    return count;
}

FeaturePlan FeaturePlan::learn(const DayTable& table, std::int32_t until_day) {
    FeaturePlan plan;
    for (std::uint32_t metric = 0; metric < table.metrics.size(); ++metric) {
        plan.learn_metric(table, metric, until_day);
    }
    bool any_installed_earlier = false;
    for (const DeviceDays& device : table.devices) {
        any_installed_earlier = any_installed_earlier || device.installed_day < table.first_day;
    }
    if (any_installed_earlier) plan.features_.push_back({FeatureKind::age, kInstalled});
    plan.learn_codes(table, until_day);
    plan.plain_count_ = plan.features_.size();
    plan.learn_cohorts(table, until_day);
    return plan;
}

void FeaturePlan::learn_metric(const DayTable& table, std::uint32_t metric,
                               std::int32_t until_day) {
    const Shape shape = shape_of(table, metric, until_day);
    if (shape.sorted.empty() || shape.sorted.front() == shape.sorted.back()) return;
    if (shape.is_clock()) {
        features_.push_back({FeatureKind::age, metric});
        features_.push_back({FeatureKind::age_rank, metric});
        return;
    }
    const bool logarithmic = std::fabs(shape.skewness) > kSkewed;
    features_.push_back({FeatureKind::level, metric, 0, 0, logarithmic});
    if (shape.zero_share > kMostlyZero) features_.push_back({FeatureKind::above_zero, metric});
    float last = shape.zero_share > kMostlyZero ? 0 : shape.sorted.front();
    for (const double p : {0.9, 0.99, 0.999}) {
        if (shape.quantile(p) <= last) continue;
        last = shape.quantile(p);
        features_.push_back({FeatureKind::above, metric, 0, last});
    }
    features_.push_back({FeatureKind::percentile, metric});
    for (const std::int32_t days : kChangeDays) {
        features_.push_back({FeatureKind::change, metric, days, 0, logarithmic});
    }
    if (shape.rise_share > kSeldomRises) return;
    for (const std::int32_t days : kRisingDays) {
        features_.push_back({FeatureKind::rising, metric, days});
    }
}

void FeaturePlan::learn_codes(const DayTable& table, std::int32_t until_day) {
    std::vector<std::uint64_t> counts(table.codes.size());
    for (const auto& faults : table.faults) {
        for (const FleetFault& fault : faults) {
            if (day_of(fault.at) < until_day) ++counts[fault.code];
        }
    }
    for (const std::uint32_t code : most_frequent(counts, kRankCodesMax)) {
        for (const std::int32_t days : kFaultDays) {
            features_.push_back({FeatureKind::fault, code, days});
        }
    }
}

void FeaturePlan::learn_cohorts(const DayTable& table, std::int32_t until_day) {
    std::vector<std::uint64_t> models(table.models.size()), makers(table.makers.size());
    for (const DayRow& row : table.rows) {
        if (row.day >= until_day) continue;
        ++models[table.devices[row.device].model];
        ++makers[table.devices[row.device].maker];
    }
    // A maker of one model says what the model says.
    std::vector<std::set<std::uint32_t>> models_of(makers.size());
    for (const DeviceDays& device : table.devices) models_of[device.maker].insert(device.model);
    for (std::size_t maker = 0; maker < makers.size(); ++maker) {
        if (models_of[maker].size() < 2) makers[maker] = 0;
    }
    const auto add = [&](const auto& counts, FeatureKind kind, std::vector<std::int32_t>& places) {
        places.assign(counts.size(), -1);
        for (const std::uint32_t cohort : most_frequent(counts, kRankCohortsMax)) {
            places[cohort] = static_cast<std::int32_t>(features_.size());
            features_.push_back({kind, cohort});
        }
    };
    add(models, FeatureKind::model, model_feature_);
    add(makers, FeatureKind::maker, maker_feature_);
}

void FeaturePlan::append(const DayTable& table, std::size_t row,
                         std::vector<SparseCell>& cells) const {
    for (std::uint32_t i = 0; i < plain_count_; ++i) {
        const float value = cell(table, row, features_[i]);
        if (value != 0) cells.push_back({i, value});
    }
    const DeviceDays& device = table.devices[table.rows[row].device];
    for (const std::int32_t place : {model_feature_[device.model], maker_feature_[device.maker]}) {
        if (place >= 0) cells.push_back({static_cast<std::uint32_t>(place), 1.F});
    }
}

std::string FeaturePlan::name(const DayTable& table, std::size_t feature) const {
    const Feature& of = features_[feature];
    const std::string days = std::to_string(of.days) + (of.days == 1 ? " day" : " days");
    switch (of.kind) {
        case FeatureKind::level:
            return (of.logarithmic ? "log " : "") + table.metrics[of.index];
        case FeatureKind::above_zero:
            return table.metrics[of.index] + " above 0";
        case FeatureKind::above: {
            std::string limit = std::to_string(of.threshold);
            limit.erase(limit.find_last_not_of('0') + 1);
            if (limit.back() == '.') limit.pop_back();
            return table.metrics[of.index] + " above " + limit;
        }
        case FeatureKind::percentile:
            return "percentile of " + table.metrics[of.index] + " in its model";
        case FeatureKind::change:
            return "change of " + table.metrics[of.index] + " in " + days;
        case FeatureKind::rising:
            return table.metrics[of.index] + " rose in " + days;
        case FeatureKind::age:
            return of.index == kInstalled ? "log days since installation"
                                          : "log " + table.metrics[of.index] + " (age)";
        case FeatureKind::age_rank:
            return "percentile of " + table.metrics[of.index] + " (age) in its model";
        case FeatureKind::fault:
            return "faults " + table.codes[of.index] + " in " + days;
        case FeatureKind::model:
            return "model " + table.models[of.index];
        case FeatureKind::maker:
            return "maker " + table.makers[of.index];
    }
    return {};
}

}  // namespace aftercare::collector
