// The same records give the same detections, however the two lanes interleave and wherever the
// collector restarts between records.
#include <set>

#include "collector/core/detect/detector.hpp"
#include "collector/core/detect/interval.hpp"
#include "common/rng.hpp"
#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

struct Told {
    double hours;
    Record record;
    bool new_part = false;  ///< the record says that the motor was replaced
};
using History = std::vector<Told>;  // of one lane
using Episodes = std::set<std::pair<std::uint32_t, std::int64_t>>;

const std::vector<std::string> kConditions{
    R"({ fault_count = ["E1"], hold = "20h" })",
    R"({ fault_count = ["E1", "E2"], count = 2, window = "36h" })",
    R"({ threshold = "volt", limit = 8, clear = 5, duration = "3h", hold = "6h" })",
    R"({ drift = "rpm", limit = 1, clear = 0.5, window = "24h", baseline = "5d", hold = "5h" })",
    R"({ all = [ { fault_count = ["E1"] }, { drift = "rpm", limit = 1, clear = 0.5, )"
    R"(window = "24h", baseline = "5d" } ] })",
    R"({ all = [ { fault_count = ["E2"], hold = "12h" }, { threshold = "volt", )"
    R"(limit = 8, duration = "2h" } ] })",
    R"({ any = [ { fault_count = ["E3"] }, { threshold = "volt", side = "below", limit = -8 } ] })",
    R"({ all = [ { any = [ { fault_count = ["E1"] }, { fault_count = ["E3"], )"
    R"(hold = "70h" } ] }, { any = [ { threshold = "volt", limit = 8 }, )"
    R"({ drift = "rpm", limit = 1, clear = 0.3, window = "12h", )"
    R"(baseline = "4d" } ] } ] })",
    R"({ all = [ { fault_count = ["E1"] }, { fault_count = ["E2"] }, )"
    R"({ threshold = "rpm", limit = 470, clear = 430 } ] })",
    R"({ fault_sequence = ["E1", "E2"], then = ["E3", "E1"], window = "60h", hold = "20h" })",
    R"({ cusum = "rpm", slack = 0.5, limit = 6, readings = 30 })",
    R"({ cusum = "rpm", side = "above", limit = 8, clear = 2, readings = 0, )"
    R"(prior = { mean = 450, deviation = 10, readings = 50 } })",
    R"({ cohort = "rpm", percentile = 97, clear = 80, window = "12h", samples_min = 6, )"
    R"(reference = [ { model = "M1", quantiles = [435, 440, 446, 450, 454, 460, 465] }, )"
    R"({ model = "M1", firmware = "2", quantiles = [425, 430, 440, 447, 450, 455, 458] } ] })",
    R"({ life = "age", shape = 2, scale = "12d", probability = 0.2 })",
    R"({ life = "cycles", shape = 3, scale = 300, ahead = 20, probability = 0.15 })",
    R"({ all = [ { life = "age", shape = 2, scale = "9d", probability = 0.3 }, )"
    R"({ fault_count = ["E2"], hold = "30h" } ] })",
    R"({ all = [ { life = "cycles", shape = 3, scale = 200, ahead = 20, probability = 0.1 }, )"
    R"({ cusum = "rpm", limit = 5, readings = 40 } ] })",
    R"({ all = [ { threshold = "volt", limit = 8, hold = "10h" }, )"
    R"({ not = { fault_count = ["E1", "E2"], hold = "30h" } } ] })",
    R"({ all = [ { fault_count = ["E1"], hold = "25h" }, )"
    R"({ not = { threshold = "volt", limit = 0, duration = "2h" } } ] })",
    R"({ all = [ { fault_count = ["E1"], hold = "40h" }, { not = { any = [ )"
    R"({ drift = "rpm", limit = 1, window = "24h", baseline = "5d" }, )"
    R"({ fault_sequence = ["E2"], then = ["E3"], window = "80h" } ] } }, )"
    R"({ not = { cohort = "rpm", percentile = 95, window = "12h", )"
    R"(reference = [ { model = "M1", quantiles = [435, 440, 446, 450, 454, 460, 465] } ] } } ] })",
};

History some_faults(Rng& rng) {
    History lane;
    double hour = rng.exponential(30);
    while (hour < 700) {
        lane.push_back({hour, fault(1 + static_cast<std::uint32_t>(rng.below(3)))});
        hour += rng.exponential(45);
    }
    return lane;
}

