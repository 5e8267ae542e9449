// /metrics against the text format's rules, and the shipped dashboard and alerts against /metrics:
// a renamed metric would leave them silently empty.
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "collector/io/http/figures.hpp"
#include "tests/support/exposition.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using aftercare::test::Family;
using aftercare::test::parse_exposition;

namespace {

std::string read(const std::string& path) {
    std::ifstream file(AFTERCARE_SOURCE_DIR "/" + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

LiveFigures busy_figures() {
    LiveFigures figures;
    figures.engine.totals.records = 1'234;
    figures.commit_seconds.observe(.003);
    figures.commit_seconds.observe(99);
    figures.batch_records.observe(50);
    figures.event_lag_seconds.observe(7);
    figures.conditions = assess(figures);
    return figures;
}

}  // namespace

TEST_GROUP(Exposition) {
    std::map<std::string, Family> families;

    void setup() override {
        auto parsed = parse_exposition(metrics_text(busy_figures()));
        CHECK_TEXT(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
        families = std::move(*parsed);
    }
    const Family& family(const std::string& name) {
        const std::string full = "aftercare_collector_" + name;
        CHECK_TEXT(families.contains(full), full.c_str());
        return families.at(full);
    }
    static std::string fault(const std::string& text) {
        const auto parsed = parse_exposition(text);
        return parsed ? "" : parsed.error().message;
    }
};

TEST(Exposition, keeps_the_rules_of_the_text_format) {
    for (const auto& [name, one] : families) CHECK_TEXT(one.help.size() > 3, name.c_str());
    for (const char* name :
         {"reports_total", "records_total", "duplicate_records_total", "gaps_total",
          "gap_records_total", "acks_total", "queue_waits_total", "commit_failures_total"}) {
        STRCMP_EQUAL("counter", family(name).type.c_str());
    }
    for (const char* name : {"queue_reports", "queue_bytes", "reorder_reports", "devices",
                             "database_bytes", "database_log_bytes", "disk_free_bytes", "ready"}) {
        STRCMP_EQUAL("gauge", family(name).type.c_str());
    }
    for (const char* name :
         {"batch_records", "batch_reports", "commit_duration_seconds", "event_lag_seconds"}) {
        STRCMP_EQUAL("histogram", family(name).type.c_str());
    }
}

TEST(Exposition, keeps_the_number_of_series_small_and_independent_of_the_fleet) {
    std::size_t series = 0;
    std::set<std::string> labels;
    for (const auto& [name, one] : families) {
        series += one.samples.size();
        for (const auto& sample : one.samples) {
            for (const auto& [label, value] : sample.labels) labels.insert(label);
        }
    }
    CHECK(series < 250);
    const std::set<std::string> allowed{"by", "condition", "fate", "le",     "queue",  "reason",
                                        "state",     "target", "version"};
    CHECK(labels == allowed);
}

TEST(Exposition, counts_by_reason_and_state_with_zeros_too) {
    LONGS_EQUAL(kRefusalReasonCount, family("quarantined_total").samples.size());
    LONGS_EQUAL(kOpenStateCount, family("open_tickets").samples.size());
    LONGS_EQUAL(kTicketStateCount, family("ticket_changes_total").samples.size());
}

TEST(Exposition, puts_observations_into_cumulative_buckets) {
    std::map<std::string, double> buckets;
    for (const auto& sample : family("commit_duration_seconds").samples) {
        if (sample.labels.contains("le")) buckets[sample.labels.at("le")] = sample.value;
    }
    DOUBLES_EQUAL(0, buckets["0.0025"], 0);
    DOUBLES_EQUAL(1, buckets["0.005"], 0);
    DOUBLES_EQUAL(1, buckets["10"], 0);
    DOUBLES_EQUAL(2, buckets["+Inf"], 0);
}

TEST(Exposition, is_read_strictly) {
    const std::string head = "# HELP process_x_total X.\n# TYPE process_x_total counter\n";
    STRCMP_EQUAL("", fault(head + "process_x_total{a=\"b\\\"\"} 1\n").c_str());
    STRCMP_CONTAINS("no end", fault(head + "process_x_total 1").c_str());
    STRCMP_CONTAINS("no TYPE", fault("process_x_total 1\n").c_str());
    STRCMP_CONTAINS("second HELP", fault(head + "process_x_total 1\n" + head).c_str());
    STRCMP_CONTAINS("series twice", fault(head + "process_x_total 1\nprocess_x_total 1\n").c_str());
    STRCMP_CONTAINS("labels", fault(head + "process_x_total{a=b} 1\n").c_str());
    STRCMP_CONTAINS("labels", fault(head + "process_x_total{a=\"\\t\"} 1\n").c_str());
    STRCMP_CONTAINS("value", fault(head + "process_x_total one\n").c_str());
    STRCMP_CONTAINS("below 0", fault(head + "process_x_total -1\n").c_str());
    STRCMP_CONTAINS("no sample", fault(head).c_str());
    STRCMP_CONTAINS("end with _total",
                    fault("# HELP process_x X.\n# TYPE process_x counter\nprocess_x 1\n").c_str());
    STRCMP_CONTAINS("base unit", fault("# HELP process_x_ms X.\n").c_str());
    const std::string histogram = "# HELP process_h H.\n# TYPE process_h histogram\n";
    STRCMP_CONTAINS(
        "+Inf",
        fault(histogram + "process_h_sum 1\nprocess_h_count 2\nprocess_h_bucket{le=\"+Inf\"} 1\n")
            .c_str());
    STRCMP_CONTAINS("cumulative", fault(histogram + "process_h_bucket{le=\"1\"} 2\n" +
                                        "process_h_bucket{le=\"+Inf\"} 1\n")
                                      .c_str());
}

TEST_GROUP(Monitoring) {
    std::map<std::string, std::string> types;  ///< of every series name

    void setup() override {
        const auto families = parse_exposition(metrics_text(busy_figures()));
        CHECK(families.has_value());
        for (const auto& [name, family] : *families) {
            for (const auto& sample : family.samples) {
                types[sample.name] = family.type == "histogram" ? "counter" : family.type;
            }
        }
    }
    /// Every metric exists, and what is turned into a rate is a counter.
    std::size_t check(const std::string& where, const std::string& expression) {
        static const std::regex name_form("(aftercare_collector|process)_[a-z_]+");
        static const std::regex rated_form(R"((rate|increase)\(([a-z_]+))");
        std::size_t names = 0;
        for (std::sregex_iterator at(expression.begin(), expression.end(), name_form), end;
             at != end; ++at, ++names) {
            CHECK_TEXT(types.contains(at->str()), (where + ": no metric " + at->str()).c_str());
        }
        for (std::sregex_iterator at(expression.begin(), expression.end(), rated_form), end;
             at != end; ++at) {
            STRCMP_EQUAL_TEXT("counter", types[(*at)[2]].c_str(), expression.c_str());
        }
        return names;
    }
};

TEST(Monitoring, dashboard_shows_only_metrics_that_exist) {
    const auto dashboard = nlohmann::json::parse(read("deploy/grafana/aftercare-collector.json"));
    std::size_t names = 0;
    std::set<int> ids;
    for (const auto& panel : dashboard["panels"]) {
        CHECK(ids.insert(panel["id"].get<int>()).second);
        for (const auto& target : panel["targets"]) {
            names += check(panel["title"], target["expr"]);
        }
    }
    CHECK(names > 40);
}

TEST(Monitoring, dashboard_leaves_no_metric_out) {
    const std::string dashboard =
        read("deploy/grafana/aftercare-collector.json") + read("deploy/prometheus/alerts.yml");
    const auto families = parse_exposition(metrics_text(busy_figures()));
    for (const auto& [name, family] : *families) {
        CHECK_TEXT(dashboard.find(name) != std::string::npos, name.c_str());
    }
}

TEST(Monitoring, alerts_watch_only_metrics_that_exist) {
    std::istringstream lines(read("deploy/prometheus/alerts.yml"));
    std::size_t rules = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t at = line.find("expr: ");
        if (at == std::string::npos) continue;
        ++rules;
        const std::string expression = line.substr(at + 6);
        CHECK_TEXT(check("alerts.yml", expression) > 0 || expression.rfind("up{", 0) == 0,
                   line.c_str());
        LONGS_EQUAL_TEXT(std::count(line.begin(), line.end(), '('),
                         std::count(line.begin(), line.end(), ')'), line.c_str());
    }
    CHECK(rules >= 10);
}

TEST_GROUP(Readiness) {
    ReadinessLog log;
    LiveFigures good() {
        LiveFigures figures;
        figures.warm = true;
        figures.broker_connected = true;
        return figures;
    }
    static WallTime at(int second) {
        return wall_from_unix_ms(1'000LL * second);
    }
    /// Names of the conditions that fail.
    static std::string red(const LiveFigures& figures) {
        std::string names;
        for (const Condition& one : assess(figures)) {
            CHECK_EQUAL_TEXT(one.met, one.why.empty(), std::string(one.name).c_str());
            if (!one.met) names += std::string(one.name) + " ";
        }
        return names;
    }
};

TEST(Readiness, needs_every_condition_and_names_the_one_that_fails) {
    STRCMP_EQUAL("", red(good()).c_str());
    STRCMP_EQUAL("warm_start broker ", red({}).c_str());
    const auto broken = [&](auto change) {
        LiveFigures figures = good();
        change(figures);
        return red(figures);
    };
    STRCMP_EQUAL("broker ", broken([](auto& f) { f.broker_connected = false; }).c_str());
    STRCMP_EQUAL("disk ", broken([](auto& f) { f.disk.trouble = "read-only"; }).c_str());
    STRCMP_EQUAL("store ", broken([](auto& f) { f.store_error = "disk full"; }).c_str());
    STRCMP_EQUAL("store ", broken([](auto& f) { f.turn_seconds = 5.1; }).c_str());
    STRCMP_EQUAL("", broken([](auto& f) { f.progress_seconds = 60; }).c_str());
    STRCMP_EQUAL("queue ", broken([](auto& f) {
                               f.progress_seconds = 60;
                               f.queue_reports = 1;
                           }).c_str());
    STRCMP_EQUAL("running ", broken([](auto& f) { f.stopping = true; }).c_str());
}

TEST(Readiness, dates_each_change_and_keeps_the_date) {
    LiveFigures figures = good();
    const auto track = [&](int second) { return log.track(assess(figures), at(second)); };
    track(10);
    CHECK(ready_since(track(20)) == at(10));
    figures.broker_connected = false;
    track(30);
    figures.disk.trouble = "read-only";
    track(40);
    CHECK(ready_since(track(50)) == at(30));
    figures.broker_connected = true;
    CHECK(ready_since(track(60)) == at(40));
    figures.disk.trouble.clear();
    CHECK(ready_since(track(70)) == at(70));
    CHECK(all_met(track(80)));
    CHECK_FALSE(all_met({}));
}
