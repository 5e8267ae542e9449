// `fault_sequence`: one code and then another.
#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

TEST_GROUP(FaultSequence) {
    std::unique_ptr<Detector> detector = detector_of(
        {R"({ fault_sequence = ["E1", "E2"], then = ["E3"], window = "10h", hold = "5h" })",
         R"({ fault_sequence = ["E1"], then = ["E1"], window = "10h", hold = "1h" })"});
};

TEST(FaultSequence, fires_at_the_second_code_within_the_window) {
    Device device(*detector);
    device.tell(0, fault(2)).tell(10, fault(3));
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(10, device.fired()[0], 0);
}

TEST(FaultSequence, keeps_silent_in_the_other_order_and_beyond_the_window) {
    Device device(*detector);
    device.tell(0, fault(3)).tell(1, fault(1)).tell(11.1, fault(3)).tell(12, fault(3));
    LONGS_EQUAL(0, device.fired().size());
}

TEST(FaultSequence, counts_from_the_newest_first_code) {
    Device device(*detector);
    device.tell(0, fault(1)).tell(9, fault(2)).tell(18, fault(3));
    LONGS_EQUAL(1, device.fired().size());
}

TEST(FaultSequence, a_code_that_is_both_needs_two_records_however_often_one_was_folded) {
    Device device(*detector);
    device.tell(0, fault(1, FaultState::occurred, 50));
    LONGS_EQUAL(0, device.fired(1).size());
    device.tell(2, fault(1, FaultState::cleared)).tell(3, fault(1));
    LONGS_EQUAL(1, device.fired(1).size());
    DOUBLES_EQUAL(3, device.fired(1)[0], 0);
}

TEST(FaultSequence, outlives_a_restart_and_ends_with_the_part) {
    Device device(*detector);
    device.tell(0, fault(1)).reload();
    device.tell(1, fault(3));
    LONGS_EQUAL(1, device.fired().size());
    CHECK(device.stands(6));
    CHECK_FALSE(device.stands(6.1));
    device.replaced(2);
    CHECK_FALSE(device.stands(3));
    device.tell(4, fault(3));
    LONGS_EQUAL(1, device.fired().size());
}

TEST(FaultSequence, names_both_codes_and_draws_when_they_came) {
    Device device(*detector);
    device.tell(0, fault(2)).tell(4, fault(3));
    const auto evidence = nlohmann::json::parse(device.detections.at(0).evidence_json);
    STRCMP_EQUAL("E3 reported within 10h of E2.", evidence["sentence"].get<std::string>().c_str());
    STRCMP_EQUAL("E2", evidence["facts"][0]["first"].get<std::string>().c_str());
    LONGS_EQUAL(2, evidence["points"].size());
    CHECK(evidence["points"][1][0].get<std::int64_t>() == unix_ms(at(4)));
}
