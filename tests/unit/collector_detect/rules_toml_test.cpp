#include "collector/io/toml/rules_toml.hpp"

#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/table_reader.hpp"
#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

RulePack good(std::string_view text) {
    const auto pack = parse_rule_pack(text, "pack.toml");
    if (!pack) FAIL(pack.error().message.c_str());
    return *pack;
}

std::string mistakes(std::string_view text) {
    const auto pack = parse_rule_pack(text, "pack.toml");
    CHECK_FALSE(pack.has_value());
    CHECK(pack.error().code == Errc::invalid);
    return pack.error().message;
}

void check_contains(const std::string& text, std::string_view part) {
    STRCMP_CONTAINS(std::string(part).c_str(), text.c_str());
}

constexpr std::string_view kHead = "[pack]\nid = \"p\"\nversion = 3\n";
constexpr std::string_view kRule =
    "[[rule]]\nid = \"r\"\ncomponent = \"pump\"\nfailure_mode = \"pump_blocked\"\nhorizon = "
    "\"48h\"\n";

std::string with_when(std::string_view when) {
    return std::string(kHead) + std::string(kRule) + "when = " + std::string(when) + "\n";
}

}  // namespace

TEST_GROUP(RulesToml){};

TEST(RulesToml, reads_a_rule_with_its_defaults) {
    const RulePack pack = good(with_when("{ fault_count = [\"E18\", \"E19\"] }"));
    STRCMP_EQUAL("p", pack.id.c_str());
    LONGS_EQUAL(3, pack.version);
    const Rule& rule = pack.rules.at(0);
    LONGS_EQUAL(1, rule.version);
    STRCMP_EQUAL("r", rule.title.c_str());
    CHECK(rule.severity == Severity::minor && rule.action == RuleAction::ticket);
    CHECK(rule.mode == RuleMode::live && rule.models.empty());
    DOUBLES_EQUAL(0.5, rule.probability, 0);
    CHECK(rule.when.kind == PredicateKind::fault_count);
    LONGS_EQUAL(2, rule.when.faults.size());
    LONGS_EQUAL(1, rule.when.count);
    CHECK(rule.when.hold == hours_ms(48));
}

constexpr std::string_view kEverything = R"(
[pack]
id = "p"
version = 1
[[rule]]
id = "r"
version = 2
models = ["A", "B"]
component = "seal"
failure_mode = "seal_worn"
title = "Door seal"
horizon = "14d"
severity = "critical"
action = "notice"
mode = "shadow"
probability = 0.75
[[rule.when.all]]
fault_count = ["E18"]
count = 3
window = "24h"
hold = "12h"
[[rule.when.all]]
[[rule.when.all.any]]
threshold = "seal_celsius"
statistic = "min"
limit = -18
clear = -20
duration = "2h"
hold = "1h"
[[rule.when.all.any]]
drift = "rpm"
side = "below"
limit = 1.5
clear = 1
window = "24h"
baseline = "30d"
samples_min = 20
deviation_min = 0.5
prior = { mean = 450, deviation = 50.5, readings = 48 }
)";

TEST(RulesToml, reads_every_member_of_every_predicate) {
    const Rule rule = good(kEverything).rules.at(0);
    CHECK(rule.severity == Severity::critical && rule.action == RuleAction::notice);
    CHECK(rule.mode == RuleMode::shadow && rule.models.size() == 2 && rule.version == 2);
    CHECK(rule.when.kind == PredicateKind::all);
    const Predicate& faults = rule.when.children.at(0);
    CHECK(faults.count == 3 && faults.window == hours_ms(24) && faults.hold == hours_ms(12));
    const Predicate& either = rule.when.children.at(1);
    CHECK(either.kind == PredicateKind::any);
    const Predicate& seal = either.children.at(0);
    CHECK(seal.kind == PredicateKind::threshold && seal.metric == "seal_celsius");
    CHECK(seal.statistic == Statistic::min && seal.side == Side::above);
    CHECK(seal.limit == -18 && seal.clear_limit == -20);
    CHECK(seal.duration == hours_ms(2) && seal.hold == hours_ms(1));
    const Predicate& rpm = either.children.at(1);
    CHECK(rpm.kind == PredicateKind::drift && rpm.side == Side::below);
    CHECK(rpm.limit == 1.5 && rpm.clear_limit == 1 && rpm.deviation_min == 0.5);
    CHECK(rpm.window == hours_ms(24) && rpm.baseline == hours_ms(720) && rpm.samples_min == 20);
    CHECK(rpm.prior_mean == 450 && rpm.prior_deviation == 50.5 && rpm.prior_readings == 48);
}

