#include "firmware_sim/model/fleet.hpp"

#include "common/topic.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

TEST_GROUP(Fleet){};

TEST(Fleet, one_more_device_never_changes_the_others) {
    Scenario small{.seed = 5, .fleet = {.device_count = 10}};
    Scenario large{.seed = 5, .fleet = {.device_count = 11}};
    auto a = make_fleet(small), b = make_fleet(large);
    CHECK_EQUAL(10U, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        STRCMP_EQUAL(a[i].appliance().device_id().c_str(), b[i].appliance().device_id().c_str());
        CHECK(a[i].registration().installed_at == b[i].registration().installed_at);
    }
}

TEST(Fleet, the_mix_sets_the_shares_and_ids_are_valid) {
    Scenario scenario{.seed = 2, .fleet = {.device_count = 600, .mix = {0, 3, 1}}};
    std::size_t refrigerators = 0;
    for (const auto& household : make_fleet(scenario)) {
        CHECK(valid_id(household.appliance().device_id()));
        CHECK(household.appliance().kind().family != Family::washing_machine);
        if (household.appliance().kind().family == Family::refrigerator) ++refrigerators;
    }
    DOUBLES_EQUAL(450, static_cast<double>(refrigerators), 45);
}

TEST(Fleet, another_seed_is_another_fleet) {
    const auto a = make_fleet({.seed = 1, .fleet = {.device_count = 5}});
    const auto b = make_fleet({.seed = 2, .fleet = {.device_count = 5}});
    bool differs = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differs = differs || a[i].registration().installed_at != b[i].registration().installed_at;
    }
    CHECK(differs);
}
