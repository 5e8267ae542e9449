#include "collector/core/learn/calibration/rule_tally.hpp"

#include <algorithm>

#include "common/result.hpp"

namespace aftercare::collector {
namespace {

constexpr double kCertaintyMax = 0.98;

}  // namespace

double calibrated_probability(double pack_probability, DecidedCount elsewhere, DecidedCount here) {
    const double pack = std::clamp(pack_probability, 1 - kCertaintyMax, kCertaintyMax);
    const double known = kPackWorth + static_cast<double>(elsewhere.decided());
    const double mean = (kPackWorth * pack + static_cast<double>(elsewhere.right)) / known;
    const double worth = std::min(known, kPriorWorthMax);
    return (worth * mean + static_cast<double>(here.right)) /
           (worth + static_cast<double>(here.decided()));
}

DecidedCount& RuleTallies::entry(std::string_view rule, std::string_view model) {
    auto found = rules_.find(rule);
    if (found == rules_.end()) found = rules_.emplace(std::string{rule}, ByModel{}).first;
    const auto known = found->second.find(model);
    if (known != found->second.end()) return known->second;
    return found->second.emplace(std::string{model}, DecidedCount{}).first->second;
}

void RuleTallies::add(const RuleTally& tally) {
    DecidedCount& count = entry(tally.rule, tally.model);
    count.right += tally.count.right;
    count.wrong += tally.count.wrong;
}

void RuleTallies::restate(std::string_view rule, std::string_view model, std::optional<bool> before,
                          std::optional<bool> after) {
    DecidedCount& count = entry(rule, model);
    if (before) {
        std::uint64_t& was = *before ? count.right : count.wrong;
        AFTERCARE_ASSERT(was > 0);
        --was;
    }
    if (after) ++(*after ? count.right : count.wrong);
}

DecidedCount RuleTallies::of(std::string_view rule, std::string_view model) const {
    const auto found = rules_.find(rule);
    if (found == rules_.end()) return {};
    const auto known = found->second.find(model);
    return known == found->second.end() ? DecidedCount{} : known->second;
}

DecidedCount RuleTallies::of(std::string_view rule) const {
    DecidedCount sum;
    const auto found = rules_.find(rule);
    if (found == rules_.end()) return sum;
    for (const auto& [model, count] : found->second) {
        sum.right += count.right;
        sum.wrong += count.wrong;
    }
    return sum;
}

double RuleTallies::probability(std::string_view rule, std::string_view model,
                                double pack_probability) const {
    const DecidedCount here = of(rule, model);
    const DecidedCount all = of(rule);
    return calibrated_probability(pack_probability,
                                  {all.right - here.right, all.wrong - here.wrong}, here);
}

}  // namespace aftercare::collector
