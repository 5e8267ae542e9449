// Simulate, learn, back-test on another seed: the way in which deploy/rules/appliances_learned.toml
// was made, on a smaller fleet.
#include <cstdio>

#include "collector/core/learn/comparison.hpp"
#include "collector/core/learn/fit/families.hpp"
#include "collector/io/sqlite/history_reader.hpp"
#include "firmware_sim/world/scenario_toml.hpp"
#include "tests/sim/worlds.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::sim;

namespace {

/// The shipped scenario, smaller.
std::string simulate(const test::ScratchDir& folder, std::uint64_t seed, std::uint32_t devices) {
    Scenario scenario =
        shipped(load_scenario(AFTERCARE_SOURCE_DIR "/firmware_sim/scenarios/history.toml"));
    scenario.seed = seed;
    scenario.days = 180;
    scenario.fleet.device_count = devices;
    RunOptions options;
    options.database_path = (folder / (std::to_string(seed) + ".db")).string();
    shipped(run_fleet(scenario, shipped_catalogue(), {}, options));
    return options.database_path;
}

RulePack learn(const std::string& database, const Catalogue& catalogue) {
    const std::vector<History> histories{shipped(read_history(database, catalogue))};
    Fit whole;
    for (const collector::Family& family : families_of(histories, catalogue)) {
        const auto own = of_family(histories, family);
        append(fit_rules(assemble(own), options_for(family, own, catalogue, {})), family, whole);
    }
    return whole.pack;
}

PackFigures judged(const RulePack& pack, const std::string& database, const Catalogue& catalogue) {
    const auto detector = shipped(Detector::create(pack, catalogue));
    Comparison compared(*detector, nullptr, Opening::in_product, {});
    const Status read =
        read_device_histories(database, catalogue, [&](DeviceHistory&& history) -> Status {
            compared.add(history);
            return {};
        });
    CHECK(read.has_value());
    return compared.figures(Comparison::kNew);
}

void print(const char* name, const PackFigures& figures) {
    std::printf("\n%s: precision %llu of %llu, recall %llu of %llu, F1 %.3f", name,
                static_cast<unsigned long long>(figures.tickets.right),
                static_cast<unsigned long long>(figures.tickets.right + figures.tickets.wrong),
                static_cast<unsigned long long>(figures.found),
                static_cast<unsigned long long>(figures.failures), figures.f1().value_or(0));
}

}  // namespace

TEST_GROUP(Learning) {
    test::ScratchDir folder{"learning"};
    const Catalogue catalogue = shipped_catalogue();
};

TEST(Learning, makes_a_pack_from_simulated_history_that_holds_on_another_seed) {
    const RulePack learned = learn(simulate(folder, 101, 120), catalogue);
    const std::string unseen = simulate(folder, 301, 120);
    const PackFigures fresh = judged(learned, unseen, catalogue);
    print("learned here", fresh);
    print("learned, as shipped",
          judged(
              shipped(load_rule_pack(AFTERCARE_SOURCE_DIR "/deploy/rules/appliances_learned.toml")),
              unseen, catalogue));
    print("written by hand", judged(shipped_rules(), unseen, catalogue));
    // One ticket in four may be wrong and half the failures missed: what 100 failures can teach.
    CHECK(fresh.precision().value_or(0) >= 0.75);
    CHECK(fresh.recall().value_or(0) >= 0.4);
}
