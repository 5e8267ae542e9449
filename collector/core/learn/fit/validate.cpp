#include "collector/core/learn/fit/validate.hpp"

#include <algorithm>
#include <array>

#include "common/crc32c.hpp"
#include "common/rng.hpp"

namespace aftercare::collector {
namespace {

/// Ends of what is learned from, as shares of the time; the last is the end of all.
constexpr std::array kSplits{0.4, 0.6, 0.8, 1.0};

/// Device `number` as the detector hears of it in `told`, judged by what `fleet` knows.
void judge_device(const Fleet& fleet, const Fleet& told, std::size_t number,
                  const Catalogue& catalogue, const Detector& detector, const JudgeSpan& span,
                  PackFigures& figures) {
    const FleetDevice& device = fleet.devices[number];
    const auto& info = fleet.histories[device.history].devices[device.device];
    const ModelInfo* model = catalogue.model(info.model);
    if (model == nullptr) return;
    auto tickets = backtest(device_history(told, told.devices[number], *model), detector);
    add(judge(device_history(fleet, device, *model), std::move(tickets), span), figures);
}

/// Devices with readings; where there are none, all are judged on their codes.
std::vector<std::size_t> judged_devices(const Fleet& fleet) {
    std::vector<std::size_t> judged;
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        if (!fleet.devices[d].readings.empty()) judged.push_back(d);
    }
    if (!judged.empty()) return judged;
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) judged.push_back(d);
    return judged;
}

/// What was known at `moment`.
Fleet known_at(const Fleet& fleet, WallTime moment) {
    Fleet known = fleet;
    std::erase_if(known.devices, [&](const FleetDevice& device) { return device.begin >= moment; });
    for (FleetDevice& device : known.devices) {
        std::erase_if(device.faults, [&](const FleetFault& fault) { return fault.at > moment; });
        std::erase_if(device.repairs,
                      [&](const FleetRepair& repair) { return repair.done_at > moment; });
        const auto after = std::upper_bound(
            device.readings.begin(), device.readings.end(), moment,
            [](WallTime at, const HistoryReading& reading) { return at < reading.at; });
        device.readings =
            device.readings.first(static_cast<std::size_t>(after - device.readings.begin()));
        device.end = std::min(device.end, moment);
        device.history_end = std::min(device.history_end, moment);
    }
    return known;
}

Fleet with_outcomes_lost(const Fleet& fleet, double share, const Rng& rng) {
    Fleet told = fleet;
    for (FleetDevice& device : told.devices) {
        const std::string& id = fleet.histories[device.history].devices[device.device].id;
        Rng own = rng.fork(crc32c(id.data(), id.size()));
        std::erase_if(device.repairs, [&](const FleetRepair&) { return own.chance(share); });
    }
    return told;
}

/// Learns from `told`, and judges by `fleet`; both have the same devices.
Result<Validation> leave_devices_out(const Fleet& fleet, const Fleet& told,
                                     const Catalogue& catalogue, const FitOptions& options,
                                     std::uint32_t folds, const ValidationProgress& progress) {
    const std::vector<std::size_t> judged = judged_devices(fleet);
    Validation validation;
    validation.parts =
        static_cast<std::uint32_t>(std::min<std::size_t>(std::max(folds, 2U), judged.size()));
    for (std::uint32_t fold = 0; fold < validation.parts; ++fold) {
        std::vector<bool> learn(fleet.devices.size(), true);
        for (std::size_t i = fold; i < judged.size(); i += validation.parts) {
            learn[judged[i]] = false;
        }
        const Fit fit = fit_rules(subset(told, learn), options);
        const auto detector = Detector::create(fit.pack, catalogue);
        if (!detector) return fail(detector.error());
        for (std::size_t i = fold; i < judged.size(); i += validation.parts) {
            judge_device(fleet, told, judged[i], catalogue, **detector, {}, validation.figures);
        }
        if (progress) progress(fold + 1, validation.parts);
    }
    return validation;
}

}  // namespace

Share Validation::precision() const {
    return share_of(static_cast<double>(figures.tickets.right),
                    static_cast<double>(figures.tickets.wrong));
}
Share Validation::recall() const {
    return share_of(static_cast<double>(figures.found),
                    static_cast<double>(figures.failures - figures.found));
}

void merge(const Validation& part, Validation& whole) {
    whole.parts = std::max(whole.parts, part.parts);
    merge(part.figures, whole.figures);
}

Result<Validation> validate_by_devices(const Fleet& fleet, const Catalogue& catalogue,
                                       const FitOptions& options, std::uint32_t folds,
                                       const ValidationProgress& progress) {
    return leave_devices_out(fleet, fleet, catalogue, options, folds, progress);
}

Result<std::vector<Validation>> validate_with_outcomes_lost(
    const Fleet& fleet, const Catalogue& catalogue, const FitOptions& options, std::uint32_t folds,
    const OutcomesLost& lost, const ValidationProgress& progress) {
    std::vector<Validation> draws;
    for (std::uint32_t draw = 0; draw < lost.draws; ++draw) {
        const Fleet told = with_outcomes_lost(fleet, lost.share, Rng(lost.seed).fork(draw));
        auto one = leave_devices_out(fleet, told, catalogue, options, folds, {});
        if (!one) return fail(one.error());
        draws.push_back(std::move(*one));
        if (progress) progress(draw + 1, lost.draws);
    }
    return draws;
}

Result<Validation> validate_by_time(const Fleet& fleet, const Catalogue& catalogue,
                                    const FitOptions& options, const ValidationProgress& progress) {
    const std::vector<std::size_t> judged = judged_devices(fleet);
    Validation validation{.parts = static_cast<std::uint32_t>(kSplits.size() - 1)};
    WallTime begin = WallTime::max(), end = WallTime::min();
    for (const std::size_t d : judged) {
        begin = std::min(begin, fleet.devices[d].begin);
        end = std::max(end, fleet.devices[d].end);
    }
    const auto moment = [&](double share) {
        return begin + hours_ms(as_hours(end - begin) * share);
    };
    for (std::uint32_t part = 0; part < validation.parts && begin < end; ++part) {
        const bool last = part + 1 == validation.parts;
        const JudgeSpan span{.from = moment(kSplits[part]),
                             .to = last ? WallTime::max() : moment(kSplits[part + 1])};
        const Fit fit = fit_rules(known_at(fleet, span.from), options);
        const auto detector = Detector::create(fit.pack, catalogue);
        if (!detector) return fail(detector.error());
        for (const std::size_t d : judged) {
            judge_device(fleet, fleet, d, catalogue, **detector, span, validation.figures);
        }
        if (progress) progress(part + 1, validation.parts);
    }
    return validation;
}

}  // namespace aftercare::collector
