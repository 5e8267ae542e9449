#include "tests/unit/collector_learn/made_fleet.hpp"

#include <algorithm>
#include <array>

#include "common/rng.hpp"

namespace aftercare::collector::test {

std::uint32_t HistoryMaker::device(const std::string& id, const std::string& model) {
    history.devices.push_back({.id = id, .model = model});
    return static_cast<std::uint32_t>(history.devices.size() - 1);
}

HistoryMaker& HistoryMaker::reading(std::uint32_t device, double hours,
                                    const std::vector<float>& values) {
    const auto row = static_cast<std::uint32_t>(history.readings.size());
    history.readings.push_back({hour(hours), device, row});
    history.values.insert(history.values.end(), values.begin(), values.end());
    return *this;
}

HistoryMaker& HistoryMaker::fault(std::uint32_t device, double hours, const std::string& code) {
    auto& codes = history.fault_codes;
    auto found = std::find(codes.begin(), codes.end(), code);
    if (found == codes.end()) found = codes.insert(codes.end(), code);
    history.faults.push_back({hour(hours), device,
                              static_cast<std::uint32_t>(found - codes.begin()),
                              FaultState::occurred});
    return *this;
}

HistoryMaker& HistoryMaker::outcome(std::uint32_t device, double hours,
                                    const std::string& component, OutcomeCode code) {
    history.outcomes.push_back({hour(hours), device, component, code, std::nullopt});
    history.components.push_back(component);
    return *this;
}

History HistoryMaker::made() {
    const auto by_device = [](const auto& a, const auto& b) {
        return a.device != b.device ? a.device < b.device : a.at < b.at;
    };
    std::stable_sort(history.readings.begin(), history.readings.end(), by_device);
    std::stable_sort(history.faults.begin(), history.faults.end(), by_device);
    std::stable_sort(history.outcomes.begin(), history.outcomes.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    // Codes in sorted order, and faults renumbered with them.
    std::vector<std::string> sorted = history.fault_codes;
    std::sort(sorted.begin(), sorted.end());
    for (HistoryFault& fault : history.faults) {
        const auto& code = history.fault_codes[fault.code];
        fault.code = static_cast<std::uint32_t>(
            std::lower_bound(sorted.begin(), sorted.end(), code) - sorted.begin());
    }
    history.fault_codes = std::move(sorted);
    auto& components = history.components;
    std::sort(components.begin(), components.end());
    components.erase(std::unique(components.begin(), components.end()), components.end());
    return history;
}

namespace {

constexpr std::size_t kParts = 3;
constexpr double kDriftHours = 48, kLeadHours = 24;

struct Push {
    double from = 0, to = 0, by = 0;
};

class Machine {
  public:
    Machine(HistoryMaker& maker, const MachineFleet& fleet, std::uint32_t device, Rng rng)
        : maker_(maker), fleet_(fleet), device_(device), rng_(rng) {}

    void live() {
        for (std::size_t part = 0; part < kParts; ++part) {
            wear(part);
            chance_codes(part);
            chance_drifts(part);
        }
        if (fleet_.with_readings) read();
    }

  private:
    [[nodiscard]] double end() const { return fleet_.days * 24; }
    [[nodiscard]] std::string named(const char* kind, std::size_t part) const {
        return kind + std::to_string(part + 1);
    }
    double amplitude(std::size_t part) { return rng_.uniform(1.2, 2) * (part == 2 ? -1 : 1); }

    void wear(std::size_t part) {
        double at = rng_.exponential(60 * 24) + 60;
        for (; at < end(); at += rng_.exponential(60 * 24) + 60) {
            maker_.fault(device_, at - kLeadHours, named("e", part));
            pushes_[part].push_back({at - kDriftHours, at, amplitude(part)});
            if (!rng_.chance(fleet_.outcomes_lost)) maker_.outcome(device_, at, named("c", part));
        }
    }
    void chance_codes(std::size_t part) {
        for (double at = rng_.exponential(40 * 24); at < end(); at += rng_.exponential(40 * 24)) {
            maker_.fault(device_, at, named("e", part));
        }
    }
    void chance_drifts(std::size_t part) {
        for (double at = rng_.exponential(50 * 24); at < end(); at += rng_.exponential(50 * 24)) {
            pushes_[part].push_back({at, at + kDriftHours, amplitude(part)});
        }
    }
    void read() {
        for (double at = 0; at < end(); at += 1) {
            std::vector<float> values;
            for (std::size_t part = 0; part < kParts; ++part) {
                double value = rng_.normal(100, 10);
                for (const Push& push : pushes_[part]) {
                    if (push.from <= at && at < push.to) value += 10 * push.by;
                }
                values.push_back(static_cast<float>(value));
            }
            maker_.reading(device_, at, values);
        }
    }

    HistoryMaker& maker_;
    const MachineFleet& fleet_;
    std::uint32_t device_;
    Rng rng_;
    std::array<std::vector<Push>, kParts> pushes_;
};

}  // namespace

History made_machines(const MachineFleet& fleet, std::uint64_t seed) {
    const bool telling = fleet.with_readings;
    HistoryMaker maker(telling ? std::vector<std::string>{"v1", "v2", "v3"}
                               : std::vector<std::string>{});
    const Rng rng(seed);
    for (std::uint32_t i = 0; i < fleet.devices; ++i) {
        const std::uint32_t device = maker.device(fleet.name + std::to_string(i));
        Machine(maker, fleet, device, rng.fork(i)).live();
    }
    maker.history.name = fleet.name;
    return maker.made();
}

}  // namespace aftercare::collector::test
