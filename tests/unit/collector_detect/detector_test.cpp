#include "collector/core/detect/detector.hpp"

#include <nlohmann/json.hpp>

#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

void check_hours(std::vector<double> expected, const std::vector<double>& actual) {
    const auto shown = [](const std::vector<double>& hours) {
        std::string text;
        for (const double hour : hours) text += std::to_string(hour) + " ";
        return text;
    };
    STRCMP_EQUAL(shown(expected).c_str(), shown(actual).c_str());
}

std::string refusal(const std::string& text) {
    const auto detector = Detector::create(pack_of(text), small_catalogue());
    CHECK_FALSE(detector.has_value());
    CHECK(detector.error().code == Errc::invalid);
    return detector.error().message;
}

}  // namespace

TEST_GROUP(FaultCount){};

TEST(FaultCount, fires_at_the_code_that_completes_the_count) {
    const auto detector =
        detector_of({R"({ fault_count = ["E1", "E2"], count = 3, window = "10h" })"});
    Device device(*detector);
    device.tell(0, fault(1)).tell(5, fault(2)).tell(6, fault(3)).tell(11, fault(1));
    check_hours({}, device.fired());
    device.tell(14, fault(2));  // 5, 11, 14 within 10 h
    check_hours({14}, device.fired());
}

TEST(FaultCount, a_later_code_within_hold_belongs_to_the_same_episode) {
    const auto detector = detector_of({R"({ fault_count = ["E1"], hold = "10h" })"});
    Device device(*detector);
    device.tell(0, fault(1)).tell(8, fault(1)).tell(18, fault(1)).tell(28.5, fault(1));
    check_hours({0, 28.5}, device.fired());
    CHECK(device.stands(38.5));
    CHECK_FALSE(device.stands(38.6));
}

TEST(FaultCount, counts_the_occurrences_of_a_folded_storm_but_no_clearing) {
    const auto detector = detector_of({R"({ fault_count = ["E1"], count = 3, window = "1h" })"});
    Device device(*detector);
    device.tell(0, fault(1, FaultState::raised)).tell(0.1, fault(1, FaultState::cleared));
    device.tell(0.2, fault(1, FaultState::raised)).tell(0.3, fault(1, FaultState::cleared));
    check_hours({}, device.fired());
    device.tell(50, fault(1, FaultState::occurred, 1000));
    check_hours({50}, device.fired());
}

TEST_GROUP(Threshold){};

TEST(Threshold, fires_when_the_duration_is_over_and_a_reading_went_past_it) {
    const auto detector =
        detector_of({R"({ threshold = "volt", limit = 8, clear = 6, duration = "2h" })"});
    Device device(*detector);
    device.tell(0, reading(kVolt, 8)).tell(1, reading(kVolt, 9)).tell(2, reading(kVolt, 7));
    check_hours({}, device.fired());
    device.tell(4, reading(kVolt, 7));  // between clear and limit: still beyond
    check_hours({3}, device.fired());
    device.tell(5, reading(kVolt, 6)).tell(6, reading(kVolt, 9)).tell(9, reading(kVolt, 9));
    check_hours({3, 8}, device.fired());
}

TEST(Threshold, looks_below_and_at_the_statistic_asked_for) {
    const auto detector =
        detector_of({R"({ threshold = "volt", side = "below", statistic = "min", limit = 5 })"});
    Device device(*detector);
    Reading body;
    body.metrics.add({.metric_id = kVolt, .n = 4, .mean = 4, .min = 5, .max = 9, .last = 4});
    device.tell(0, {.body = body});
    check_hours({}, device.fired());
    body.metrics.items[0].min = 4.9F;
    device.tell(1, {.body = body});
    check_hours({1}, device.fired());
}

TEST(Threshold, ignores_readings_that_are_no_number) {
    const auto detector = detector_of({R"({ threshold = "volt", limit = 8 })"});
    Device device(*detector);
    device.tell(0, reading(kVolt, std::numeric_limits<double>::infinity()));
    check_hours({}, device.fired());
}

TEST(Threshold, stands_until_a_reading_ends_it_or_the_horizon_passes_in_silence) {
    const auto detector = detector_of({R"({ threshold = "volt", limit = 8 })"});
    Device device(*detector);
    device.tell(0, reading(kVolt, 9));
    CHECK(device.stands(48));
    CHECK_FALSE(device.stands(48.1));
    device.tell(1, reading(kVolt, 7));
    CHECK_FALSE(device.stands(1.1));
}

