#include "collector/core/learn/survival/weibull.hpp"

#include <cmath>

#include "common/rng.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

PartLife failed(double age) {
    return {0, age, true};
}
PartLife alive(double age) {
    return {0, age, false};
}

/// Endurance of 23 ball bearings, million revolutions. Source: J. Lieblein and M. Zelen, Journal of
/// Research NBS 57 (1956); fitted in Lawless (2003), example 5.2.1.
std::vector<PartLife> ball_bearings() {
    std::vector<PartLife> lives;
    for (const double age :
         {17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.48,  51.84,  51.96,  54.12,  55.56, 67.80,
          68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40}) {
        lives.push_back(failed(age));
    }
    return lives;
}

/// Shock absorbers of 38 vehicles, km; negative = still good. Source: P. O'Connor, Practical
/// Reliability Engineering (1985); fitted in Meeker and Escobar, Statistical Methods for
/// Reliability Data (1998), example 8.1 and table C.2.
std::vector<PartLife> shock_absorbers() {
    std::vector<PartLife> lives;
    for (const double km :
         {6700.,   -6950.,  -7820.,  -8790.,  9120.,   -9660.,  -9820.,  -11310., -11690., -11850.,
          -11880., -12140., 12200.,  -12870., 13150.,  -13330., -13470., -14040., 14300.,  17520.,
          -17540., -17890., -18450., -18960., -18980., -19410., 20100.,  -20100., -20150., -20320.,
          20900.,  22700.,  -23490., 26510.,  -27410., 27490.,  -27890., -28100.}) {
        lives.push_back(km > 0 ? failed(km) : alive(-km));
    }
    return lives;
}

/// A life of this Weibull that was alive at `entry` (inverse of the conditional survival).
double draw(Rng& rng, double shape, double scale, double entry) {
    const double u = 1 - rng.uniform();
    return scale * std::pow(std::pow(entry / scale, shape) - std::log(u), 1 / shape);
}

}  // namespace

TEST_GROUP(Weibull){};

TEST(Weibull, published_fit_of_complete_lives) {
    const auto fit = fit_weibull(ball_bearings());
    DOUBLES_EQUAL(2.102, fit->shape, 0.001);
    DOUBLES_EQUAL(81.88, fit->scale_h, 0.01);
    DOUBLES_EQUAL(-113.69, fit->log_likelihood, 0.005);
}

TEST(Weibull, published_fit_of_censored_lives) {
    const auto fit = fit_weibull(shock_absorbers());
    CHECK_EQUAL(11U, fit->failures);
    DOUBLES_EQUAL(3.16, fit->shape, 0.005);
    DOUBLES_EQUAL(27719, fit->scale_h, 1);
    // Meeker and Escobar give sigma = 1/shape = 0.3164 with standard error 0.0731, and that of mu,
    // the log of the scale, as 0.1099.
    DOUBLES_EQUAL(0.0731 / 0.3164, fit->log_shape_error, 0.001);
    DOUBLES_EQUAL(0.1099, fit->log_scale_error, 0.0005);
}

TEST(Weibull, scale_at_shape_one_is_time_per_failure) {
    // A prior that pins the shape to 1: exponential lives, 10 + 20 + 30 + 40 hours watched, less 15
    // before watching began, by 2 failures.
    const std::vector<PartLife> lives = {failed(10), {15, 20, true}, alive(30), alive(40)};
    const auto fit = fit_weibull(lives, {.log_shape_spread = 1e-6});
    DOUBLES_EQUAL(1, fit->shape, 1e-6);
    DOUBLES_EQUAL(85.0 / 2, fit->scale_h, 1e-3);
}

TEST(Weibull, two_failures_by_hand) {
    // Two failures at e^-a and e^a: by symmetry of the equation 1/k = a·tanh(k·a), and the scale is
    // cosh(k·a)^(1/k). With k·a = 1.19967864 (the root of x·tanh x = 1) and a = 1 → k = 1.19968.
    const std::vector<PartLife> lives = {failed(std::exp(-1)), failed(std::exp(1))};
    const auto fit = fit_weibull(lives);
    DOUBLES_EQUAL(1.19967864, fit->shape, 1e-7);
    DOUBLES_EQUAL(std::pow(std::cosh(1.19967864), 1 / 1.19967864), fit->scale_h, 1e-7);
}

TEST(Weibull, chance_given_survival) {
    const Weibull memoryless{.shape = 1, .scale_h = 100};
    DOUBLES_EQUAL(1 - std::exp(-0.1), memoryless.chance_within(0, 10), 1e-12);
    DOUBLES_EQUAL(1 - std::exp(-0.1), memoryless.chance_within(5000, 10), 1e-12);
    const Weibull wear{.shape = 2, .scale_h = 100};
    DOUBLES_EQUAL(1 - wear.survival(60) / wear.survival(50), wear.chance_within(50, 10), 1e-12);
    CHECK(wear.chance_within(90, 10) > wear.chance_within(10, 10));
}

