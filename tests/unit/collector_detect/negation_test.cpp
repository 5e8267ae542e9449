// `not`: known once the lane that could contradict has passed.
#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

TEST_GROUP(Negation) {
    std::unique_ptr<Detector> detector =
        detector_of({R"({ all = [ { threshold = "volt", limit = 8, hold = "5h" }, )"
                     R"({ not = { fault_count = ["E1"], hold = "10h" } } ] })"});
};

TEST(Negation, waits_for_the_lane_that_could_contradict) {
    Device device(*detector);
    device.tell(0, fault(2)).tell(3, reading(kVolt, 9));
    LONGS_EQUAL(0, device.fired().size());  // a fault at 3 may still come
    device.tell(3, fault(2));
    LONGS_EQUAL(0, device.fired().size());  // one more at 3 may
    device.reload();
    device.tell(4, fault(2));
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(3, device.fired()[0], 0);
}

TEST(Negation, begins_when_the_other_ends) {
    Device device(*detector);
    device.tell(0, fault(1)).tell(6, reading(kVolt, 9)).tell(7, reading(kVolt, 9));
    device.tell(9, fault(2));
    LONGS_EQUAL(0, device.fired().size());
    device.tell(30, fault(2));  // E1 counts until 10, the readings until 12
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(10, device.fired()[0], 0.001);
}

TEST(Negation, is_contradicted_by_a_fault_that_comes_late) {
    Device device(*detector);
    for (int hour = 0; hour < 60; ++hour) {
        device.tell(hour, reading(kVolt, hour >= 20 && hour <= 22 ? 9 : 0));
    }
    device.tell(19, fault(1)).tell(70, fault(2));
    LONGS_EQUAL(0, device.fired().size());  // 20 to 27 lies within 19 to 29
}

TEST(Negation, keeps_what_contradicts_as_long_as_something_may_meet_it) {
    const auto long_hold = detector_of({R"({ all = [ { fault_count = ["E2"], hold = "100h" }, )"
                                        R"({ not = { fault_count = ["E1"], hold = "10h" } } ] })"});
    Device device(*long_hold);
    device.tell(0, fault(1)).tell(5, fault(2));
    for (int hour = 6; hour < 90; ++hour) device.tell(hour, fault(3)).reload();
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(10, device.fired()[0], 0.001);
}

TEST(Negation, stands_while_nothing_contradicts) {
    Device device(*detector);
    device.tell(0, fault(2)).tell(3, reading(kVolt, 9)).tell(4, fault(2));
    CHECK(device.stands(6));
    device.tell(5, fault(1));
    CHECK_FALSE(device.stands(6));
}

TEST(Negation, tells_what_there_is_no_sign_of) {
    Device device(*detector);
    device.tell(0, fault(2)).tell(3, reading(kVolt, 9)).tell(4, fault(2));
    const auto evidence = nlohmann::json::parse(device.detections.at(0).evidence_json);
    STRCMP_EQUAL("volt above 8 (at 9); no sign of E1.",
                 evidence["sentence"].get<std::string>().c_str());
    STRCMP_EQUAL("not", evidence["facts"][1]["kind"].get<std::string>().c_str());
}
