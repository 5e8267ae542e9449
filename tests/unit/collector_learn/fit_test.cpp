#include "collector/core/learn/fit/fit.hpp"

#include <cmath>
#include <cstdio>

#include "collector/core/learn/fit/validate.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/trace/trace.hpp"
#include "tests/unit/collector_learn/made_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

Catalogue machine_catalogue() {
    return catalogue_for_trace({"M"}, {"v1", "v2", "v3"}, {"e1", "e2", "e3"}, {"c1", "c2", "c3"});
}

/// The pack on a fleet whose outcomes are all there.
Score judged(const RulePack& pack, const History& unseen) {
    const std::vector<History> histories{unseen};
    const Fleet fleet = assemble(histories);
    const Catalogue catalogue = machine_catalogue();
    const auto detector = Detector::create(pack, catalogue);
    if (!detector) FAIL(detector.error().message.c_str());
    std::vector<Ticket> tickets;
    for (const BacktestTicket& made : backtest(fleet, catalogue, **detector)) {
        tickets.push_back(made.ticket);
    }
    return score(tickets, failures_of(fleet),
                 {.horizon = hours_ms(48), .begin = hour(0), .end = unseen.end()});
}

const Predicate* drift_of(const Rule& rule) {
    for (const Predicate& node : rule.when.children) {
        if (node.kind == PredicateKind::drift) return &node;
    }
    return nullptr;
}

}  // namespace

TEST_GROUP(Fit){};

TEST(Fit, finds_each_components_code_and_drift_and_holds_on_machines_not_seen) {
    const std::vector<History> histories{
        made_machines({.devices = 10, .days = 90}, 1),
        made_machines({.devices = 40, .days = 240, .with_readings = false, .name = "old"}, 2)};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(3, fit.rules.size());
    for (std::size_t part = 0; part < 3; ++part) {
        const Rule& rule = fit.rules[part].rule;
        const std::string number = std::to_string(part + 1);
        STRCMP_EQUAL(("c" + number).c_str(), rule.component.c_str());
        LONGS_EQUAL(1, fit.rules[part].trigger.trigger.codes.size());
        LONGS_EQUAL(part, fit.rules[part].trigger.trigger.codes[0]);
        const Predicate* drift = drift_of(rule);
        CHECK(drift != nullptr);
        STRCMP_EQUAL(("v" + number).c_str(), drift->metric.c_str());
        CHECK(drift->side == (part == 2 ? Side::below : Side::above));
        CHECK(rule.horizon == hours_ms(48));
    }
    const Score unseen = judged(fit.pack, made_machines({.devices = 20, .days = 120}, 77));
    std::printf("\nmachines not seen: %s %llu of %llu, %s %llu of %llu, F1 %.3f\n", "precision",
                static_cast<unsigned long long>(unseen.right),
                static_cast<unsigned long long>(unseen.tickets), "recall",
                static_cast<unsigned long long>(unseen.found),
                static_cast<unsigned long long>(unseen.failures), unseen.f1.value_or(0));
    CHECK(*unseen.f1 >= 0.9);
    // What was promised covers what came.
    double right = 0, tickets = 0;
    for (const FittedRule& one : fit.rules) {
        right += one.precision.mean * one.trigger.trigger.tally.failures();
        tickets += one.trigger.trigger.tally.failures();
    }
    DOUBLES_EQUAL(right / tickets, *unseen.precision, 0.08);
}

TEST(Fit, is_the_same_each_time) {
    const std::vector<History> histories{made_machines({.devices = 6, .days = 90}, 3)};
    const Fleet fleet = assemble(histories);
    STRCMP_EQUAL(rule_pack_to_toml(fit_rules(fleet, {}).pack).c_str(),
                 rule_pack_to_toml(fit_rules(fleet, {}).pack).c_str());
}

