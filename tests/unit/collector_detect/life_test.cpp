// `life` against hand-worked ages.
#include "collector/core/detect/life.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

TEST_GROUP(Life) {
    // Horizon 48 h. p(a) = 1 − exp(−(2·a·48 + 48²) ÷ 480²) reaches 0.1 at
    // a = (0.105361 · 480² − 48²) ÷ 96 = 228.87 h.
    std::unique_ptr<Detector> by_age =
        detector_of({R"({ life = "age", shape = 2, scale = "20d", probability = 0.1 })"});
    double limit_h = (-std::log(0.9) * 480 * 480 - 48 * 48) / 96;
    // Shape 2, scale 1000, 100 ahead, 0.1: 476.8 cycles.
    std::unique_ptr<Detector> by_use = detector_of(
        {R"({ life = "cycles", shape = 2, scale = 1000, ahead = 100, probability = 0.1 })"});
};

TEST(Life, finds_the_age_at_which_failure_within_the_horizon_is_likely_enough) {
    const Predicate predicate{
        .kind = PredicateKind::life, .shape = 2, .scale = 1000, .ahead = 100, .probability = 0.1};
    DOUBLES_EQUAL(476.8026, age_limit(predicate), 1e-3);
    DOUBLES_EQUAL(0.1, failure_probability(predicate, 476.8026), 1e-6);
    // From birth: 1 − exp(−(100 ÷ 1000)²) = 0.00995.
    DOUBLES_EQUAL(0.00995017, failure_probability(predicate, 0), 1e-8);
    const Predicate certain{
        .kind = PredicateKind::life, .shape = 2, .scale = 10, .ahead = 100, .probability = 0.5};
    DOUBLES_EQUAL(0, age_limit(certain), 0);
}

TEST(Life, is_decided_at_the_next_record_with_the_time_of_crossing) {
    Device device(*by_age);
    device.installed(0).tell(1, fault(1)).tell(228, reading(kVolt, 1));
    LONGS_EQUAL(0, device.fired().size());
    device.tell(900, fault(2));
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(limit_h, device.fired()[0], 0.001);
    device.reload();
    device.tell(2000, fault(2));
    LONGS_EQUAL(1, device.fired().size());
    CHECK(device.stands(100'000));
    const auto evidence = nlohmann::json::parse(device.detections[0].evidence_json);
    STRCMP_EQUAL(
        "motor passed 9.536 days of age: from there on it fails within 48h with a chance "
        "of 10 % or more.",
        evidence["sentence"].get<std::string>().c_str());
    LONGS_EQUAL(12, evidence["points"].size());
    DOUBLES_EQUAL(10, evidence["points"].back()[1].get<double>(), 0.01);
}

TEST(Life, of_an_unknown_age_is_not_judged) {
    Device device(*by_age);
    device.tell(0, fault(1)).tell(90'000, fault(1));
    LONGS_EQUAL(0, device.fired().size());
    device.installed(50'000).tell(90'001, fault(1));
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(50'000 + limit_h, device.fired()[0], 0.001);
}

TEST(Life, follows_an_installation_date_put_right) {
    Device device(*by_age);
    device.installed(300).tell(301, fault(1)).installed(0).tell(302, fault(1));
    LONGS_EQUAL(1, device.fired().size());
    device.installed(100).tell(303, fault(1));
    CHECK_FALSE(device.stands(304));
    device.tell(329, fault(1));
    LONGS_EQUAL(2, device.fired().size());
    DOUBLES_EQUAL(100 + limit_h, device.fired()[1], 0.001);
}

TEST(Life, begins_anew_with_a_new_part) {
    Device device(*by_age);
    device.installed(0).tell(300, fault(1)).replaced(310);
    CHECK_FALSE(device.stands(311));
    device.installed(0).tell(310 + 228, fault(1));
    LONGS_EQUAL(1, device.fired().size());
    device.tell(310 + 229, fault(1));
    LONGS_EQUAL(2, device.fired().size());
    DOUBLES_EQUAL(310 + limit_h, device.fired()[1], 0.001);
}

TEST(Life, by_use_crosses_on_the_line_between_two_totals) {
    Device device(*by_use);
    device.tell(0, cycles(400)).tell(10, cycles(450)).reload();
    LONGS_EQUAL(0, device.fired().size());
    device.tell(20, cycles(550));  // 26.8 of 100 cycles into ten hours
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(12.68, device.fired()[0], 0.001);
    const auto evidence = nlohmann::json::parse(device.detections[0].evidence_json);
    STRCMP_EQUAL(
        "motor passed 550 cycles: from there on it fails within 100 more with a chance of "
        "10 % or more.",
        evidence["sentence"].get<std::string>().c_str());
    LONGS_EQUAL(3, evidence["points"].size());
}

TEST(Life, by_use_counts_from_the_first_total_of_the_new_part) {
    Device device(*by_use);
    device.tell(0, cycles(5000)).replaced(1).tell(2, cycles(5100)).reload();
    LONGS_EQUAL(1, device.fired().size());
    device.tell(3, cycles(5576)).tell(4, cycles(5570));
    LONGS_EQUAL(1, device.fired().size());
    device.tell(5, cycles(5577));
    LONGS_EQUAL(2, device.fired().size());
}