TEST(RulesToml, what_is_written_reads_back_to_the_same_text) {
    const RulePack pack = *parse_rule_pack(
        test::pack_text({
            R"({ fault_count = ["E1", "E2"], count = 3, window = "7d", hold = "36h" })",
            R"({ threshold = "volt", side = "below", statistic = "min", limit = 8, clear = 9.5, )"
            R"(duration = "2h", hold = "1h" })",
            R"({ any = [ { fault_count = ["E1"] }, { all = [ { fault_count = ["E2"] }, )"
            R"({ drift = "rpm", side = "above", limit = 1.5, clear = 1, window = "24h", )"
            R"(baseline = "30d", samples_min = 6, deviation_min = 0.5, hold = "3h", )"
            R"(counts_for = "36h", prior = { mean = 95.25, deviation = 12, readings = 48 } } ] } ] })",
            R"({ fault_sequence = ["E1", "E2"], then = ["E3"], window = "7d", hold = "36h" })",
            R"({ cusum = "rpm", side = "below", slack = 0.25, limit = 8, clear = 4, readings = 20, )"
            R"(deviation_min = 0.5, hold = "3h", prior = { mean = 9, deviation = 2, readings = 5 } })",
            R"({ cohort = "rpm", side = "below", percentile = 97.5, clear = 80, window = "24h", )"
            R"(samples_min = 6, hold = "1h", reference = [ { model = "M1", firmware = "2.0", )"
            R"(quantiles = [1, 2, 3, 4, 5, 6.5, 7] }, { model = "M1", quantiles = [1, 1, 1, 1, 2, 2, 2] } ] })",
            R"({ life = "age", shape = 2.5, scale = "812d", probability = 0.2 })",
            R"({ any = [ { silence = "3d" }, { all = [ { life = "cycles", shape = 1.5, scale = 4000, )"
            R"(ahead = 60, probability = 0.1 }, { not = { fault_count = ["E1"] } } ] } ] })",
        }),
        "pack.toml");
    const std::string text = rule_pack_to_toml(pack, {"Head\nof two lines", {"about r0"}});
    const auto again = parse_rule_pack(text, "again.toml");
    if (!again) FAIL(again.error().message.c_str());
    STRCMP_EQUAL(rule_pack_to_toml(pack).c_str(), rule_pack_to_toml(*again).c_str());
    CHECK(text.find("# Head\n# of two lines\n[pack]") == 0);
    CHECK(text.find("# about r0\n[[rule]]\nid = \"r0\"") != std::string::npos);
    const Predicate& drift = again->rules[2].when.children[1].children[1];
    CHECK(drift.counts_for == hours_ms(36));
    DOUBLES_EQUAL(95.25, drift.prior_mean, 0);
    LONGS_EQUAL(48, drift.prior_readings);
}

TEST(RulesToml, reads_the_defaults_of_cusum_and_cohort) {
    const Predicate cusum = good(with_when("{ cusum = \"rpm\" }")).rules.at(0).when;
    CHECK(cusum.side == Side::either && cusum.limit == 5 && cusum.clear_limit == 5);
    CHECK(cusum.slack == 0.5 && cusum.target_readings == 50 && cusum.prior_readings == 0);
    const Predicate cohort =
        good(with_when("{ cohort = \"rpm\", percentile = 95, window = \"24h\", reference = [ { "
                       "model = \"M\", quantiles = [1, 2, 3, 4, 5, 6, 7] } ] }"))
            .rules.at(0)
            .when;
    CHECK(cohort.side == Side::above && cohort.limit == 95 && cohort.clear_limit == 95);
    CHECK(cohort.references.at(0).quantiles[6] == 7 && cohort.references[0].firmware.empty());
}

