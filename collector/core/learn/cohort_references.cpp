#include "collector/core/learn/cohort_references.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace aftercare::collector {
namespace {

/// Window means of one device.
using Means = std::vector<double>;
/// (model, firmware or empty for all of the model) → its devices.
using Cohorts = std::map<std::pair<std::string, std::string>, std::vector<Means>>;

class DeviceWindows {
  public:
    DeviceWindows(milliseconds window, std::uint32_t samples_min)
        : window_(window), samples_min_(samples_min) {}

    void add(WallTime at, double value) {
        const std::int64_t number = unix_ms(at) / window_.count();
        if (number != number_) close();
        number_ = number;
        sum_ += value;
        ++count_;
    }
    Means finish() {
        close();
        return std::move(means_);
    }

  private:
    void close() {
        if (count_ >= samples_min_) means_.push_back(sum_ / count_);
        sum_ = 0;
        count_ = 0;
    }

    milliseconds window_;
    std::uint32_t samples_min_;
    std::int64_t number_ = 0;
    double sum_ = 0;
    std::uint32_t count_ = 0;
    Means means_;
};

void gather(const History& history, std::string_view metric, milliseconds window,
            std::uint32_t samples_min, Cohorts& cohorts) {
    const auto named = std::find(history.metrics.begin(), history.metrics.end(), metric);
    if (named == history.metrics.end()) return;
    const auto column = static_cast<std::size_t>(named - history.metrics.begin());
    auto reading = history.readings.begin();
    for (std::uint32_t device = 0; device < history.devices.size(); ++device) {
        DeviceWindows windows(window, samples_min);
        for (; reading != history.readings.end() && reading->device == device; ++reading) {
            const float value = history.values[reading->row * history.metrics.size() + column];
            if (!std::isnan(value)) windows.add(reading->at, static_cast<double>(value));
        }
        const Means means = windows.finish();
        if (means.empty()) continue;
        const HistoryDevice& info = history.devices[device];
        cohorts[{info.model, {}}].push_back(means);
        if (!info.firmware.empty()) cohorts[{info.model, info.firmware}].push_back(means);
    }
}

struct Weighted {
    double value = 0;
    double weight = 0;
};

/// Where the weight below, half of its own included, reaches the share; straight lines between.
double quantile(const std::vector<Weighted>& sorted, double total, double share) {
    double below = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const double here = (below + sorted[i].weight / 2) / total;
        if (here >= share) {
            if (i == 0) return sorted[0].value;
            const double before = (below - sorted[i - 1].weight / 2) / total;
            return sorted[i - 1].value +
                   (share - before) / (here - before) * (sorted[i].value - sorted[i - 1].value);
        }
        below += sorted[i].weight;
    }
    return sorted.back().value;
}

CohortFit fit(const std::pair<std::string, std::string>& name, const std::vector<Means>& devices) {
    CohortFit fit{.reference = {.model = name.first, .firmware = name.second, .quantiles = {}},
                  .devices = devices.size()};
    std::vector<Weighted> sorted;
    for (const Means& means : devices) {
        for (const double mean : means) {
            sorted.push_back({mean, 1.0 / static_cast<double>(means.size())});
        }
    }
    fit.windows = sorted.size();
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
    const auto total = static_cast<double>(devices.size());
    for (std::size_t i = 0; i < kCohortPercents.size(); ++i) {
        fit.reference.quantiles[i] = quantile(sorted, total, kCohortPercents[i] / 100);
    }
    return fit;
}

}  // namespace

CohortFits fit_cohorts(std::span<const History> histories, std::string_view metric,
                       milliseconds window, std::uint32_t samples_min) {
    Cohorts cohorts;
    for (const History& history : histories) gather(history, metric, window, samples_min, cohorts);
    CohortFits all;
    for (const auto& [name, devices] : cohorts) {
        if (devices.size() >= kCohortDevicesMin) {
            all.fits.push_back(fit(name, devices));
            continue;
        }
        all.left_out.push_back(name.first +
                               (name.second.empty() ? "" : " firmware " + name.second) + ": " +
                               std::to_string(devices.size()) + " devices, fewer than " +
                               std::to_string(kCohortDevicesMin));
    }
    return all;
}

}  // namespace aftercare::collector