TEST(Weibull, intervals_cover_the_truth_of_truncated_and_censored_lives) {
    // 200 fleets of 150 parts, half of them watched only from some age on, all until they fail or
    // 300 h of watching passed. A 95 % interval that covers must do so in 93 % at least; without
    // regard to truncation it covers the scale in far fewer.
    constexpr double kShape = 1.8, kScale = 1000;
    Rng rng(20261121);
    int shape_covered = 0, scale_covered = 0, careless_covered = 0;
    double log_shape_error = 0;
    for (int fleet = 0; fleet < 200; ++fleet) {
        std::vector<PartLife> lives, careless;
        for (int part = 0; part < 150; ++part) {
            const double entry = part % 2 == 0 ? 0 : 1200 * rng.uniform();
            const double age = draw(rng, kShape, kScale, entry);
            const double end = entry + 300 + 500 * rng.uniform();
            lives.push_back({entry, std::min(age, end), age <= end});
            careless.push_back({0, std::min(age, end), age <= end});
        }
        const auto fit = fit_weibull(lives);
        log_shape_error += std::log(fit->shape / kShape) / 200;
        const auto covers = [](const Interval& interval, double truth) {
            return interval.low <= truth && truth <= interval.high ? 1 : 0;
        };
        shape_covered += covers(fit->shape_interval(), kShape);
        scale_covered += covers(fit->scale_interval(), kScale);
        careless_covered += covers(fit_weibull(careless)->scale_interval(), kScale);
    }
    CHECK(shape_covered >= 186);
    CHECK(scale_covered >= 186);
    CHECK(careless_covered < 100);
    DOUBLES_EQUAL(0, log_shape_error, 0.03);
}

TEST(Weibull, a_prior_draws_small_samples_towards_no_ageing) {
    const std::vector<PartLife> lives = {failed(95), failed(100), failed(106)};
    const auto free = fit_weibull(lives);
    const auto drawn = fit_weibull(lives, {.log_shape_spread = std::log(2.0)});
    CHECK(free->shape > 20);
    CHECK(drawn->shape > 1);
    CHECK(drawn->shape < free->shape / 3);
}

TEST(Weibull, says_when_there_is_too_little) {
    const auto none = fit_weibull(std::vector<PartLife>{alive(10), alive(20)});
    CHECK(!none);
    STRCMP_CONTAINS("0 failures in 2 lives", none.error().message.c_str());
    const auto one_age = fit_weibull(std::vector<PartLife>{failed(10), failed(10)});
    CHECK(!one_age);
    STRCMP_CONTAINS("do not bound the shape", one_age.error().message.c_str());
}

TEST_GROUP(PartLives){static WallTime day(double days){return WallTime{} + hours_ms(24 * days);
}

/// One device installed on day −10, watched on days 0 … 100; its pump failed on day 20, was
/// replaced preventively on day 50 and looked at on day 60.
static History history() {
    History made;
    made.devices.push_back({.id = "d1", .model = "m", .installed_at = day(-10)});
    made.devices.push_back({.id = "d2", .model = "m"});
    made.fault_codes = {"E1"};
    made.components = {"pump"};
    for (const std::uint32_t device : {0U, 1U}) {
        made.faults.push_back({day(0), device, 0, FaultState::occurred});
        made.faults.push_back({day(100), device, 0, FaultState::occurred});
    }
    made.outcomes = {
        {day(20), 0, "pump", OutcomeCode::failure_repaired, {}},
        {day(30), 1, "pump", OutcomeCode::failure_repaired, {}},
        {day(50), 0, "pump", OutcomeCode::preventive_replacement, {}},
        {day(60), 0, "pump", OutcomeCode::no_fault_found, {}},
    };
    return made;
}
}
;

TEST(PartLives, are_truncated_at_the_begin_and_censored_by_renewal_and_the_end) {
    const std::vector<History> histories = {history()};
    const auto lives = part_lives(assemble(histories), "pump");
    CHECK_EQUAL(4U, lives->size());
    const auto check = [&](std::size_t i, double entry, double exit, bool ended) {
        DOUBLES_EQUAL(entry * 24, (*lives)[i].entry_h, 1e-9);
        DOUBLES_EQUAL(exit * 24, (*lives)[i].exit_h, 1e-9);
        CHECK_EQUAL(ended, (*lives)[i].failed);
    };
    check(0, 10, 30, true);
    check(1, 0, 30, false);
    check(2, 0, 50, false);
    check(3, 0, 70, false);  // d2's first part has no known age and is left out
}

TEST(PartLives, a_life_model_needs_failures_and_a_known_component) {
    const std::vector<History> histories = {history()};
    const Fleet fleet = assemble(histories);
    STRCMP_CONTAINS("1 failures in 4 lives", fit_life(fleet, "pump").error().message.c_str());
    CHECK(fit_life(fleet, "heater").error().code == Errc::not_found);
}