History some_readings(Rng& rng) {
    History lane;
    double shift = 0, volt = 0;
    std::uint64_t total = 0;
    for (int hour = 0; hour < 700; ++hour) {
        if (rng.chance(0.01)) shift = rng.uniform(-20, 20);
        if (rng.chance(0.03)) volt = rng.uniform(-10, 10);
        if (rng.chance(0.05)) continue;
        Reading body;
        body.metrics.add(summary(kRpm, rng.normal(450 + shift, 10)));
        if (hour % 3 == 0) body.metrics.add(summary(kVolt, volt));
        lane.push_back({hour + rng.uniform(0, 0.5), {.body = body}});
        total += rng.below(3);
        if (rng.chance(0.2)) lane.push_back({hour + rng.uniform(0.5, 1), cycles(total)});
    }
    return lane;
}

/// Chooses at each step which lane goes on.
template <class Choose>
Episodes replayed(const Detector& detector, const History& urgent, const History& bulk,
                  double restart, std::uint64_t seed, Choose urgent_next) {
    Device device(detector);
    device.installed(20);
    Rng rng(seed);
    std::size_t u = 0, b = 0;
    while (u < urgent.size() || b < bulk.size()) {
        const bool take_urgent =
            b == bulk.size() || (u < urgent.size() && urgent_next(urgent[u], bulk[b], rng));
        const Told& told = take_urgent ? urgent[u++] : bulk[b++];
        if (told.new_part) device.replaced(told.hours);
        if (!take_urgent) device.firmware(told.hours < 350 ? "1" : "2");
        device.tell(told.hours, told.record);
        if (rng.chance(restart)) device.reload();
    }
    Episodes episodes;
    for (const Detection& detection : device.detections) {
        const bool fresh = episodes.insert({detection.rule_index, unix_ms(detection.at)}).second;
        if (!fresh) FAIL("one episode fired twice");
    }
    return episodes;
}

/// Two new motors at moments drawn from the history; the hour of the later one.
double add_new_parts(History& urgent, Rng& rng) {
    double last = 0;
    for (int i = 0; i < 2; ++i) {
        const double hour = rng.uniform(100, 500);
        last = std::max(last, hour);
        const auto at = std::find_if(urgent.begin(), urgent.end(),
                                     [&](const Told& t) { return t.hours > hour; });
        Record record{.body = Lifecycle{.kind = LifecycleKind::part_replaced}};
        urgent.insert(at, {hour, record, true});
    }
    return last;
}

Episodes since(const Episodes& episodes, double hours) {
    Episodes late;
    for (const auto& [rule, ms] : episodes) {
        if (hours_of(wall_from_unix_ms(ms)) >= hours) late.insert({rule, ms});
    }
    return late;
}

std::string difference(const Episodes& timely, const Episodes& other) {
    std::string text;
    const auto list = [&](const Episodes& from, const Episodes& without, const char* what) {
        for (const auto& [rule, ms] : from) {
            if (without.contains({rule, ms})) continue;
            text += std::string(what) + " r" + std::to_string(rule) + " at " +
                    std::to_string(hours_of(wall_from_unix_ms(ms))) + "; ";
        }
    };
    list(timely, other, "missing");
    list(other, timely, "surplus");
    return text;
}

}  // namespace

TEST_GROUP(Interleaving){};

// promise: arrival-order
TEST(Interleaving, gives_the_same_episodes_however_lanes_arrive) {
    const auto detector = detector_of(kConditions);
    std::vector<std::size_t> seen(kConditions.size());
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Rng rng(seed);
        const History urgent = some_faults(rng);
        const History bulk = some_readings(rng);
        const auto in_order = [](const Told& u, const Told& b, Rng&) { return u.hours <= b.hours; };
        const Episodes timely = replayed(*detector, urgent, bulk, 0, seed, in_order);
        for (const auto& [rule, when] : timely) ++seen[rule];

        const auto same = [&](const Episodes& other, const std::string& how) {
            if (other == timely) return;
            FAIL(("seed " + std::to_string(seed) + ", " + how + ": " + difference(timely, other))
                     .c_str());
        };
        same(replayed(*detector, urgent, bulk, 0.2, seed, in_order), "restarting in between");
        same(replayed(*detector, urgent, bulk, 0, seed, [](auto&, auto&, Rng&) { return true; }),
             "faults first");
        same(replayed(*detector, urgent, bulk, 0, seed, [](auto&, auto&, Rng&) { return false; }),
             "readings first");
        for (const double lag : {-200.0, -30.0, 5.0, 100.0}) {
            const auto apart = [&](const Told& u, const Told& b, Rng& r) {
                return u.hours + lag * r.uniform(0.5, 1) <= b.hours;
            };
            same(replayed(*detector, urgent, bulk, 0.05, seed + 1000, apart),
                 "a lag between the lanes");
        }
        same(replayed(*detector, urgent, bulk, 0.05, seed + 2000,
                      [](auto&, auto&, Rng& r) { return r.chance(0.05); }),
             "a random mixture");
    }
    // Every rule had something to say, else the comparison shows nothing.
    for (std::size_t i = 0; i < seen.size(); ++i) {
        CHECK_TEXT(seen[i] >= 10,
                   ("rule " + std::to_string(i) + " fired " + std::to_string(seen[i])).c_str());
    }
}

