#include "collector/core/desk/rule_book.hpp"

#include <algorithm>
#include <cmath>

#include "collector/core/kpi/statistics.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kReasonBytesMax = 500;

const Rule* find_rule(const RulePack& pack, std::string_view id) {
    const auto found = std::find_if(pack.rules.begin(), pack.rules.end(),
                                    [&](const Rule& rule) { return rule.id == id; });
    return found == pack.rules.end() ? nullptr : &*found;
}

std::string percent(double share) {
    return std::to_string(std::lround(share * 100));
}

std::string below_floor(const Rule& rule, DecidedCount count, const Interval& interval) {
    const double share = static_cast<double>(count.right) / static_cast<double>(count.decided());
    return "right in " + std::to_string(count.right) + " of " + std::to_string(count.decided()) +
           " decided predictions = " + percent(share) + " % (95 % interval " +
           percent(interval.low) + " to " + percent(interval.high) + "), below its floor of " +
           percent(rule.precision_floor) + " %";
}

}  // namespace

void RuleBook::load(RuleStanding standing) {
    std::string id = standing.rule_id;
    standings_.insert_or_assign(std::move(id), std::move(standing));
}

const RuleStanding* RuleBook::standing(const Rule& rule) const {
    const auto found = standings_.find(std::string_view{rule.id});
    const bool holds = found != standings_.end() && found->second.version == rule.version;
    return holds ? &found->second : nullptr;
}

RuleMode RuleBook::mode(const Rule& rule) const {
    const RuleStanding* set = standing(rule);
    return set == nullptr ? rule.mode : set->mode;
}

double RuleBook::probability(const Rule& rule, std::string_view model) const {
    return tallies_.probability(rule_name(rule), model, rule.probability);
}

void RuleBook::decided(std::string_view rule, std::string_view model, std::optional<bool> before,
                       std::optional<bool> after, const Step& step) {
    if (before == after) return;
    tallies_.restate(rule, model, before, after);
    const Rule* known = find_rule(world_.detector.pack(), id_in_name(rule));
    if (known != nullptr && rule_name(*known) == rule) review(*known, step);
}

void RuleBook::review(const Rule& rule, const Step& step) {
    if (mode(rule) != RuleMode::live || rule.precision_floor <= 0) return;
    DecidedCount count = tallies_.of(rule_name(rule));
    if (const RuleStanding* since = standing(rule)) {
        // A correction may take back what was counted before.
        count.right -= std::min(count.right, since->right_count);
        count.wrong -= std::min(count.wrong, since->wrong_count);
    }
    if (count.decided() < std::max<std::uint64_t>(rule.decided_min, 1)) return;
    const auto interval = ratio_interval(count.right, count.decided());
    if (!interval || interval->high >= rule.precision_floor) return;
    stand(rule, RuleMode::shelved, std::string{kEngine}, below_floor(rule, count, *interval), step);
}

void RuleBook::stand(const Rule& rule, RuleMode mode, std::string who, std::string why,
                     const Step& step) {
    RuleStanding& last = standings_[rule.id];
    const DecidedCount count = tallies_.of(rule_name(rule));
    last = {.rule_id = rule.id,
            .version = rule.version,
            .no = last.no + 1,
            .mode = mode,
            .at = step.now.wall,
            .who = std::move(who),
            .why = std::move(why),
            .right_count = count.right,
            .wrong_count = count.wrong};
    step.commit.standings.push_back(last);
}

Result<CommandReply> RuleBook::change(const ChangeRule& command, const Step& step) {
    const Rule* rule = find_rule(world_.detector.pack(), command.rule_id);
    if (rule == nullptr) {
        return fail(Errc::not_found, "no rule \"" + command.rule_id + "\" in the pack in force");
    }
    if (command.why.empty() || command.why.size() > kReasonBytesMax) {
        return fail(Errc::invalid, "member \"reason\": expected 1 to " +
                                       std::to_string(kReasonBytesMax) + " bytes of text");
    }
    if (mode(*rule) == command.to) {
        return CommandReply{.kind = CommandReply::Kind::unchanged, .id = rule->id};
    }
    stand(*rule, command.to, command.who.empty() ? "desk" : command.who, command.why, step);
    return CommandReply{.kind = CommandReply::Kind::updated, .id = rule->id};
}

std::size_t RuleBook::shelved_count() const {
    const auto& rules = world_.detector.pack().rules;
    return static_cast<std::size_t>(std::count_if(
        rules.begin(), rules.end(), [&](const Rule& r) { return mode(r) == RuleMode::shelved; }));
}

}  // namespace aftercare::collector
