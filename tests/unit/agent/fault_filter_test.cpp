#include "agent/core/fault_filter.hpp"

#include <array>
#include <vector>

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;

TEST_GROUP(FaultFilter) {
    std::array<FaultSlot, 4> slots{};
    std::array<FaultRule, 2> rules{FaultRule{7, 100, 500, 3, 10}, FaultRule{18, 100, 500, 3, 10}};
    FaultFilter filter{slots};
    std::uint64_t now_ms = 1'000;
    std::vector<Fault> records;

    void setup() override {
        filter.set_rules(rules);
    }
    void set(bool holds) {
        CHECK_TRUE(filter.condition(18, holds, now_ms));
    }
    void pass(std::uint64_t ms) {
        const std::uint64_t end = now_ms + ms;
        for (;;) {
            while (const auto fault = filter.due(now_ms)) records.push_back(*fault);
            const std::uint64_t next = filter.next_ms();
            if (next > end) break;
            now_ms = next;
        }
        now_ms = end;
    }
    std::uint64_t occurrences() const {
        std::uint64_t sum = 0;
        for (const Fault& f : records) sum += f.state == FaultState::cleared ? 0 : f.occurrences;
        return sum;
    }
};

TEST(FaultFilter, raises_only_what_holds_long_enough) {
    set(true);
    pass(99);
    set(false);
    pass(50);
    set(true);
    pass(99);
    CHECK_TRUE(records.empty());
    pass(1);
    LONGS_EQUAL(1, records.size());
    CHECK_TRUE(records[0].state == FaultState::raised && records[0].code == 18);
}

TEST(FaultFilter, clears_only_what_stays_away_long_enough) {
    set(true);
    pass(100);
    for (int i = 0; i < 5; ++i) {
        set(false);
        pass(400);
        set(true);
        pass(50);
    }
    LONGS_EQUAL(1, records.size());
    set(false);
    pass(500);
    LONGS_EQUAL(2, records.size());
    CHECK_TRUE(records[1].state == FaultState::cleared);
    CHECK_TRUE(filter.next_ms() == UINT64_MAX);
}

TEST(FaultFilter, folds_a_storm_and_loses_no_count) {
    for (int i = 0; i < 3'415; ++i) {
        if (const auto fault = filter.occurred(7, now_ms)) records.push_back(*fault);
        now_ms += 1;
    }
    LONGS_EQUAL(3, records.size());
    pass(10'000);
    LONGS_EQUAL(4, records.size());
    LONGS_EQUAL(3'412, records[3].occurrences);
    LONGS_EQUAL(3'415, occurrences());
}

TEST(FaultFilter, tells_the_true_state_after_a_storm_of_raising_and_clearing) {
    for (int i = 0; i < 10; ++i) {
        set(true);
        pass(150);
        set(false);
        pass(600);
    }
    pass(20'000);
    LONGS_EQUAL(10, occurrences());
    CHECK_TRUE(records.back().state != FaultState::raised);
    int raised = 0;
    for (const Fault& f : records) {
        if (f.state == FaultState::raised) ++raised;
        if (f.state == FaultState::cleared) --raised;
        CHECK_TRUE(raised == 0 || raised == 1);
    }
    LONGS_EQUAL(0, raised);
}

TEST(FaultFilter, says_when_a_code_finds_no_slot) {
    for (std::uint32_t code = 1; code <= 4; ++code) CHECK_TRUE(filter.condition(code, false, 0));
    CHECK_FALSE(filter.condition(5, true, 0));
    CHECK_FALSE(filter.occurred(6, 0).has_value());
    LONGS_EQUAL(2, filter.unwatched_count());
}

TEST(FaultFilter, tells_later_what_could_not_be_made) {
    set(true);
    now_ms += 100;
    const auto raised = filter.due(now_ms);
    CHECK_TRUE(raised && raised->state == FaultState::raised);
    filter.not_made(*raised);
    pass(1'000);
    set(false);
    now_ms += 500;
    const auto cleared = filter.due(now_ms);
    CHECK_TRUE(cleared && cleared->state == FaultState::cleared);
    filter.not_made(*cleared);
    pass(0);
    const auto occurred = filter.occurred(7, now_ms);
    filter.not_made(*occurred);
    pass(10'000);
    LONGS_EQUAL(3, records.size());
    CHECK_TRUE(records[0].state == FaultState::raised);
    CHECK_TRUE(records[1].state == FaultState::cleared);
    CHECK_TRUE(records[2].state == FaultState::occurred && records[2].code == 7);
    LONGS_EQUAL(2, occurrences());
}

TEST(FaultFilter, gives_a_code_without_a_rule_the_defaults) {
    CHECK_TRUE(filter.condition(1, true, now_ms));
    pass(0);
    LONGS_EQUAL(1, records.size());
    for (int i = 0; i < 30; ++i) {
        if (const auto fault = filter.occurred(2, now_ms)) records.push_back(*fault);
    }
    LONGS_EQUAL(1 + 10, records.size());
    pass(3'600'000);
    LONGS_EQUAL(20, records.back().occurrences);
}

TEST(FaultFilter, knows_a_threshold_with_two_edges) {
    const ThresholdRule hot{.metric_id = 1, .code = 9, .high = 80, .low = 75};
    CHECK_FALSE(beyond(hot, false, 80));
    CHECK_TRUE(beyond(hot, false, 81));
    CHECK_TRUE(beyond(hot, true, 76));
    CHECK_FALSE(beyond(hot, true, 75));
    CHECK_FALSE(beyond(hot, false, 79));
    const ThresholdRule cold{.metric_id = 1, .code = 9, .high = 4, .low = 2, .below = true};
    CHECK_FALSE(beyond(cold, false, 2));
    CHECK_TRUE(beyond(cold, false, 1));
    CHECK_TRUE(beyond(cold, true, 3));
    CHECK_FALSE(beyond(cold, true, 4));
}