TEST_GROUP(Combination) {
    std::unique_ptr<Detector> both =
        detector_of({R"({ all = [ { fault_count = ["E1"], hold = "10h" }, { threshold = "volt", )"
                     R"(limit = 8 } ] })"});
};

TEST(Combination, all_fires_at_the_later_of_two_starts) {
    Device device(*both);
    device.tell(0, reading(kVolt, 7)).tell(5, fault(1)).tell(9, reading(kVolt, 9));
    check_hours({9}, device.fired());
}

TEST(Combination, all_is_false_when_they_miss_each_other) {
    Device device(*both);
    device.tell(0, fault(1)).tell(11, reading(kVolt, 9)).tell(12, reading(kVolt, 7));
    device.tell(13, fault(1));
    check_hours({}, device.fired());
}

TEST(Combination, readings_that_arrive_days_late_meet_the_fault_of_their_time) {
    Device device(*both);
    device.tell(50, fault(1)).tell(100, fault(1)).tell(200, fault(1));
    for (int hour = 40; hour < 60; ++hour) device.tell(hour, reading(kVolt, hour >= 55 ? 9 : 7));
    check_hours({55}, device.fired());
}

TEST(Combination, a_fault_that_arrives_days_late_meets_the_readings_of_its_time) {
    Device device(*both);
    for (int hour = 0; hour < 300; ++hour) {
        device.tell(hour, reading(kVolt, hour >= 50 && hour < 60 ? 9 : 7));
    }
    device.tell(52.5, fault(1));
    check_hours({52.5}, device.fired());
}

TEST(Combination, any_fires_for_each_part) {
    const auto detector = detector_of(
        {R"({ any = [ { fault_count = ["E1"] }, { threshold = "volt", limit = 8 } ] })"});
    Device device(*detector);
    device.tell(5, fault(1)).tell(3, reading(kVolt, 9));
    check_hours({5, 3}, device.fired());
}

TEST_GROUP(Detector){};

TEST(Detector, names_rule_name_and_what_the_catalogue_has) {
    STRCMP_CONTAINS(
        "rule 'r0': model 'M1' has no fault 'E9': its catalogue has E1, E2, E3",
        refusal(pack_text({R"({ fault_count = ["E9"] })"}) + "models = [\"M1\"]\n").c_str());
    STRCMP_CONTAINS("has no metric 'amp': its catalogue has rpm, volt",
                    refusal(pack_text({R"({ threshold = "amp", limit = 1 })"})).c_str());
    STRCMP_CONTAINS(
        "rule 'r0': the catalogue has no model 'M9', only M1, M2",
        refusal(pack_text({R"({ fault_count = ["E1"] })"}) + "models = [\"M9\"]\n").c_str());
    std::string text = pack_text({R"({ fault_count = ["E1"] })"});
    text.replace(text.find("failure_mode = \"motor\""), 22, "failure_mode = \"pump\"");
    STRCMP_CONTAINS("failure mode 'pump' is one of component 'pump', not of 'motor'",
                    refusal(text).c_str());
}

TEST(Detector, a_model_that_no_rule_names_costs_nothing) {
    const auto detector = Detector::create(
        pack_of(pack_text({R"({ fault_count = ["E1"] })"}) + "models = [\"M2\"]\n"),
        small_catalogue());
    CHECK(detector.has_value());
    DetectState state = (*detector)->begin("M1");
    CHECK(state.impl == nullptr);
    std::vector<Detection> detections;
    (*detector)->observe(state, fault(1), at(0), detections);
    std::string bytes;
    (*detector)->encode(state, bytes);
    CHECK(detections.empty() && bytes.empty());
    CHECK_FALSE((*detector)->stands(state, 0, at(0)));
    CHECK((*detector)->decode("M1", bytes).has_value());
}

TEST(Detector, a_replaced_part_ends_evidence_and_late_records_about_the_old_one) {
    const auto detector = detector_of(
        {R"({ fault_count = ["E1"], count = 2, window = "24h" })", R"({ fault_count = ["E2"] })"});
    Device device(*detector);
    device.tell(0, fault(1)).tell(1, fault(2));
    CHECK(device.stands(2, 1));
    device.replaced(10);
    CHECK_FALSE(device.stands(11, 1));
    device.tell(9, fault(1)).tell(9.5, fault(1)).tell(12, fault(1));
    check_hours({}, device.fired());
    device.tell(13, fault(1));
    check_hours({13}, device.fired());
}

