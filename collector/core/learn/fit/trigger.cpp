#include "collector/core/learn/fit/trigger.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace aftercare::collector {
namespace {

constexpr std::array<milliseconds, 4> kPairWindows{hours_ms(6), hours_ms(24), hours_ms(72),
                                                   hours_ms(168)};
constexpr std::array<milliseconds, 3> kRepeatWindows{hours_ms(24), hours_ms(168), hours_ms(720)};
constexpr std::array<std::uint32_t, 3> kRepeatCounts{2, 3, 5};

using BestOfKinds = std::array<std::optional<Trigger>, Trigger::kKinds>;

std::optional<Trigger>& of(BestOfKinds& best, Trigger::Kind kind) {
    return best[static_cast<std::size_t>(kind)];
}

void keep_better(Trigger trigger, BestOfKinds& best) {
    auto& known = of(best, trigger.kind);
    if (!known || trigger.score > known->score) known = std::move(trigger);
}

class Search {
  public:
    Search(const Fleet& fleet, std::uint32_t component, milliseconds horizon)
        : fleet_(fleet), component_(component), horizon_(horizon) {}

    /// The best of each kind, where there is any.
    BestOfKinds best() {
        find_leading_codes();
        if (leading_.empty()) return {};
        const auto all = static_cast<double>(fleet_.codes.size());
        for (const std::uint32_t code : leading_) {
            consider({.kind = Trigger::Kind::codes, .codes = {code}}, std::log(all));
        }
        const auto repeats =
            all * static_cast<double>(kRepeatCounts.size() * kRepeatWindows.size());
        for (const std::uint32_t code : leading_) consider_repeats(code, std::log(repeats));
        const double pairs =
            all * std::max(1.0, all - 1) / 2 * static_cast<double>(kPairWindows.size());
        for (std::size_t i = 0; i + 1 < leading_.size(); ++i) {
            for (std::size_t j = i + 1; j < leading_.size(); ++j) {
                consider_pairs(leading_[i], leading_[j], std::log(pairs));
            }
        }
        widen(std::log(all));
        return best_;
    }

  private:
    /// Codes that came within the horizon before at least one failure of the component.
    void find_leading_codes() {
        std::vector<bool> leads(fleet_.codes.size(), false);
        for (const FleetDevice& device : fleet_.devices) {
            for (const FleetRepair& repair : device.repairs) {
                if (repair.component != component_ || repair.end != LifeEnd::failed) continue;
                for (const FleetFault& fault : device.faults) {
                    if (fault.at < repair.at && repair.at - fault.at <= horizon_) {
                        leads[fault.code] = true;
                    }
                }
            }
        }
        for (std::uint32_t code = 0; code < leads.size(); ++code) {
            if (leads[code]) leading_.push_back(code);
        }
    }

    void weigh(Trigger& trigger, double price) const {
        trigger.horizon = horizon_;
        trigger.tally = tally(fleet_, episodes_of(fleet_, trigger), component_, horizon_);
        trigger.score = evidence(trigger.tally) - price;
    }

    void consider(Trigger trigger, double price) {
        weigh(trigger, price);
        keep_better(std::move(trigger), best_);
    }

    void consider_repeats(std::uint32_t code, double price) {
        for (const std::uint32_t count : kRepeatCounts) {
            for (const milliseconds window : kRepeatWindows) {
                consider({.kind = Trigger::Kind::repeat,
                          .codes = {code},
                          .count = count,
                          .window = window},
                         price);
            }
        }
    }

    /// The shortest window that says about as much as the best one.
    void consider_pairs(std::uint32_t one, std::uint32_t other, double price) {
        std::vector<Trigger> by_window;
        for (const milliseconds window : kPairWindows) {
            if (window > horizon_ && window != kPairWindows.front()) continue;
            Trigger trigger{.kind = Trigger::Kind::pair, .codes = {one, other}, .window = window};
            weigh(trigger, price);
            by_window.push_back(std::move(trigger));
        }
        const auto best =
            std::max_element(by_window.begin(), by_window.end(),
                             [](const Trigger& a, const Trigger& b) { return a.score < b.score; });
        for (Trigger& trigger : by_window) {
            if (trigger.score < best->score - kNatsAlike) continue;
            keep_better(std::move(trigger), best_);
            return;
        }
    }

