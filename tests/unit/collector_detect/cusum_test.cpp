// `cusum` against published and hand-worked sums.
#include "collector/core/detect/cusum.hpp"

#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

// D. C. Montgomery, "Introduction to Statistical Quality Control", table 9.1: twenty samples of
// mean 10, then ten of mean 11, SD 1. Table 9.2 gives the sums for K = 0.5, H = 5.
constexpr std::array kMontgomery{9.45,  7.99,  9.29,  11.66, 12.16, 10.18, 8.04,  11.46,
                                 9.20,  10.34, 9.03,  11.47, 10.51, 9.40,  10.08, 9.37,
                                 10.62, 10.31, 8.52,  10.84, 10.90, 9.33,  12.29, 11.50,
                                 10.60, 11.08, 10.38, 11.62, 11.31, 10.52};

Predicate montgomery() {
    return {.kind = PredicateKind::cusum,
            .limit = 5,
            .clear_limit = 5,
            .samples_min = 2,
            .prior_mean = 10,
            .prior_deviation = 1,
            .prior_readings = 100,
            .slack = 0.5};
}

}  // namespace

TEST_GROUP(Cusum){};

TEST(Cusum, gives_the_sums_of_the_textbook) {
    Predicate predicate = montgomery();
    predicate.side = Side::either;
    CusumState state;
    std::vector<float> above, below;
    std::vector<std::uint32_t> run;
    std::vector<Truth> truth;
    Verdict verdict;
    for (std::size_t i = 0; i < kMontgomery.size(); ++i) {
        verdict = judge(predicate, state, false, static_cast<float>(kMontgomery[i]),
                        at(static_cast<double>(i)));
        above.push_back(state.above.size);
        below.push_back(state.below.size);
        run.push_back(state.above.readings);
        truth.push_back(verdict.truth);
        if (i == 28) DOUBLES_EQUAL(11.25, static_cast<double>(verdict.value), 0.005);
    }
    DOUBLES_EQUAL(1.16, static_cast<double>(above[3]), 0.005);   // C4+
    DOUBLES_EQUAL(2.82, static_cast<double>(above[4]), 0.005);   // C5+
    DOUBLES_EQUAL(1.56, static_cast<double>(below[1]), 0.005);   // C2-
    DOUBLES_EQUAL(5.28, static_cast<double>(above[28]), 0.005);  // C29+
    LONGS_EQUAL(7, run[28]);                                     // N+ at sample 29
    for (std::size_t i = 0; i < 28; ++i) CHECK(truth[i] == Truth::no);
    CHECK(truth[28] == Truth::yes);
}

TEST(Cusum, fires_at_sample_29_of_the_textbook) {
    const auto detector =
        detector_of({R"({ cusum = "volt", side = "above", slack = 0.5, limit = 5, readings = 0, )"
                     R"(prior = { mean = 10, deviation = 1, readings = 100 } })",
                     R"({ cusum = "volt", side = "below", readings = 0, )"
                     R"(prior = { mean = 10, deviation = 1, readings = 100 } })"});
    Device device(*detector);
    for (std::size_t i = 0; i < kMontgomery.size(); ++i) {
        device.tell(static_cast<double>(i + 1), reading(kVolt, kMontgomery[i]));
    }
    LONGS_EQUAL(1, device.detections.size());
    DOUBLES_EQUAL(29, device.fired(0).at(0), 0);
    const auto evidence = nlohmann::json::parse(device.detections[0].evidence_json);
    STRCMP_EQUAL(
        "volt settled around 11.25, above its target of 10 (cumulative sum 5.28 standard "
        "deviations, limit 5).",
        evidence["sentence"].get<std::string>().c_str());
    STRCMP_EQUAL("target", evidence["line"].get<std::string>().c_str());
    DOUBLES_EQUAL(10, evidence["baseline"].get<double>(), 0);
    CHECK(evidence["points"].size() >= 4 && evidence["points"].size() <= 24);
    DOUBLES_EQUAL(11.31, evidence["points"].back()[1].get<double>(), 0.001);
}

// Own target of 0 2 0 2: mean 1, SD sqrt(4/3) = 1.1547. Each reading of 3 is 1.7321 SD up, 1.2321
// beyond the slack: 4.93 after four, 6.16 after five.
TEST(Cusum, learns_its_target_from_the_first_readings_and_anew_after_a_replacement) {
    const auto detector =
        detector_of({R"({ cusum = "volt", slack = 0.5, limit = 5, readings = 4 })"});
    Device device(*detector);
    for (int hour = 0; hour < 4; ++hour) device.tell(hour, reading(kVolt, hour % 2 * 2));
    for (int hour = 4; hour < 8; ++hour) device.tell(hour, reading(kVolt, 3));
    LONGS_EQUAL(0, device.fired().size());
    device.reload();
    device.tell(8, reading(kVolt, 3));
    LONGS_EQUAL(1, device.fired().size());
    device.replaced(9);
    CHECK_FALSE(device.stands(10));
    // 3 is what the new part is like.
    for (int hour = 10; hour < 14; ++hour) device.tell(hour, reading(kVolt, 2 + hour % 2 * 2));
    for (int hour = 14; hour < 40; ++hour) device.tell(hour, reading(kVolt, 3));
    LONGS_EQUAL(1, device.fired().size());
    device.replaced(9);  // told again: nothing is forgotten
    for (int hour = 40; hour < 50; ++hour) device.tell(hour, reading(kVolt, 6));
    LONGS_EQUAL(2, device.fired().size());
}

// 10 SD up at once: the sum stops at twice the limit, 10, and is back at 5 after ten quiet readings
// of -0.5 each.
TEST(Cusum, comes_back_soon_after_its_cause_went) {
    const auto detector = detector_of({R"({ cusum = "volt", side = "above", readings = 0, )"
                                       R"(prior = { mean = 0, deviation = 1, readings = 10 } })"});
    Device device(*detector);
    for (int hour = 0; hour < 50; ++hour) device.tell(hour, reading(kVolt, 10));
    for (int hour = 50; hour < 59; ++hour) device.tell(hour, reading(kVolt, 0));
    CHECK(device.stands(58.5));
    device.tell(59, reading(kVolt, 0));
    CHECK_FALSE(device.stands(59.5));
}
