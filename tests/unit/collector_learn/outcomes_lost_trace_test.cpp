// What a pack is worth when nobody reports three visits in ten, on recorded machines.
#include <algorithm>
#include <cstdio>

#include "collector/core/learn/fit/validate.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/trace/trace.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(OutcomesLostTrace){};

TEST(OutcomesLostTrace, leaves_a_good_pack_on_machines_left_out) {
    const std::string data = AFTERCARE_SOURCE_DIR "/../shared/data/azure_pdm/";
    const auto telling = read_trace(data + "m01-10_90d");
    const auto codes = read_trace(data + "errors_m21-60_8m");
    if (!telling || !codes) {
        std::printf("SKIP: no traces in %s\n", data.c_str());
        return;
    }
    const std::vector<History> histories{telling->history, codes->history};
    const auto draws = validate_with_outcomes_lost(assemble(histories), catalogue_of(histories[0]),
                                                   {}, 10, {.share = 0.3, .draws = 10});
    if (!draws) FAIL(draws.error().message.c_str());
    std::vector<double> f1;
    for (const Validation& draw : *draws) f1.push_back(draw.figures.f1().value_or(0));
    std::sort(f1.begin(), f1.end());
    std::printf("\n30 %% of the outcomes lost: F1 %.3f (%.3f … %.3f)\n", (f1[4] + f1[5]) / 2,
                f1.front(), f1.back());
    LONGS_EQUAL(10, f1.size());
    CHECK((f1[4] + f1[5]) / 2 >= 0.9);
}