// promise: new-part-order
TEST(Interleaving, a_new_part_starts_afresh_however_late_the_readings_come) {
    const auto detector = detector_of(kConditions);
    std::size_t compared = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Rng rng(seed);
        History urgent = some_faults(rng);
        const History bulk = some_readings(rng);
        const double last = add_new_parts(urgent, rng);
        const auto in_order = [](const Told& u, const Told& b, Rng&) { return u.hours <= b.hours; };
        const Episodes timely = since(replayed(*detector, urgent, bulk, 0, seed, in_order), last);
        compared += timely.size();
        // What the old part did is told or not, depending on what was known when; the new part's
        // story is the same for ever.
        const auto same = [&](const Episodes& other, const std::string& how) {
            const Episodes late = since(other, last);
            if (late == timely) return;
            FAIL(("seed " + std::to_string(seed) + ", " + how + ": " + difference(timely, late))
                     .c_str());
        };
        same(replayed(*detector, urgent, bulk, 0.2, seed, in_order), "restarting in between");
        same(replayed(*detector, urgent, bulk, 0, seed, [](auto&, auto&, Rng&) { return true; }),
             "faults first");
        for (const double lag : {-200.0, -30.0, -5.0}) {
            const auto behind = [&](const Told& u, const Told& b, Rng& r) {
                return u.hours + lag * r.uniform(0.5, 1) <= b.hours;
            };
            same(replayed(*detector, urgent, bulk, 0.05, seed + 1000, behind), "readings lag");
        }
    }
    CHECK(compared > 500);
}

// Told of a new part after the fact, what rests on the old part's readings goes, and what the new
// part's own samples say stays.
TEST(Interleaving, a_new_part_that_is_told_late_keeps_its_own_samples) {
    const auto detector = detector_of({
        R"({ threshold = "volt", limit = 8, clear = 5, duration = "3h" })",
        R"({ fault_count = ["E1"], hold = "40h" })",
        R"({ drift = "rpm", limit = 1, clear = 0.5, window = "24h", baseline = "5d" })",
    });
    Device device(*detector);
    for (int hour = 0; hour < 200; ++hour) {
        Reading body;
        body.metrics.add(summary(kRpm, hour < 180 ? 450 + hour % 2 : 480));
        body.metrics.add(summary(kVolt, hour < 190 ? 0 : 10));
        device.tell(hour, {.body = body});
        if (hour % 20 == 0) device.tell(hour, fault(1));
    }
    CHECK(device.stands(199.5, 0));
    CHECK(device.stands(199.5, 1));
    CHECK(device.stands(199.5, 2));
    device.replaced(195);
    CHECK(device.stands(199.5, 0));   // beyond since 195, three hours by 198
    CHECK(!device.stands(197.5, 0));  // the old part's hours do not count
    CHECK(!device.stands(199.5, 1));  // its last code was at 180
    CHECK(!device.stands(199.5, 2));  // its window holds the old part's readings
    device.detections.clear();
    for (int hour = 200; hour < 400; ++hour) device.tell(hour, reading(kRpm, 480 + hour % 2));
    LONGS_EQUAL(0, device.fired(2).size());
}

TEST(Interleaving, intervals_without_room_are_melted_and_counted) {
    const auto detector = detector_of(
        {R"({ all = [ { fault_count = ["E1"], hold = "1h" }, { threshold = "volt", limit = 8 } ] })"});
    Device device(*detector);
    for (int day = 0; day < 40; ++day) device.tell(24.0 * day, fault(1));
    LONGS_EQUAL(40 - kIntervalsMax, device.melted());
    LONGS_EQUAL(0, device.melted());
    for (int day = 0; day < 41; ++day)
        device.tell(24.0 * day - 1, reading(kVolt, day < 39 ? 0 : 10));
    // The newest code meets the reading before it, as it would have in good time.
    LONGS_EQUAL(1, device.fired().size());
    DOUBLES_EQUAL(24.0 * 39, device.fired()[0], 0);
}
