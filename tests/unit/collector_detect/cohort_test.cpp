// `cohort` against hand-worked percentiles.
#include "collector/core/detect/cohort.hpp"

#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

TEST_GROUP(Cohort) {
    std::unique_ptr<Detector> detector = detector_of(
        {R"({ cohort = "volt", percentile = 95, window = "8h", samples_min = 4, reference = [ )"
         R"({ model = "M1", quantiles = [1, 2, 3, 4, 5, 6, 7] }, )"
         R"({ model = "M1", firmware = "2.0", quantiles = [11, 12, 13, 14, 15, 16, 17] } ] })",
         R"({ cohort = "volt", side = "below", percentile = 90, window = "8h", samples_min = 4, )"
         R"(reference = [ { model = "M1", quantiles = [1, 2, 3, 4, 5, 6, 7] } ] })"});
};

TEST(Cohort, ranks_by_straight_lines_between_the_quantiles) {
    const CohortReference reference{
        .model = "M", .firmware = {}, .quantiles = {1, 2, 3, 4, 5, 6, 7}};
    DOUBLES_EQUAL(62.5, percentile_of(reference, 4.5), 1e-12);
    DOUBLES_EQUAL(1, percentile_of(reference, 1), 1e-12);
    DOUBLES_EQUAL(15, percentile_of(reference, 2.5), 1e-12);
    DOUBLES_EQUAL(99, percentile_of(reference, 7), 1e-12);
    DOUBLES_EQUAL(0, percentile_of(reference, 0.9), 0);
    DOUBLES_EQUAL(100, percentile_of(reference, 7.1), 0);
    const CohortReference flat{.model = "M", .firmware = {}, .quantiles = {3, 3, 3, 3, 3, 3, 4}};
    DOUBLES_EQUAL(95, percentile_of(flat, 3), 1e-12);
}

TEST(Cohort, fires_beyond_the_percentile_and_says_which) {
    Device device(*detector);
    for (int hour = 0; hour < 4; ++hour) device.tell(hour, reading(kVolt, 6.5));
    LONGS_EQUAL(1, device.fired(0).size());
    DOUBLES_EQUAL(3, device.fired(0)[0], 0);
    const auto evidence = nlohmann::json::parse(device.detections.at(0).evidence_json);
    STRCMP_EQUAL(
        "volt averaged 6.5 over 8h, higher than 97 % of the devices of its kind (median 4).",
        evidence["sentence"].get<std::string>().c_str());
    DOUBLES_EQUAL(97, evidence["percentile"].get<double>(), 0);
    DOUBLES_EQUAL(4, evidence["baseline"].get<double>(), 0);
    CHECK(evidence["points"].size() >= 2);
}

TEST(Cohort, looks_below_as_well) {
    Device device(*detector);
    for (int hour = 0; hour < 4; ++hour) device.tell(hour, reading(kVolt, 1.5));
    LONGS_EQUAL(0, device.fired(0).size());
    LONGS_EQUAL(1, device.fired(1).size());  // percentile 3: lower than 97 %
    const auto evidence = nlohmann::json::parse(device.detections.at(0).evidence_json);
    DOUBLES_EQUAL(3, evidence["percentile"].get<double>(), 1e-9);
}

TEST(Cohort, a_firmware_with_its_own_reference_is_held_against_that_one) {
    Device device(*detector);
    device.firmware("2.0");
    for (int hour = 0; hour < 8; ++hour) device.tell(hour, reading(kVolt, 14));
    LONGS_EQUAL(0, device.fired(0).size());
    Device other(*detector);
    other.firmware("1.9");
    for (int hour = 0; hour < 8; ++hour) other.tell(hour, reading(kVolt, 14));
    LONGS_EQUAL(1, other.fired(0).size());
}

TEST(Cohort, readings_before_an_update_do_not_count_after_it) {
    Device device(*detector);
    device.firmware("2.0");
    for (int hour = 0; hour < 8; ++hour) device.tell(hour, reading(kVolt, 14));
    device.firmware("2.1");
    device.tell(8, reading(kVolt, 4)).tell(9, reading(kVolt, 4)).reload();
    device.firmware("2.1").tell(10, reading(kVolt, 4)).tell(11, reading(kVolt, 4));
    LONGS_EQUAL(0, device.detections.size());
}

TEST(Cohort, a_model_without_a_reference_is_not_judged) {
    Device device(*detector, "M2");
    for (int hour = 0; hour < 20; ++hour) device.tell(hour, reading(kVolt, 100));
    LONGS_EQUAL(0, device.detections.size());
}
