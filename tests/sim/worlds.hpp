// Small worlds for tests: the shipped catalogue and rules, a few appliances that wear fast.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "firmware_sim/world/run.hpp"

namespace aftercare::sim {

/// Tests cannot go on without what the project ships.
template <class T>
T shipped(Result<T> loaded) {
    if (loaded) return std::move(*loaded);
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    std::abort();
}

inline collector::Catalogue shipped_catalogue() {
    return shipped(
        collector::load_catalogue(AFTERCARE_SOURCE_DIR "/deploy/catalogue/appliances.toml"));
}
inline collector::RulePack shipped_rules() {
    return shipped(collector::load_rule_pack(AFTERCARE_SOURCE_DIR "/deploy/rules/appliances.toml"));
}

/// Nine appliances, eight days, nothing goes wrong.
inline Scenario small_world(std::uint64_t seed) {
    Scenario scenario;
    scenario.name = "small";
    scenario.seed = seed;
    scenario.start = wall_from_unix_ms(1'780'272'000'000);  // 2026-06-01T00:00:00Z
    scenario.days = 8;
    scenario.fleet.device_count = 9;
    scenario.fleet.wear_factor = 20;
    scenario.agent.flush_delay = hours_ms(2);
    scenario.agent.ack_timeout = milliseconds{600'000};
    return scenario;
}

inline RunSummary run_small(const Scenario& scenario, const RunOptions& options = {}) {
    static const collector::Catalogue catalogue = shipped_catalogue();
    static const collector::RulePack rules = shipped_rules();
    return shipped(run_fleet(scenario, catalogue, rules, options));
}

}  // namespace aftercare::sim
