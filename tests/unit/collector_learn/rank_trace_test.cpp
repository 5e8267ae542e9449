#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "collector/core/learn/rank/judge.hpp"
#include "collector/io/trace/trace.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(RankTrace){static void print(const Ranking& ranking){
    for (const auto& [budget, found]
         : {std::pair("of device-days", ranking.daily),
            std::pair("new tickets a day", ranking.tickets)}){
        const auto interval = ratio_interval(found.found, found.failing);
std::printf("%s, 1 %% %s: %llu of %llu found (%.0f … %.0f %%)\n", ranking.name.c_str(), budget,
            static_cast<unsigned long long>(found.found),
            static_cast<unsigned long long>(found.failing), interval->low * 100,
            interval->high * 100);
}
}
static double share(const Found& found) {
    return static_cast<double>(found.found) / static_cast<double>(found.failing);
}
}
;

TEST(RankTrace, finds_real_drives_ahead_better_than_the_simple_ranking) {
    const std::string folder =
        AFTERCARE_SOURCE_DIR "/../shared/data/backblaze_2013/2013-04-10_05-04";
    if (!std::filesystem::exists(folder)) {
        std::printf("SKIP: %s is not there\n", folder.c_str());
        return;
    }
    auto trace = read_trace(folder);
    CHECK(trace.has_value());
    const std::vector<History> histories = {std::move(trace->history)};
    const DayTable table = tabulate(assemble(histories));
    const JudgeOptions options;
    const auto judgement = judge_ranking(table, options, [](auto, auto) {});
    CHECK(judgement.has_value());
    std::vector<double> simple(table.rows.size());
    const auto metric = [&](const char* name) {
        return static_cast<std::size_t>(
            std::find(table.metrics.begin(), table.metrics.end(), name) - table.metrics.begin());
    };
    for (std::size_t row = 0; row < simple.size(); ++row) {
        simple[row] = table.value(row, metric("reallocated_sectors")) +
                      10 * table.value(row, metric("pending_sectors"));
    }
    const Ranking by_hand =
        judge_scores(table, options, "reallocated + 10 × pending sectors", simple);
    print(judgement->hazard);
    print(judgement->single);
    print(by_hand);
    const double ratio = judgement->expected / judgement->seen;
    std::printf("expected ÷ seen %.2f\n", ratio);
    CHECK(share(judgement->hazard.daily) >= 0.52);
    CHECK(share(judgement->hazard.tickets) >= 0.67);
    CHECK(share(judgement->hazard.daily) > share(by_hand.daily));
    CHECK(share(judgement->hazard.tickets) >= share(by_hand.tickets));
    CHECK(ratio <= 1.25 && ratio >= 1 / 1.25);
}
