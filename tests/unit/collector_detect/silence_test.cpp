// `silence`: told by nobody, so decided by time.
#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

TEST_GROUP(Silence) {
    std::unique_ptr<Detector> detector = detector_of(
        {R"({ silence = "3d" })", R"({ silence = "5d" })", R"({ fault_count = ["E1"] })",
         R"({ all = [ { fault_count = ["E2"], hold = "4d" }, { silence = "3d" } ] })"});
};

TEST(Silence, begins_its_duration_after_the_last_record) {
    Device device(*detector);
    device.tell(0, fault(1)).tell(10, reading(kVolt, 1));
    DOUBLES_EQUAL(82, device.listen(10, 20), 1e-9);
    LONGS_EQUAL(0, device.fired(0).size());
    DOUBLES_EQUAL(130, device.listen(10, 100), 1e-9);
    LONGS_EQUAL(1, device.fired(0).size());
    DOUBLES_EQUAL(82, device.fired(0)[0], 0);
    CHECK(device.stands(5000));
    const auto evidence = nlohmann::json::parse(device.detections.back().evidence_json);
    STRCMP_CONTAINS("no record for 72h after 2025-06-15T10:00:00",
                    evidence["sentence"].get<std::string>().c_str());
    LONGS_EQUAL(2, evidence["points"].size());
    DOUBLES_EQUAL(72, evidence["points"][1][1].get<double>(), 0);
}

TEST(Silence, is_told_once_and_ends_with_the_next_record) {
    Device device(*detector);
    device.tell(0, fault(1));
    device.listen(0, 73);
    device.reload();
    device.listen(0, 74);
    LONGS_EQUAL(1, device.fired(0).size());
    device.tell(80, reading(kVolt, 1));
    CHECK_FALSE(device.stands(81));
    device.listen(80, 150);
    LONGS_EQUAL(1, device.fired(0).size());
    device.listen(80, 152.5);
    LONGS_EQUAL(2, device.fired(0).size());
}

// A device that comes back with five days in its store is heard now, whatever its records say.
TEST(Silence, a_backlog_that_is_still_coming_is_no_silence) {
    Device device(*detector);
    device.tell(0, fault(1)).tell(1, fault(1));
    device.listen(200, 200.5);
    LONGS_EQUAL(0, device.fired(0).size());
}

TEST(Silence, of_a_device_that_never_reported_is_not_judged) {
    Device device(*detector);
    DOUBLES_EQUAL(0, device.listen(0, 10'000), 0);
    LONGS_EQUAL(0, device.detections.size());
}

TEST(Silence, joins_with_what_was_said_before_it) {
    Device device(*detector);
    device.tell(0, fault(2)).tell(5, reading(kVolt, 1));
    device.listen(5, 80);
    LONGS_EQUAL(1, device.fired(3).size());
    DOUBLES_EQUAL(77, device.fired(3)[0], 0);
}

TEST(Silence, changes_no_other_rule_and_no_stored_byte_until_it_is_told) {
    Device listened(*detector), left_alone(*detector);
    for (Device* device : {&listened, &left_alone}) {
        device->tell(0, fault(1)).tell(40, fault(1, FaultState::cleared));
    }
    listened.listen(40, 100);
    STRCMP_EQUAL(left_alone.bytes().c_str(), listened.bytes().c_str());
    listened.listen(40, 120);
    LONGS_EQUAL(1, listened.fired(0).size());
    for (Device* device : {&listened, &left_alone}) device->tell(60, fault(1));
    CHECK(listened.fired(2) == left_alone.fired(2));
    LONGS_EQUAL(2, listened.fired(2).size());
}