    /// Further codes that announce what the best one does not.
    void widen(double price) {
        const auto& best = of(best_, Trigger::Kind::codes);
        if (!best) return;
        for (bool grown = true; grown;) {
            grown = false;
            const Trigger base = *best;
            for (const std::uint32_t code : leading_) {
                if (std::find(base.codes.begin(), base.codes.end(), code) != base.codes.end()) {
                    continue;
                }
                Trigger wider = base;
                wider.codes.push_back(code);
                std::sort(wider.codes.begin(), wider.codes.end());
                const double before = best->score;
                consider(std::move(wider), price * static_cast<double>(base.codes.size() + 1));
                grown = grown || best->score > before;
            }
        }
    }

    const Fleet& fleet_;
    std::uint32_t component_;
    milliseconds horizon_;
    std::vector<std::uint32_t> leading_;
    BestOfKinds best_;
};

Predicate count_of(const Fleet& fleet, const std::vector<std::uint32_t>& codes,
                   const Trigger& trigger) {
    Predicate node;
    node.kind = PredicateKind::fault_count;
    for (const std::uint32_t code : codes) node.faults.push_back(fleet.codes[code]);
    node.count = trigger.count;
    if (trigger.kind == Trigger::Kind::repeat) node.window = trigger.window;
    node.hold = hold_of(trigger);
    return node;
}

}  // namespace

milliseconds hold_of(const Trigger& trigger) {
    return trigger.kind == Trigger::Kind::pair ? trigger.window : trigger.horizon;
}

Episodes episodes_of(const Fleet& fleet, const Trigger& trigger) {
    switch (trigger.kind) {
        case Trigger::Kind::codes:
            return code_episodes(fleet, trigger.codes, hold_of(trigger));
        case Trigger::Kind::repeat:
            return repeat_episodes(fleet, trigger.codes[0], trigger.count, trigger.window,
                                   hold_of(trigger));
        case Trigger::Kind::pair:
            return both(code_episodes(fleet, {trigger.codes[0]}, trigger.window),
                        code_episodes(fleet, {trigger.codes[1]}, trigger.window));
    }
    return {};
}

Predicate predicate_of(const Fleet& fleet, const Trigger& trigger) {
    if (trigger.kind != Trigger::Kind::pair) return count_of(fleet, trigger.codes, trigger);
    Predicate node;
    node.kind = PredicateKind::all;
    for (const std::uint32_t code : trigger.codes) {
        node.children.push_back(count_of(fleet, {code}, trigger));
    }
    return node;
}

std::vector<Trigger> find_triggers(const Fleet& fleet, std::uint32_t component,
                                   std::span<const milliseconds> horizons) {
    BestOfKinds best;
    for (const milliseconds horizon : horizons) {
        for (auto& found : Search(fleet, component, horizon).best()) {
            if (!found || found->score <= 0 || found->tally.right < kRightMin) continue;
            keep_better(std::move(*found), best);
        }
    }
    std::vector<Trigger> triggers;
    for (auto& found : best) {
        if (!found) continue;
        found->horizon = horizon_for(found->tally, horizons);
        found->tally = tally(fleet, episodes_of(fleet, *found), component, found->horizon);
        triggers.push_back(std::move(*found));
    }
    std::stable_sort(triggers.begin(), triggers.end(),
                     [](const Trigger& a, const Trigger& b) { return a.score > b.score; });
    if (triggers.size() < 2) return triggers;
    const std::uint32_t right = triggers.front().tally.right;
    triggers.erase(std::remove_if(triggers.begin() + 1, triggers.end(),
                                  [&](const Trigger& one) { return one.tally.right <= right; }),
                   triggers.end());
    return triggers;
}

milliseconds horizon_for(const TrialTally& tally, std::span<const milliseconds> horizons) {
    if (tally.leads_h.empty()) return horizons.back();
    const std::size_t at = (tally.leads_h.size() - 1) * 9 / 10;
    const milliseconds wanted = hours_ms(tally.leads_h[at] * 1.5);
    const auto found = std::lower_bound(horizons.begin(), horizons.end(), wanted);
    return found == horizons.end() ? horizons.back() : *found;
}

}  // namespace aftercare::collector
