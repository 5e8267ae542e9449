// The shipped pack on Microsoft's sample: 10 machines, 90 days, 17 failures.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "collector/core/learn/backtest.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/trace/trace.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

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

/// As the trace's description says: right when the component fails 0 < t <= 48 h after the ticket.
std::optional<Score> score_of(const char* folder, RulePack pack) {
    const auto trace = read_trace(kTraces + folder);
    if (!trace) {
        std::printf("SKIP: %s\n", trace.error().message.c_str());
        return std::nullopt;
    }
    const Catalogue catalogue = catalogue_of(trace->history);
    const auto detector = Detector::create(std::move(pack), catalogue);
    if (!detector) FAIL(detector.error().message.c_str());
    const std::vector<History> histories{trace->history};
    ScoreOptions options{.horizon = hours_ms(48), .begin = WallTime::max(), .end = WallTime::min()};
    std::vector<Ticket> tickets;
    for (BacktestTicket& made : backtest(assemble(histories), catalogue, **detector)) {
        options.begin = std::min(options.begin, made.ticket.opened_at);
        tickets.push_back(std::move(made.ticket));
    }
    for (const TrueFailure& failure : trace->failures) {
        options.begin = std::min(options.begin, failure.at);
        options.end = std::max(options.end, failure.at);
    }
    const Score found = score(tickets, trace->failures, options);
    std::printf(
        "\n%s: tickets=%llu failures=%llu precision=%.3f recall=%.3f f1=%.3f "
        "median_lead_h=%.1f\n",
        folder, static_cast<unsigned long long>(found.tickets),
        static_cast<unsigned long long>(found.failures), *found.precision, *found.recall, *found.f1,
        *found.median_lead_h);
    return found;
}

}  // namespace

TEST_GROUP(AzureTrace){};

TEST(AzureTrace, codes_with_the_drift_of_their_metric_find_failures_a_day_ahead) {
    const auto found = score_of("m01-10_90d", shipped_pack());
    if (!found) return;
    CHECK(*found->f1 >= 0.95);
    CHECK(*found->median_lead_h >= 20);
}

TEST(AzureTrace, codes_alone_alarm_far_too_often) {
    const auto found = score_of("m01-10_90d", codes_only(shipped_pack()));
    if (!found) return;
    CHECK(*found->recall >= 0.90);
    CHECK(*found->precision <= 0.50);
}

TEST(AzureTrace, codes_go_with_their_components_on_forty_other_machines) {
    const auto found = score_of("errors_m21-60_8m", codes_only(shipped_pack()));
    if (!found) return;
    CHECK(*found->recall >= 0.95);
    CHECK(*found->precision <= 0.50);
}
