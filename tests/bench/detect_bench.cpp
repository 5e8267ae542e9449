// What detection costs by itself: for each kind of predicate the time per record that it listens
// to, and the bytes of one rule's state, stored (as in memory while a device rests) and awake.
//   detect_bench [RECORDS]     200,000 by default, over 50 devices, hourly readings and rare faults
// One table on stdout.
#include <malloc.h>
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "common/rng.hpp"
#include "tests/support/must.hpp"

namespace {

using aftercare::test::must;

using namespace aftercare;
using namespace aftercare::collector;

constexpr std::size_t kDevices = 50;
constexpr std::int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

struct Kind {
    std::string_view name;
    std::string_view when;
};
constexpr std::array kKinds{
    Kind{"fault_count", R"({ fault_count = ["E1", "E2"], count = 3, window = "7d" })"},
    Kind{"fault_sequence", R"({ fault_sequence = ["E1"], then = ["E2"], window = "48h" })"},
    Kind{"threshold", R"({ threshold = "volt", limit = 472, clear = 460, duration = "2h" })"},
    Kind{"drift", R"({ drift = "volt", limit = 1.5, window = "24h", baseline = "30d" })"},
    Kind{"cusum", R"({ cusum = "volt", slack = 0.5, limit = 8 })"},
    Kind{"cohort",
         R"({ cohort = "volt", percentile = 99, window = "24h", reference = [ { model = "M", )"
         R"(quantiles = [440, 443, 447, 450, 453, 457, 460] } ] })"},
    Kind{"life by age", R"({ life = "age", shape = 2, scale = "900d", probability = 0.1 })"},
    Kind{"life by use",
         R"({ life = "cycles", shape = 2, scale = 90000, ahead = 50, probability = 0.1 })"},
    Kind{"silence", R"({ silence = "3d" })"},
    Kind{"all of code and drift",
         R"({ all = [ { fault_count = ["E1"], hold = "48h" }, )"
         R"({ drift = "volt", limit = 1.5, window = "24h", baseline = "30d" } ] })"},
    Kind{"all with not", R"({ all = [ { fault_count = ["E1"], hold = "48h" }, { not = )"
                         R"({ threshold = "volt", limit = 472 } } ] })"},
};

Catalogue catalogue() {
    Catalogue made = catalogue_for_trace({"M"}, {"volt"}, {"E1", "E2"}, {"motor"});
    made.models[0].counters = {{.id = 7, .name = "cycles"}};
    return made;
}

std::string pack_text(std::string_view when) {
    return "[pack]\nid = \"b\"\nversion = 1\n[[rule]]\nid = \"r\"\ncomponent = \"motor\"\n"
           "failure_mode = \"motor\"\nhorizon = \"7d\"\nwhen = " +
           std::string(when) + "\n";
}

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

struct Told {
    Record record;
    std::int64_t after_ms = 0;
};

/// Of every eight records six readings, a usage and a fault.
std::vector<Told> history(std::size_t records) {
    Rng rng(1);
    std::vector<Told> told;
    for (std::size_t i = 0; i < records; ++i) {
        Told one{.record = {}, .after_ms = static_cast<std::int64_t>(i) * 3'600'000};
        if (i % 8 == 3) {
            Usage usage;
            usage.counters.add({.counter_id = 7, .value = i});
            one.record.body = usage;
        } else if (i % 8 == 5 && rng.chance(0.2)) {
            one.record.body = Fault{.code = 1 + static_cast<std::uint32_t>(rng.below(2)),
                                    .state = FaultState::occurred};
        } else {
            Reading reading;
            const auto x = static_cast<float>(rng.normal(450, 10));
            reading.metrics.add({.metric_id = 1, .n = 1, .mean = x, .min = x, .max = x, .last = x});
            one.record.body = reading;
        }
        told.push_back(one);
    }
    return told;
}

/// The pack's rule over all devices. `nothing` is what observing costs without a rule.
void measure(const Kind& kind, const std::vector<Told>& told) {
    const Catalogue names = catalogue();
    const auto detector =
        must(Detector::create(must(parse_rule_pack(pack_text(kind.when), "bench.toml")), names));
    const std::size_t heap_before = mallinfo2().uordblks;
    std::vector<DetectState> states;
    for (std::size_t d = 0; d < kDevices; ++d) {
        states.push_back(detector->begin("M"));
        detector->describe(states.back(),
                           {.firmware = "1", .installed_at = wall_from_unix_ms(kStartMs)});
    }
    std::vector<Detection> detections;
    std::size_t detected = 0;
    const double begin = cpu_s();
    for (const Told& one : told) {
        for (DetectState& state : states) {
            detector->observe(state, one.record, wall_from_unix_ms(kStartMs + one.after_ms),
                              detections);
        }
        detected += detections.size();
        detections.clear();
    }
    const double spent = cpu_s() - begin;
    const std::size_t heap = mallinfo2().uordblks - heap_before;
    std::size_t bytes_max = 0;
    for (const DetectState& state : states) {
        std::string bytes;
        detector->encode(state, bytes);
        bytes_max = std::max(bytes_max, bytes.size());
    }
    std::printf("%-24s %8.3f us/record %6zu B stored %6zu B awake %8zu detections\n",
                std::string(kind.name).c_str(),
                1e6 * spent / static_cast<double>(told.size() * kDevices), bytes_max,
                heap / kDevices, detected);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t records =
        argc > 1 ? static_cast<std::size_t>(std::strtoull(argv[1], nullptr, 10)) : 200'000;
    const std::vector<Told> told = history(records / kDevices);
    for (const Kind& kind : kKinds) measure(kind, told);
    return 0;
}