TEST(Fit, learns_with_a_third_of_the_outcomes_lost) {
    const std::vector<History> histories{
        made_machines({.devices = 10, .days = 90, .outcomes_lost = 0.3}, 1),
        made_machines({.devices = 40,
                       .days = 240,
                       .with_readings = false,
                       .outcomes_lost = 0.3,
                       .name = "old"},
                      2)};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(3, fit.rules.size());
    CHECK(*judged(fit.pack, made_machines({.devices = 20, .days = 120}, 77)).f1 >= 0.85);
}

TEST(Fit, says_why_a_component_gets_no_rule) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    for (int i = 0; i < 40; ++i) maker.fault(a, 30.0 * i, "e");
    maker.outcome(a, 500, "p", OutcomeCode::preventive_replacement);
    maker.outcome(a, 777, "q");
    const std::vector<History> histories{maker.made()};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(0, fit.rules.size());
    LONGS_EQUAL(2, fit.left_out.size());
    STRCMP_CONTAINS("never failed", fit.left_out[0].reason.c_str());
    STRCMP_CONTAINS(
        "too little to learn from: no fault code and no drift comes before its 1 failures",
        fit.left_out[1].reason.c_str());
}

TEST(Fit, on_recorded_machines_holds_on_those_left_out) {
    const std::string data = AFTERCARE_SOURCE_DIR "/../shared/data/azure_pdm/";
    const auto telling = read_trace(data + "m01-10_90d");
    const auto codes = read_trace(data + "errors_m21-60_8m");
    if (!telling || !codes) {
        std::printf("SKIP: no traces in %s\n", data.c_str());
        return;
    }
    const std::vector<History> histories{telling->history, codes->history};
    const auto validation =
        validate_by_devices(assemble(histories), catalogue_of(histories[0]), {}, 5);
    if (!validation) FAIL(validation.error().message.c_str());
    const PackFigures& figures = validation->figures;
    std::printf("\nmachines left out: precision %llu of %llu, recall %llu of %llu, F1 %.3f\n",
                static_cast<unsigned long long>(figures.tickets.right),
                static_cast<unsigned long long>(figures.tickets.right + figures.tickets.wrong),
                static_cast<unsigned long long>(figures.found),
                static_cast<unsigned long long>(figures.failures), *figures.f1());
    CHECK(*figures.f1() >= 0.95);
    CHECK_EQUAL(5U, validation->parts);
}

namespace {

/// 24 devices, readings every six hours; part p fails every 70 days, and its metric rises eight
/// days before. With `code`, every second failure is announced by it.
History silent_failures(bool code) {
    HistoryMaker maker({"v"});
    for (int i = 0; i < 24; ++i) {
        const auto device = maker.device("d" + std::to_string(i));
        const double first = 1000 + 40.0 * i;
        for (double at = 0; at < 4000; at += 6) {
            const double before = std::fmod(first - at + 1680 * 4, 1680);
            const double noise = std::sin(at * 12.9898 + 78.233 * i) * 43758.5453;
            const double value = 10 + (noise - std::floor(noise)) + (before < 192 ? 2 : 0);
            maker.reading(device, at, {static_cast<float>(value)});
        }
        int number = 0;
        for (double at = first; at < 4000; at += 1680) {
            maker.outcome(device, at, "p");
            if (code && number++ % 2 == 0) maker.fault(device, at - 100, "e");
        }
    }
    return maker.made();
}

}  // namespace

TEST(Fit, finds_a_drift_where_no_code_announces_a_failure) {
    const std::vector<History> histories{silent_failures(false)};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(1, fit.rules.size());
    const Rule& rule = fit.rules[0].rule;
    STRCMP_EQUAL("p_v", rule.id.c_str());
    STRCMP_EQUAL("p: v has risen", rule.title.c_str());
    CHECK(rule.when.kind == PredicateKind::drift && rule.when.side == Side::above);
    CHECK(rule.horizon >= hours_ms(168) && fit.rules[0].precision.mean > 0.9);
}

