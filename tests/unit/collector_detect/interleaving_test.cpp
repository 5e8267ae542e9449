// The same records give the same detections, however the two lanes interleave and wherever the
// collector restarts between records.
#include <set>

#include "collector/core/detect/detector.hpp"
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
    for (int hour = 0; hour < 700; ++hour) {
        if (rng.chance(0.01)) shift = rng.uniform(-20, 20);
        if (rng.chance(0.03)) volt = rng.uniform(-10, 10);
        if (rng.chance(0.05)) continue;
        Reading body;
        body.metrics.add(summary(kRpm, rng.normal(450 + shift, 10)));
        if (hour % 3 == 0) body.metrics.add(summary(kVolt, volt));
        lane.push_back({hour + rng.uniform(0, 0.5), {.body = body}});
    }
    return lane;
}

/// Chooses at each step which lane goes on.
template <class Choose>
Episodes replayed(const Detector& detector, const History& urgent, const History& bulk,
                  double restart, std::uint64_t seed, Choose urgent_next) {
    Device device(detector);
    Rng rng(seed);
    std::size_t u = 0, b = 0;
    while (u < urgent.size() || b < bulk.size()) {
        const bool take_urgent =
            b == bulk.size() || (u < urgent.size() && urgent_next(urgent[u], bulk[b], rng));
        const Told& told = take_urgent ? urgent[u++] : bulk[b++];
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
