#include "collector/core/desk/routing.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

namespace aftercare::collector {
namespace {

/// A reason names so many centres that nearly fit; the configuration has the rest.
constexpr std::size_t kMissesShownMax = 3;

struct Condition {
    std::string_view what;
    std::string_view wanted;
    std::vector<std::string> ServiceCentre::*list;
    bool needed;  ///< else it fits everywhere
};
using Conditions = std::array<Condition, 3>;

Conditions conditions_of(const RouteFacts& facts) {
    return {{{"region", facts.region, &ServiceCentre::regions, true},
             {"family", facts.family, &ServiceCentre::families, true},
             {"skill", facts.skill, &ServiceCentre::skills, !facts.skill.empty()}}};
}

bool has(const std::vector<std::string>& list, std::string_view wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool meets(const ServiceCentre& centre, const Condition& condition) {
    const auto& list = centre.*condition.list;
    return !condition.needed || list.empty() || has(list, condition.wanted);
}

std::string named(const Condition& condition) {
    return std::string{condition.what} + " " +
           (condition.wanted.empty() ? "(unknown)" : std::string{condition.wanted});
}

void append(std::string& list, std::string_view separator, std::string_view item) {
    if (!list.empty()) list += separator;
    list += item;
}

/// One that fits, in the order of preference.
struct Candidate {
    const ServiceCentre* centre;
    const DayLoad* load;
    bool home;
    bool speaks;

    [[nodiscard]] bool full() const {
        return centre->jobs_per_day_max > 0 && load->job_count >= centre->jobs_per_day_max;
    }
    [[nodiscard]] double taken_ratio() const {
        return centre->jobs_per_day_max == 0 ? 0
                                             : static_cast<double>(load->job_count) /
                                                   static_cast<double>(centre->jobs_per_day_max);
    }
    [[nodiscard]] std::string day() const {
        const std::string jobs = std::to_string(load->job_count);
        if (centre->jobs_per_day_max == 0) return jobs + " jobs " + load->when + ", no limit";
        return jobs + " of " + std::to_string(centre->jobs_per_day_max) + " jobs " + load->when;
    }
};

bool before(const Candidate& a, const Candidate& b) {
    const auto key = [](const Candidate& c) {
        return std::tuple(c.full(), !c.home, !c.speaks, c.taken_ratio(),
                          std::string_view{c.centre->id});
    };
    return key(a) < key(b);
}

/// "serves region DE-N, skill pump": what its lists say; a centre without lists takes everything.
std::string served(const ServiceCentre& centre, const Conditions& conditions) {
    std::string text;
    for (const Condition& condition : conditions) {
        if (!condition.needed || (centre.*condition.list).empty()) continue;
        append(text, ", ", named(condition));
    }
    return text.empty() ? "takes every ticket" : "serves " + text;
}

std::string spoken(const Candidate& best, const std::vector<Candidate>& all,
                   std::string_view language) {
    if (language.empty()) return "";
    const std::string name{language};
    if (best.speaks) return best.centre->languages.empty() ? "" : "; speaks " + name;
    const auto other = std::find_if(all.begin(), all.end(), [](const auto& c) { return c.speaks; });
    if (other == all.end()) return "; nobody who fits speaks " + name;
    if (best.home) return "; does not speak " + name;
    return "; does not speak " + name + " as " + other->centre->id + " does, which is full";
}

Route chosen(const std::vector<Candidate>& all, const RouteFacts& facts,
             const Conditions& conditions) {
    const Candidate& best = all.front();
    Route route{.centre = best.centre->id,
                .queue = best.full() ? RouteQueue::over_capacity : RouteQueue::none,
                .reason = best.centre->id + ": "};
    if (best.home) route.reason += "the device's own centre; ";
    route.reason += served(*best.centre, conditions) + spoken(best, all, facts.language);
    const auto home = std::find_if(all.begin(), all.end(), [](const auto& c) { return c.home; });
    if (!best.home && home != all.end()) {
        route.reason += "; the device's own centre " + home->centre->id + " is full";
    } else if (!best.home && !facts.home.empty()) {
        route.reason +=
            "; the device's own centre " + std::string{facts.home} + " does not serve this";
    }
    route.reason += "; " + best.day();
    if (best.full()) route.reason += ": over capacity, like all that fit";
    if (all.size() > 1) {
        route.reason += "; next best: " + all[1].centre->id + " " + all[1].day();
    }
    return route;
}

/// What nobody serves at all, else what each lacks that comes near.
std::string missing(std::span<const ServiceCentre> centres, const RouteFacts& facts,
                    const Conditions& conditions) {
    std::string nowhere;
    std::vector<const ServiceCentre*> ours;
    for (const ServiceCentre& centre : centres) {
        if (centre.serves_tenant(facts.tenant)) ours.push_back(&centre);
    }
    std::sort(ours.begin(), ours.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    for (const Condition& condition : conditions) {
        const bool somewhere = std::any_of(ours.begin(), ours.end(), [&](const auto* centre) {
            return meets(*centre, condition);
        });
        if (!somewhere) append(nowhere, ", ", named(condition));
    }
    if (!nowhere.empty()) return "no service centre serves " + nowhere;
    std::string wanted;
    for (const Condition& condition : conditions) {
        if (condition.needed) append(wanted, ", ", named(condition));
    }
    std::string lacks;
    for (std::size_t i = 0; i < std::min(ours.size(), kMissesShownMax); ++i) {
        std::string list;
        for (const Condition& condition : conditions) {
            if (!meets(*ours[i], condition)) append(list, ", ", named(condition));
        }
        append(lacks, "; ", ours[i]->id + " lacks " + list);
    }
    return "no service centre serves all of " + wanted + ": " + lacks;
}

}  // namespace

Route route(const RouteFacts& facts, std::span<const ServiceCentre> centres,
            std::span<const DayLoad> loads) {
    const Conditions conditions = conditions_of(facts);
    std::vector<Candidate> fit;
    for (std::size_t i = 0; i < centres.size(); ++i) {
        const ServiceCentre& centre = centres[i];
        const bool fits = std::all_of(conditions.begin(), conditions.end(),
                                      [&](const Condition& c) { return meets(centre, c); });
        if (!fits || !centre.serves_tenant(facts.tenant)) continue;
        fit.push_back({.centre = &centre,
                       .load = &loads[i],
                       .home = centre.id == facts.home,
                       .speaks = facts.language.empty() || centre.languages.empty() ||
                                 has(centre.languages, facts.language)});
    }
    if (fit.empty()) {
        return {.centre = {},
                .queue = RouteQueue::unroutable,
                .reason = missing(centres, facts, conditions)};
    }
    std::sort(fit.begin(), fit.end(), before);
    return chosen(fit, facts, conditions);
}

}  // namespace aftercare::collector