TEST(Fit, joins_a_drift_to_a_rule_that_misses_failures) {
    const std::vector<History> histories{silent_failures(true)};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(1, fit.rules.size());
    CHECK(fit.rules[0].rule.when.kind == PredicateKind::any);
    STRCMP_CONTAINS(", or v has risen", fit.rules[0].rule.title.c_str());
    CHECK(fit.rules[0].recall.mean > 0.9);
    // The pack is read back as it was meant.
    const auto again = parse_rule_pack(rule_pack_to_toml(fit.pack), "pack.toml");
    CHECK(again.has_value());
}

TEST(Fit, takes_no_drift_that_chance_would_bring) {
    HistoryMaker maker({"v", "w"});
    for (int i = 0; i < 12; ++i) {
        const auto device = maker.device("d" + std::to_string(i));
        for (double at = 0; at < 3000; at += 6) {
            const double noise = std::sin(at * 12.9898 + 78.233 * i) * 43758.5453;
            const auto value = static_cast<float>(noise - std::floor(noise));
            maker.reading(device, at, {value, 1 - value});
        }
        maker.outcome(device, 1500 + 60.0 * i, "p");
    }
    const std::vector<History> histories{maker.made()};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(0, fit.rules.size());
    STRCMP_CONTAINS("no fault code and no drift", fit.left_out.at(0).reason.c_str());
}

TEST(Fit, finds_a_level_that_wear_reaches_slowly) {
    // A filter clogs from 0 to 10 within 100 to 178 days, evenly, and fails there: it always
    // drifts, and only how far it is tells when.
    HistoryMaker maker({"v"});
    for (int i = 0; i < 40; ++i) {
        const auto device = maker.device("d" + std::to_string(i));
        const double life = 2400 + 48.0 * i;
        for (double at = 0; at < 9600; at += 12) {
            const double noise = std::sin(at * 12.9898 + 78.233 * i) * 43758.5453;
            const double worn = 10 * std::fmod(at + 37.0 * i, life) / life;
            maker.reading(device, at, {static_cast<float>(worn + noise - std::floor(noise))});
        }
        for (double at = life - 37.0 * i; at < 9600; at += life) maker.outcome(device, at, "p");
    }
    const std::vector<History> histories{maker.made()};
    const Fit fit = fit_rules(assemble(histories), {});
    LONGS_EQUAL(1, fit.rules.size());
    const FittedRule& fitted = fit.rules[0];
    const Predicate& when = fitted.rule.when;
    CHECK_TEXT(when.kind == PredicateKind::threshold, rule_pack_to_toml(fit.pack).c_str());
    CHECK(when.side == Side::above && when.limit > 8 && when.limit < 11);
    STRCMP_CONTAINS("p: v above ", fitted.rule.title.c_str());
    CHECK_TEXT(fitted.precision.mean > 0.9 && fitted.recall.mean > 0.9,
               rule_pack_to_toml(fit.pack).c_str());
    const auto again = parse_rule_pack(rule_pack_to_toml(fit.pack), "pack.toml");
    CHECK(again.has_value() && again->rules[0].when.limit == when.limit);
}

TEST(Fit, takes_no_horizon_that_the_history_is_too_short_to_judge) {
    // Every device sends the code on day 4, one in ten fails twelve days later, and on day 25
    // nobody watches any more: within 30 days no ticket could have been seen to be wrong.
    HistoryMaker maker;
    for (int i = 0; i < 60; ++i) {
        const auto device = maker.device("d" + std::to_string(i));
        maker.fault(device, 0, "start").fault(device, 100 + i % 7, "e").fault(device, 600, "end");
        if (i % 10 == 0) maker.outcome(device, 390 + i, "p");
    }
    const std::vector<History> histories{maker.made()};
    LONGS_EQUAL(0, fit_rules(assemble(histories), {}).rules.size());
}