TEST(RulesToml, a_life_by_age_looks_one_horizon_ahead) {
    const Predicate life =
        good(with_when("{ life = \"age\", shape = 2, scale = \"90d\", probability = 0.2 }"))
            .rules.at(0)
            .when;
    CHECK(life.metric.empty() && life.scale == 90 * 86'400'000.0);
    DOUBLES_EQUAL(48 * 3'600'000.0, life.ahead, 0);
}

TEST(RulesToml, refuses_what_a_kind_cannot_mean) {
    check_contains(mistakes(with_when("{ fault_sequence = [\"E1\"], window = \"1h\" }")),
                   "predicate lacks the key 'then'");
    check_contains(mistakes(with_when("{ cusum = \"a\", readings = 0 }")),
                   "predicate lacks the key 'prior'");
    check_contains(mistakes(with_when("{ cohort = \"a\", percentile = 40, window = \"1h\", "
                                      "reference = [ { model = \"M\", quantiles = [1, 2] } ] }")),
                   "expected an array of 7 numbers");
    check_contains(
        mistakes(with_when("{ cohort = \"a\", percentile = 40, window = \"1h\", reference = [ { "
                           "model = \"M\", quantiles = [1, 2, 3, 4, 3, 6, 7] } ] }")),
        "40 is out of bounds: allowed is 50 to 100");
    check_contains(
        mistakes(with_when("{ cohort = \"a\", percentile = 90, window = \"1h\", reference = [ { "
                           "model = \"M\", quantiles = [1, 2, 3, 4, 3, 6, 7] } ] }")),
        "must not fall");
    check_contains(
        mistakes(with_when("{ life = \"age\", shape = 1, scale = \"9d\", probability = 0.2 }")),
        "key 'shape': 1 is out of bounds: allowed is 1.001 to 100");
    check_contains(
        mistakes(with_when("{ life = \"cycles\", shape = 2, scale = 9, probability = 0.2 }")),
        "predicate lacks the key 'ahead'");
    check_contains(mistakes(with_when("{ silence = \"1h\" }")), "must be 2h or longer");
}

TEST(RulesToml, a_not_stands_only_beside_others_in_an_all) {
    const std::string child = "{ not = { fault_count = [\"E1\"] } }";
    constexpr std::string_view kWhy = "a 'not' stands beside other predicates in an 'all'";
    check_contains(mistakes(with_when(child)), kWhy);
    check_contains(mistakes(with_when("{ any = [ " + child + ", { silence = \"3d\" } ] }")), kWhy);
    check_contains(mistakes(with_when("{ all = [ " + child + ", " + child + " ] }")), kWhy);
    check_contains(mistakes(with_when("{ all = [ { fault_count = [\"E2\"] }, { not = { silence = "
                                      "\"3d\" } } ] }")),
                   "holds no 'not', 'life' or 'silence'");
}

TEST(RulesToml, a_drift_without_a_side_looks_both_ways) {
    const Rule rule =
        good(with_when("{ drift = \"rpm\", limit = 2, window = \"24h\", baseline = \"30d\" }"))
            .rules.at(0);
    CHECK(rule.when.side == Side::either && rule.when.prior_readings == 0);
    CHECK(rule.when.clear_limit == 2 && rule.when.samples_min == 12);
}

TEST(RulesToml, names_line_column_key_and_what_is_allowed) {
    const std::string text = mistakes(
        "[pack]\nid = \"p\"\nversion = 0\n"
        "[[rule]]\nid = \"a b\"\ncomponent = \"pump\"\nfailure_mode = \"f\"\nhorizon = \"2 days\"\n"
        "severity = \"awful\"\nwhen = { fault_count = [], count = 2 }\nwen = 1\n");
    check_contains(text,
                   "pack.toml:3:11: pack, key 'version': 0 is out of bounds: allowed is 1 to ");
    check_contains(text, "pack.toml:5:6: rule, key 'id': 'a b' is not an id");
    check_contains(text, "pack.toml:8:11: rule, key 'horizon': '2 days' is not a duration");
    check_contains(text, "'awful' is unknown: allowed are info, minor, major, critical");
    check_contains(text, "pack.toml:10:24: predicate, key 'fault_count': must not be empty");
    check_contains(text, "pack.toml:10:8: predicate lacks the key 'window'");
    check_contains(text, "pack.toml:11:7: rule: unknown key 'wen': allowed are ");
}

