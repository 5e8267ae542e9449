// Time lines of one metric: the same from young reports and from chunks, folded when long.
#include "tests/unit/collector_sqlite/telemetry.hpp"
#include "tests/unit/collector_sqlite/telemetry_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

WallTime at_s(std::int64_t second) {
    return wall_from_unix_ms(second * 1000);
}
MetricSummary reading(std::uint32_t n, float mean, float min, float max) {
    return {.metric_id = 1, .n = n, .mean = mean, .min = min, .max = max};
}

}  // namespace

TEST_GROUP(SeriesFold){};

TEST(SeriesFold, gives_readings_as_they_are_while_they_are_few) {
    SeriesFold fold(3);
    fold.add(at_s(70), reading(2, 5, 4, 6));
    fold.add(at_s(10), reading(1, 3, 3, 3));
    const Series series = fold.series();
    LONGS_EQUAL(0, series.bucket.count());
    CHECK((series.points ==
           std::vector<SeriesPoint>{{at_s(10), 1, 3, 3, 3}, {at_s(70), 2, 5, 4, 6}}));
}

TEST(SeriesFold, weighs_means_by_samples_in_the_narrowest_bucket_that_is_enough) {
    SeriesFold fold(2);
    fold.add(at_s(0), reading(1, 10, 10, 10));
    fold.add(at_s(59), reading(3, 2, 1, 4));
    fold.add(at_s(61), reading(0, 7, 7, 7));  // n of 0 counts as one sample
    // Buckets of 10 s would be three, of a minute two: (10 + 3 × 2) / 4 = 4.
    const Series series = fold.series();
    LONGS_EQUAL(60'000, series.bucket.count());
    CHECK((series.points ==
           std::vector<SeriesPoint>{{at_s(0), 4, 4, 1, 10}, {at_s(60), 1, 7, 7, 7}}));
}

TEST(SeriesFold, never_gives_more_than_asked_for_even_before_1970) {
    SeriesFold fold(1);
    fold.add(at_s(-5), reading(1, 1, 1, 1));
    fold.add(at_s(-1), reading(1, 3, 3, 3));
    CHECK((fold.series().points == std::vector<SeriesPoint>{{at_s(-10), 2, 2, 1, 3}}));
    // No bucket that begins at a round time holds these two: the last one holds all there is.
    fold.add(at_s(4'000), reading(2, 4, 4, 4));
    CHECK((fold.series().points == std::vector<SeriesPoint>{{at_s(0), 4, 3, 1, 4}}));
}

TEST_GROUP(TimeLine) {
    ScratchDatabase database{"series"};
};

TEST(TimeLine, is_the_same_from_young_reports_and_from_chunks) {
    TelemetryFleet fleet(3);
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    for (int i = 0; i < 30; ++i) CHECK(store->apply(fleet.next()).has_value());
    std::vector<Series> young;
    std::size_t points = 0;
    for (std::uint32_t metric = 0; metric < 8; ++metric) {
        young.push_back(database.queries()->telemetry({2, metric}).value());
        points += young.back().points.size();
    }
    CHECK(points > 10);
    settle(*store, fleet.now());
    STRCMP_EQUAL("0", database.sql("SELECT count(*) FROM raw_report").c_str());
    for (std::uint32_t metric = 0; metric < 8; ++metric) {
        CHECK(young[metric].points == database.queries()->telemetry({2, metric})->points);
    }
}

TEST(TimeLine, holds_the_readings_of_one_device_and_metric_between_two_moments) {
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    Commit commit;
    commit.devices = {device(1), device(2)};
    add_wire_report(commit, 1, Lane::bulk, {1, 2, 3, 4});
    add_wire_report(commit, 2, Lane::bulk, {1});
    CHECK(store->apply(commit).has_value());
    // Records are a second apart, the first at the report's t0; each mean, min and max is 20.
    for (const bool merged : {false, true}) {
        if (merged) settle(*store, hour(100));
        const auto queries = database.queries();
        const Series all = queries->telemetry({1, 1}).value();
        LONGS_EQUAL(4, all.points.size());
        const WallTime first = all.points[0].at;
        const milliseconds second{1000};
        CHECK((all.points[3] == SeriesPoint{first + 3 * second, 1, 20, 20, 20}));
        const Series middle =
            queries->telemetry({1, 1, first + second, first + 3 * second}).value();
        LONGS_EQUAL(2, middle.points.size());
        CHECK(middle.points[0].at == first + second);
        LONGS_EQUAL(0, queries->telemetry({1, 2})->points.size());
        LONGS_EQUAL(0, queries->telemetry({3, 1})->points.size());
        const Series folded =
            queries->telemetry({.device_no = 1, .metric_id = 1, .points_max = 1}).value();
        LONGS_EQUAL(1, folded.points.size());
        LONGS_EQUAL(4, folded.points[0].sample_count);
    }
    CHECK(database.queries()
              ->telemetry({.device_no = 1, .metric_id = 1, .points_max = 0})
              .error()
              .code == Errc::invalid);
}
