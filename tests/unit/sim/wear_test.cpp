#include "firmware_sim/model/wear.hpp"

#include <cmath>

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

FailureModeSpec spec_of(double scale, double shape, double precursor_days = 10) {
    return {.id = "worn",
            .component_id = 1,
            .component = "part",
            .life_scale = scale,
            .life_shape = shape,
            .precursor_days = precursor_days,
            .curve = 1.0};
}

/// Cycles until loss of function, one by one.
double life_of(Wear& wear) {
    double cycles = 0;
    while (!wear.failed()) {
        (void)wear.use(1);
        ++cycles;
    }
    return cycles;
}

}  // namespace

TEST_GROUP(Wear){};

TEST(Wear, mean_life_of_a_new_part_is_scale_times_gamma_of_one_plus_one_over_shape) {
    const auto spec = spec_of(400, 2.5);
    double total = 0;
    constexpr int kParts = 4000;
    for (int i = 0; i < kParts; ++i) {
        Wear wear(spec, 1, 0, 1, Rng{static_cast<std::uint64_t>(i)});
        total += life_of(wear);
    }
    // Γ(1.4) = 0.88726; the sample mean's deviation is 400 · 0.38 / sqrt(4000) = 2.4, and a life is
    // rounded up to whole cycles.
    DOUBLES_EQUAL(400 * 0.88726 + 0.5, total / kParts, 8);
}

TEST(Wear, an_aged_part_keeps_the_life_that_survival_leaves_it) {
    // Exponential life has no memory: the mean that remains is the scale at any age.
    const auto spec = spec_of(300, 1.0);
    double total = 0;
    constexpr int kParts = 4000;
    for (int i = 0; i < kParts; ++i) {
        Wear wear(spec, 1, 5000, 1, Rng{static_cast<std::uint64_t>(i)});
        total += life_of(wear);
    }
    DOUBLES_EQUAL(300.5, total / kParts, 15);  // 3 · 300 / sqrt(4000)
}

TEST(Wear, median_precursor_lasts_as_many_days_as_specified_at_any_wear_factor) {
    const auto spec = spec_of(5000, 3.0, 20);
    for (const double factor : {1.0, 8.0}) {
        int longer = 0;
        constexpr int kParts = 1000;
        for (int i = 0; i < kParts; ++i) {
            Wear wear(spec, 2.0, 0, factor, Rng{static_cast<std::uint64_t>(i)});
            while (!wear.degrading()) (void)wear.use(0.5);
            if (wear.remaining_days() > 20) ++longer;
        }
        DOUBLES_EQUAL(500, longer, 60);
    }
}

TEST(Wear, tells_onset_before_failure_and_each_once) {
    const auto spec = spec_of(50, 2.0, 5);
    Wear wear(spec, 1, 0, 1, Rng{3});
    int onsets = 0, failures = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto change = wear.use(1);
        if (change == Wear::Change::onset) ++onsets;
        if (change == Wear::Change::failed) {
            CHECK_EQUAL(1, onsets);
            ++failures;
        }
    }
    CHECK_EQUAL(1, onsets);
    CHECK_EQUAL(1, failures);
    DOUBLES_EQUAL(1.0, wear.level(), 0);
}

TEST(Wear, a_silent_episode_shows_nothing_before_the_failure) {
    auto spec = spec_of(50, 2.0, 20);
    spec.silent_ratio = 1;
    Wear wear(spec, 1, 0, 1, Rng{5});
    bool degraded_unseen = false;
    while (!wear.failed()) {
        DOUBLES_EQUAL(0, wear.symptom(), 0);
        degraded_unseen = degraded_unseen || wear.level() > 0;
        (void)wear.use(1);
    }
    CHECK(degraded_unseen);
    DOUBLES_EQUAL(1, wear.symptom(), 0);
}

TEST(Wear, a_new_part_starts_a_life_of_its_own) {
    const auto spec = spec_of(500, 3.0, 10);
    Wear wear(spec, 1, 0, 1, Rng{9});
    const double first = life_of(wear);
    wear.renew();
    CHECK_FALSE(wear.failed());
    CHECK(std::fabs(life_of(wear) - first) > 0);
}
