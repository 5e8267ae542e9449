// The hand-written pack on Microsoft's sample: 10 machines, 90 days, 17 failures.
#include <cstdio>
#include <optional>

#include "collector/io/toml/rules_toml.hpp"
#include "tests/unit/collector_detect/trace_run.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

const std::string kTraces = AFTERCARE_SOURCE_DIR "/../shared/data/azure_pdm/";

RulePack shipped_pack() {
    auto pack = load_rule_pack(AFTERCARE_SOURCE_DIR "/deploy/rules/azure_pdm.toml");
    if (!pack) FAIL(pack.error().message.c_str());
    return *pack;
}

/// The same rules without their drifts: what fault codes alone would do.
RulePack codes_only(RulePack pack) {
    for (Rule& rule : pack.rules) {
        std::erase_if(rule.when.children,
                      [](const Predicate& node) { return node.kind == PredicateKind::drift; });
    }
    return pack;
}

void print(const char* what, const TraceScore& score) {
    std::printf(
        "\n%s: tickets=%zu failures=%zu precision=%.3f recall=%.3f f1=%.3f median_lead_h=%.1f\n",
        what, score.tickets, score.failures, score.precision(), score.recall(), score.f1(),
        score.median_lead_h);
}

std::optional<TraceScore> score(const char* folder, RulePack pack) {
    const auto result = run_trace(kTraces + folder, std::move(pack), hours_ms(48));
    if (!result && result.error().code == Errc::not_found) {
        std::printf("SKIP: no trace in %s%s\n", kTraces.c_str(), folder);
        return std::nullopt;
    }
    if (!result) FAIL(result.error().message.c_str());
    print(folder, *result);
    return *result;
}

}  // namespace

TEST_GROUP(AzureTrace){};

TEST(AzureTrace, codes_with_the_drift_of_their_metric_find_failures_a_day_ahead) {
    const auto found = score("m01-10_90d", shipped_pack());
    if (!found) return;
    CHECK(found->f1() >= 0.95);
    CHECK(found->median_lead_h >= 20);
}

TEST(AzureTrace, codes_alone_alarm_far_too_often) {
    const auto found = score("m01-10_90d", codes_only(shipped_pack()));
    if (!found) return;
    CHECK(found->recall() >= 0.90);
    CHECK(found->precision() <= 0.50);
}

TEST(AzureTrace, codes_go_with_their_components_on_forty_other_machines) {
    const auto found = score("errors_m21-60_8m", codes_only(shipped_pack()));
    if (!found) return;
    CHECK(found->recall() >= 0.95);
    CHECK(found->precision() <= 0.50);
}