TEST(Detector, a_part_of_another_component_changes_nothing) {
    const auto detector = detector_of({R"({ fault_count = ["E1"] })"});
    Device device(*detector);
    device.tell(0, fault(1)).replaced(1, "pump");
    CHECK(device.stands(2));
}

TEST(Detector, a_clock_put_right_by_more_than_a_day_restarts_the_lane) {
    const auto detector = detector_of({R"({ fault_count = ["E1"], count = 2, window = "30d" })"});
    Device device(*detector);
    device.tell(5000, fault(1)).tell(0, fault(1));
    check_hours({}, device.fired());
    device.tell(1, fault(1));
    check_hours({1}, device.fired());
}

TEST(Detector, a_small_step_back_counts_as_standing_still) {
    const auto detector = detector_of({R"({ fault_count = ["E1"], count = 2, window = "1h" })"});
    Device device(*detector);
    device.tell(10, fault(1)).tell(9, fault(1));
    check_hours({10}, device.fired());
}

TEST(Detector, restarts_only_the_rule_whose_definition_changed) {
    const std::vector<std::string> before{R"({ fault_count = ["E1"], count = 2, window = "24h" })",
                                          R"({ fault_count = ["E2"], count = 2, window = "24h" })"};
    std::vector<std::string> after = before;
    after[1] = R"({ fault_count = ["E2"], count = 2, window = "25h" })";
    const auto old_pack = detector_of(before);
    const auto new_pack = detector_of(after);
    Device device(*old_pack);
    device.tell(0, fault(1)).tell(1, fault(2));
    auto state = new_pack->decode("M1", device.bytes());
    CHECK(state.has_value());
    std::vector<Detection> detections;
    new_pack->observe(*state, fault(1), at(2), detections);
    new_pack->observe(*state, fault(2), at(3), detections);
    LONGS_EQUAL(1, detections.size());
    LONGS_EQUAL(0, detections[0].rule_index);
}

TEST(Detector, a_copied_state_goes_its_own_way) {
    const auto detector = detector_of({R"({ fault_count = ["E1"], count = 2, window = "24h" })"});
    Device before(*detector);
    before.tell(0, fault(1));
    Device after = before;
    after.tell(1, fault(1));
    check_hours({1}, after.fired());
    check_hours({}, before.fired());
    before.tell(50, fault(1)).tell(51, fault(1));
    check_hours({51}, before.fired());
}

TEST(Detector, refuses_damaged_state) {
    const auto detector =
        detector_of({R"({ drift = "rpm", limit = 1, window = "24h", baseline = "10d" })"});
    Device device(*detector);
    for (int hour = 0; hour < 100; ++hour) device.tell(hour, reading(kRpm, hour));
    const std::string bytes = device.bytes();
    std::size_t whole_count = 0;
    for (std::size_t length = 1; length < bytes.size(); ++length) {
        if (detector->decode("M1", bytes.substr(0, length))) ++whole_count;
    }
    // Cut exactly before the first rule nothing is missing that the format could know of.
    LONGS_EQUAL(1, whole_count);
    std::string other = bytes;
    other[0] = 99;
    CHECK(detector->decode("M1", other).error().code == Errc::corrupt);
}

