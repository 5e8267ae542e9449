#include "collector/core/learn/fit/validate.hpp"

#include <set>

#include "collector/io/toml/catalogue_toml.hpp"
#include "tests/unit/collector_learn/made_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

const Catalogue kCatalogue = catalogue_for_trace({"M"}, {"v"}, {"e", "f"}, {"p", "q"});

/// 16 devices with three failures each; "e" comes 20 h before them, and "f" for nothing.
History announced_failures() {
    HistoryMaker maker;
    for (int i = 0; i < 16; ++i) {
        const auto device = maker.device("d" + std::to_string(i));
        maker.fault(device, 0, "f").fault(device, 5000, "f");
        for (const double at : {1000.0, 2000.0, 3000.0}) {
            maker.fault(device, at + i - 20, "e").outcome(device, at + i, "p");
        }
    }
    return maker.made();
}

}  // namespace

TEST_GROUP(TimeSplit){};

TEST(TimeSplit, judges_each_later_stretch_by_what_was_known_before_it) {
    // The code announces failures in the first half only: what was learned then fails later.
    HistoryMaker maker;
    for (int i = 0; i < 20; ++i) {
        const auto device = maker.device("d" + std::to_string(i));
        maker.fault(device, 0, "f").fault(device, 10000, "f");
        for (const double at : {1000.0, 2000.0, 3000.0}) {
            maker.fault(device, at - 20, "e").outcome(device, at, "p");
        }
        for (const double at : {6000.0, 7000.0, 9000.0}) {
            maker.fault(device, at, "e").outcome(device, at + 900, "p");
        }
    }
    const std::vector<History> histories{maker.made()};
    const Fleet fleet = assemble(histories);
    const auto by_time = validate_by_time(fleet, kCatalogue, {});
    LONGS_EQUAL(3, by_time->parts);
    LONGS_EQUAL(60, by_time->figures.failures);
    LONGS_EQUAL(0, by_time->figures.tickets.right);
    LONGS_EQUAL(60, by_time->figures.tickets.wrong);
    const auto by_devices = validate_by_devices(fleet, kCatalogue, {}, 4);
    CHECK(by_devices->figures.tickets.right >= 60);
}

TEST_GROUP(OutcomesLost) {
    const std::vector<History> histories{announced_failures()};
    const Fleet fleet = assemble(histories);

    std::vector<Validation> draws(const OutcomesLost& lost) const {
        auto drawn = validate_with_outcomes_lost(fleet, kCatalogue, {}, 4, lost);
        if (!drawn) FAIL(drawn.error().message.c_str());
        return std::move(*drawn);
    }
};

TEST(OutcomesLost, are_lost_to_learning_and_not_to_the_judgement) {
    for (const Validation& draw : draws({.share = 0.3, .draws = 3})) {
        LONGS_EQUAL(4, draw.parts);
        LONGS_EQUAL(48, draw.figures.failures);
        LONGS_EQUAL(48, draw.figures.found);
        LONGS_EQUAL(48, draw.figures.tickets.right);
    }
    const std::vector<Validation> nothing_told = draws({.share = 1, .draws = 1});
    LONGS_EQUAL(48, nothing_told[0].figures.failures);
    LONGS_EQUAL(0, nothing_told[0].figures.tickets.all());
}

TEST(OutcomesLost, are_others_with_each_draw_and_the_same_with_each_seed) {
    // So much is lost that what is learned differs between draws.
    const OutcomesLost lost{.share = 0.93, .seed = 5, .draws = 12};
    std::vector<std::uint64_t> once, again, otherwise;
    for (const Validation& draw : draws(lost)) once.push_back(draw.figures.found);
    for (const Validation& draw : draws(lost)) again.push_back(draw.figures.found);
    for (const Validation& draw : draws({.share = 0.93, .seed = 6, .draws = 12})) {
        otherwise.push_back(draw.figures.found);
    }
    CHECK(once == again);
    CHECK(once != otherwise);
    CHECK(std::set<std::uint64_t>(once.begin(), once.end()).size() > 1);
}
