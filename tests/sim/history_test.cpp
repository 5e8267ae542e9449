// A simulated fleet's history, read from the collector's database and from the trace folder that
// was written before agent, link and collector: both must teach the same.
#include "collector/io/sqlite/history_reader.hpp"

#include <algorithm>
#include <cmath>

#include "collector/core/learn/comparison.hpp"
#include "collector/core/learn/fit/families.hpp"
#include "collector/io/trace/trace.hpp"
#include "tests/sim/worlds.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::sim;

namespace {

/// Enough wear that washing machines fail often; every repair is reported.
Scenario worn_world() {
    Scenario scenario = small_world(4);
    scenario.days = 60;
    scenario.fleet.device_count = 24;
    scenario.fleet.wear_factor = 12;
    scenario.fleet.mix = {1, 0, 0};
    scenario.centre.unreported_ratio = 0;
    return scenario;
}

struct BothHistories {
    History trace, database;
};

std::string pack_of(const History& history, const Catalogue& catalogue) {
    const std::vector<History> histories{history};
    const auto families = families_of(histories, catalogue);
    const auto own = of_family(histories, families.at(0));
    const Fit fit =
        fit_rules(assemble(own), options_for(families[0], own, catalogue, FitOptions{}));
    return rule_pack_to_toml(fit.pack);
}

}  // namespace

TEST_GROUP(DatabaseHistory) {
    aftercare::test::ScratchDir folder{"history"};
    const Catalogue catalogue = shipped_catalogue();

    BothHistories lived(const Scenario& scenario) {
        RunOptions options;
        options.database_path = (folder / "fleet.db").string();
        options.trace_folder = (folder / "trace").string();
        shipped(run_fleet(scenario, catalogue, {}, options));
        auto trace = shipped(read_trace(options.trace_folder));
        LONGS_EQUAL(0, trace.error_count);
        return {std::move(trace.history), shipped(read_history(options.database_path, catalogue))};
    }
};

TEST(DatabaseHistory, teaches_the_same_rules_as_the_trace_of_the_same_fleet) {
    const BothHistories both = lived(worn_world());
    const History &one = both.trace, &other = both.database;
    LONGS_EQUAL(one.devices.size(), other.devices.size());
    LONGS_EQUAL(one.readings.size(), other.readings.size());
    LONGS_EQUAL(one.faults.size(), other.faults.size());
    CHECK(one.fault_codes == other.fault_codes);
    CHECK(one.components == other.components);
    LONGS_EQUAL(one.outcomes.size(), other.outcomes.size());
    const std::string learned = pack_of(one, catalogue);
    CHECK(learned.find("[[rule]]") != std::string::npos);
    CHECK(learned.find("failure_mode = \"drain_pump_blocked\"") != std::string::npos);
    STRCMP_EQUAL(learned.c_str(), pack_of(other, catalogue).c_str());
}

TEST(DatabaseHistory, back_tests_to_the_same_tickets_as_the_trace) {
    const BothHistories both = lived(worn_world());
    const auto detector = shipped(Detector::create(shipped_rules(), catalogue));
    std::string from_trace, from_database;
    const auto note = [&](const DeviceHistory& history, std::string& into) {
        for (const BacktestTicket& made : backtest(history, *detector)) {
            into += made.ticket.id + " " + made.ticket.rule + "\n";
        }
    };
    const std::vector<History> histories{both.trace};
    const Fleet fleet = assemble(histories);
    for (const FleetDevice& device : fleet.devices) {
        const std::string& model = both.trace.devices[device.device].model;
        note(device_history(fleet, device, *catalogue.model(model)), from_trace);
    }
    const Status read = read_device_histories((folder / "fleet.db").string(), catalogue,
                                              [&](DeviceHistory&& history) -> Status {
                                                  note(history, from_database);
                                                  return {};
                                              });
    CHECK(read.has_value());
    CHECK(!from_trace.empty());
    STRCMP_EQUAL(from_trace.c_str(), from_database.c_str());
}

TEST(DatabaseHistory, counts_a_part_that_nobody_reported_as_renewed) {
    Scenario scenario = worn_world();
    scenario.centre.unreported_ratio = 1;
    const BothHistories both = lived(scenario);
    // The trace knows of nothing; the appliances themselves told the collector of new parts.
    const auto repaired = [](const HistoryOutcome& outcome) {
        return outcome.code == OutcomeCode::preventive_replacement;
    };
    LONGS_EQUAL(0, std::count_if(both.trace.outcomes.begin(), both.trace.outcomes.end(), repaired));
    CHECK(std::any_of(both.database.outcomes.begin(), both.database.outcomes.end(), repaired));
}