TEST(RulesToml, refuses_a_predicate_of_no_kind_or_of_two) {
    check_contains(mistakes(with_when("{ limit = 1 }")),
                   "starts with one of the keys fault_count, threshold, drift, all, any, "
                   "fault_sequence, cusum, cohort, life, silence, not");
    check_contains(mistakes(with_when("{ drift = \"a\", threshold = \"a\" }")), "only one kind");
}

TEST(RulesToml, refuses_hysteresis_on_the_wrong_side) {
    check_contains(mistakes(with_when("{ threshold = \"a\", limit = 5, clear = 6 }")),
                   "must not be greater than 'limit'");
    check_contains(
        mistakes(with_when("{ threshold = \"a\", side = \"below\", limit = 5, clear = 4 }")),
        "must not be lower than 'limit'");
}

TEST(RulesToml, refuses_the_same_rule_id_twice) {
    const std::string rule = std::string(kRule) + "when = { fault_count = [\"E1\"] }\n";
    check_contains(mistakes(std::string(kHead) + rule + rule), "another rule has the id 'r'");
}

TEST(RulesToml, refuses_trees_that_are_too_deep_or_too_wide) {
    std::string deep = "{ fault_count = [\"E1\"] }";
    for (int i = 0; i < 5; ++i) deep = "{ all = [ " + deep + ", { fault_count = [\"E1\"] } ] }";
    check_contains(mistakes(with_when(deep)), "nested deeper than 4 levels");
    std::string wide = "{ any = [ ";
    for (int i = 0; i < 17; ++i) wide += "{ fault_count = [\"E1\"] }, ";
    check_contains(mistakes(with_when(wide + "] }")), "more than 16 simple predicates");
    check_contains(mistakes(with_when("{ all = [ { fault_count = [\"E1\"] } ] }")),
                   "needs at least two predicates");
}

TEST(RulesToml, refuses_a_baseline_shorter_than_its_window) {
    check_contains(
        mistakes(with_when("{ drift = \"a\", limit = 1, window = \"24h\", baseline = \"2h\" }")),
        "must not be shorter than 'window'");
}

namespace {

// Every ```toml block of a page.
std::vector<std::string> blocks(const std::string& page) {
    const auto text = read_text_file(AFTERCARE_SOURCE_DIR "/docs/" + page);
    if (!text) FAIL(text.error().message.c_str());
    std::vector<std::string> found;
    constexpr std::string_view kFence = "```toml\n";
    for (std::size_t at = 0; (at = text->find(kFence, at)) != std::string::npos;) {
        at += kFence.size();
        found.push_back(text->substr(at, text->find("```", at) - at));
    }
    return found;
}

}  // namespace

TEST_GROUP(DocumentedFormats){};

TEST(DocumentedFormats, every_example_of_the_rules_page_is_a_rule) {
    const auto examples = blocks("rules.md");
    CHECK(examples.size() >= 5);
    for (const std::string& example : examples) {
        const bool whole = example.starts_with("[pack]");
        good(whole ? example : std::string(kHead) + std::string(kRule) + example);
    }
}

TEST(DocumentedFormats, the_example_of_the_catalogue_page_is_a_catalogue) {
    const auto examples = blocks("catalogue.md");
    LONGS_EQUAL(1, examples.size());
    const auto catalogue = parse_catalogue(examples[0], "docs/catalogue.md");
    if (!catalogue) FAIL(catalogue.error().message.c_str());
    LONGS_EQUAL(2, catalogue->models.size());
}