TEST(Detector, lives_on_after_any_flipped_bit_of_its_state) {
    const auto detector =
        detector_of({R"({ drift = "rpm", limit = 1, window = "24h", baseline = "10d" })",
                     R"({ fault_count = ["E1"], count = 3, window = "9h" })",
                     R"({ all = [ { threshold = "rpm", limit = 50, duration = "3h" }, )"
                     R"({ fault_count = ["E2"] } ] })",
                     R"({ fault_sequence = ["E1"], then = ["E2"], window = "9h" })",
                     R"({ cusum = "rpm", readings = 20 })",
                     R"({ cohort = "rpm", percentile = 90, window = "9h", reference = [ )"
                     R"({ model = "M1", quantiles = [1, 2, 3, 4, 5, 6, 7] } ] })",
                     R"({ life = "age", shape = 2, scale = "3d", probability = 0.3 })",
                     R"({ life = "cycles", shape = 2, scale = 30, ahead = 5, probability = 0.3 })",
                     R"({ silence = "3h" })",
                     R"({ all = [ { threshold = "rpm", limit = 50 }, )"
                     R"({ not = { fault_count = ["E3"] } } ] })"});
    Device device(*detector);
    device.installed(1);
    for (int hour = 0; hour < 100; ++hour) {
        device.tell(hour, reading(kRpm, hour)).tell(hour, cycles(static_cast<unsigned>(hour)));
    }
    device.tell(99, fault(1)).tell(99, fault(2)).replaced(3);
    device.listen(99, 120);
    const std::string bytes = device.bytes();
    std::size_t refused = 0;
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        std::string damaged = bytes;
        damaged[i / 8] =
            static_cast<char>(static_cast<unsigned char>(damaged[i / 8]) ^ (1U << i % 8));
        auto state = detector->decode("M1", damaged);
        if (!state) {
            CHECK(state.error().code == Errc::corrupt);
            ++refused;
            continue;
        }
        std::vector<Detection> detections;
        for (int hour = 100; hour < 130; ++hour) {
            detector->observe(*state, reading(kRpm, hour), at(hour), detections);
            detector->observe(*state, fault(1), at(hour), detections);
        }
        (void)detector->stands(*state, 0, at(131));
        detector->part_replaced(*state, "motor", at(120));
    }
    CHECK(refused > 0);
}

TEST_GROUP(Evidence){};

TEST(Evidence, tells_sentence_facts_and_a_small_plot) {
    const auto detector =
        detector_of({R"({ all = [ { fault_count = ["E1"] }, { drift = "rpm", side = "below", )"
                     R"(limit = 1, window = "24h", baseline = "10d" } ] })"});
    Device device(*detector);
    for (int hour = 0; hour < 264; ++hour) {
        device.tell(hour, reading(kRpm, hour >= 240 ? 430 : (hour % 2 == 0 ? 440 : 460)));
    }
    device.tell(263.5, fault(1)).tell(264, reading(kRpm, 430));
    LONGS_EQUAL(1, device.detections.size());
    const auto evidence = nlohmann::json::parse(device.detections[0].evidence_json);
    STRCMP_CONTAINS("E1 reported; rpm averaged 43",
                    evidence["sentence"].get<std::string>().c_str());
    STRCMP_CONTAINS("standard deviations below its own baseline of 450",
                    evidence["sentence"].get<std::string>().c_str());
    STRCMP_EQUAL("r0@1", evidence["rule"].get<std::string>().c_str());
    STRCMP_EQUAL("fault_count", evidence["facts"][0]["kind"].get<std::string>().c_str());
    STRCMP_EQUAL("drift", evidence["facts"][1]["kind"].get<std::string>().c_str());
    STRCMP_EQUAL("rpm", evidence["metric"].get<std::string>().c_str());
    DOUBLES_EQUAL(450, evidence["baseline"].get<double>(), 1);
    CHECK(evidence["deviation"].get<double>() < -1);
    CHECK(evidence["points"].size() > 8 && evidence["points"].size() <= 24);
    DOUBLES_EQUAL(430, evidence["points"].back()[1].get<double>(), 0.01);
    CHECK(evidence["points"][0][0].get<std::int64_t>() <
          evidence["points"][1][0].get<std::int64_t>());
    DOUBLES_EQUAL(0.7, device.detections[0].probability, 0);
}

TEST(Evidence, escapes_names_and_does_without_a_plot) {
    Catalogue catalogue = small_catalogue();
    catalogue.models[0].faults[0].title = "pump \"dry\"\n";
    const auto detector = Detector::create(
        pack_of(pack_text({R"({ fault_count = ["E1"], count = 2, window = "1h" })"})), catalogue);
    CHECK(detector.has_value());
    Device device(**detector);
    device.tell(0, fault(1, FaultState::occurred, 5));
    const auto evidence = nlohmann::json::parse(device.detections.at(0).evidence_json);
    STRCMP_EQUAL("E1 (pump \"dry\"\n) reported 5 times.",
                 evidence["sentence"].get<std::string>().c_str());
    CHECK(evidence["points"].empty() && !evidence.contains("metric"));
}
