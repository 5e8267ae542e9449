#include "collector/core/learn/comparison.hpp"

#include "collector/core/learn/fit/families.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "tests/unit/collector_learn/made_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

const Catalogue kCatalogue = catalogue_for_trace({"M"}, {"v"}, {"e", "f"}, {"p", "q"});

Rule code_rule(const std::string& id, const std::string& code, double horizon_h,
               const std::string& component = "p") {
    Rule rule;
    rule.id = id;
    rule.component = rule.failure_mode = component;
    rule.horizon = hours_ms(horizon_h);
    rule.when.faults = {code};
    rule.when.hold = hours_ms(1);
    return rule;
}

std::unique_ptr<Detector> detector_of(const std::vector<Rule>& rules) {
    auto detector = Detector::create({.id = "pack", .rules = rules}, kCatalogue);
    if (!detector) FAIL(detector.error().message.c_str());
    return std::move(*detector);
}

void add_all(const History& history, Comparison& compared) {
    const std::vector<History> histories{history};
    const Fleet fleet = assemble(histories);
    for (const FleetDevice& device : fleet.devices) {
        compared.add(device_history(fleet, device, kCatalogue.models[0]));
    }
}

}  // namespace

TEST_GROUP(Comparison){};

TEST(Comparison, counts_right_wrong_and_undecided_and_what_was_missed) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    // Right with a lead of 20 h, wrong, missed, renewed in time, and one whose end nobody saw.
    maker.fault(a, 100, "e").outcome(a, 120, "p");
    maker.fault(a, 300, "e");
    maker.outcome(a, 500, "p");
    maker.fault(a, 700, "e").outcome(a, 710, "p", OutcomeCode::preventive_replacement);
    maker.fault(a, 990, "e");
    maker.fault(a, 0, "f").fault(a, 1000, "f");
    const auto detector = detector_of({code_rule("r", "e", 48)});
    Comparison compared(*detector, nullptr, Opening::in_product, {});
    add_all(maker.made(), compared);
    const PackFigures& figures = compared.figures(Comparison::kNew);
    LONGS_EQUAL(1, figures.tickets.right);
    LONGS_EQUAL(1, figures.tickets.wrong);
    LONGS_EQUAL(2, figures.tickets.undecided);
    LONGS_EQUAL(2, figures.failures);
    LONGS_EQUAL(1, figures.found);
    DOUBLES_EQUAL(0.5, *figures.precision(), 1e-12);
    DOUBLES_EQUAL(0.5, *figures.recall(), 1e-12);
    DOUBLES_EQUAL(20, *figures.median_lead_h(), 1e-9);
    // 4 tickets in 1,000 hours: 4 ÷ (1000 ÷ 24 ÷ 30.4375) · 1,000.
    DOUBLES_EQUAL(2922, *figures.load(), 1e-6);
    CHECK(!figures.median_lead_interval());
}

TEST(Comparison, lists_the_tickets_of_only_one_pack_with_their_outcome) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    maker.fault(a, 100, "e").fault(a, 101, "f").outcome(a, 120, "p");  // both
    maker.fault(a, 300, "e").outcome(a, 310, "p");                     // old only, right
    maker.fault(a, 500, "f");                                          // new only, wrong
    maker.fault(a, 0, "f").fault(a, 1000, "e").fault(a, 1000, "f");
    const auto fresh = detector_of({code_rule("new", "f", 48)});
    const auto known = detector_of({code_rule("old", "e", 48)});
    Comparison compared(*fresh, known.get(), Opening::in_product, {});
    add_all(maker.made(), compared);
    LONGS_EQUAL(0, compared.found_only_by(Comparison::kNew));
    LONGS_EQUAL(1, compared.found_only_by(Comparison::kOld));
    // At 0 h the new one opened too; nothing failed within its horizon.
    LONGS_EQUAL(3, compared.differing_count());
    const auto& differing = compared.differing();
    CHECK(differing[0].in_new && differing[0].ticket.made.ticket.opened_at == hour(0));
    CHECK(differing[1].in_new && differing[1].ticket.made.ticket.opened_at == hour(500));
    CHECK(differing[1].ticket.fate == TicketFate::wrong);
    CHECK(!differing[2].in_new && differing[2].ticket.fate == TicketFate::right);
    DOUBLES_EQUAL(10, *differing[2].ticket.lead_h, 1e-9);
}

TEST(Comparison, opens_no_ticket_between_a_failure_and_its_repair) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    maker.fault(a, 0, "f").fault(a, 110, "e").fault(a, 1000, "f");
    maker.outcome(a, 160, "p");
    maker.history.outcomes.back().failed_at = hour(100);
    const auto detector = detector_of({code_rule("r", "e", 48)});
    Comparison compared(*detector, nullptr, Opening::in_product, {});
    add_all(maker.made(), compared);
    LONGS_EQUAL(0, compared.figures(Comparison::kNew).tickets.all());
    LONGS_EQUAL(1, compared.figures(Comparison::kNew).failures);
}

TEST(Comparison, opens_what_the_collector_would_and_shadow_rules_only_when_asked) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    maker.fault(a, 0, "f").fault(a, 100, "e").fault(a, 1000, "f");
    Rule shadow = code_rule("shadow", "e", 48), notice = code_rule("notice", "e", 48, "q");
    shadow.mode = RuleMode::shadow;
    notice.action = RuleAction::notice;
    const auto detector = detector_of({shadow, notice});
    Comparison product(*detector, nullptr, Opening::in_product, {});
    add_all(maker.made(), product);
    LONGS_EQUAL(0, product.figures(Comparison::kNew).tickets.all());
    Comparison all(*detector, nullptr, Opening::as_live, {});
    add_all(maker.made(), all);
    LONGS_EQUAL(2, all.figures(Comparison::kNew).tickets.all());
}

TEST(Comparison, gives_the_interval_of_a_median_as_published) {
    std::vector<double> values;
    for (int i = 20; i >= 1; --i) values.push_back(i);
    const auto interval = median_interval(values);
    DOUBLES_EQUAL(6, interval->low, 1e-12);
    DOUBLES_EQUAL(15, interval->high, 1e-12);
    values.resize(6);
    DOUBLES_EQUAL(15, median_interval(values)->low, 1e-12);
    values.resize(5);
    CHECK(!median_interval(values));
}

TEST_GROUP(Families){/// Two families whose part of one name fails after different codes.
                     static History mixed(){HistoryMaker maker;
for (int i = 0; i < 30; ++i) {
    const bool cold = i % 2 == 0;
    const auto device =
        maker.device((cold ? "cold" : "warm") + std::to_string(i), cold ? "C" : "W");
    maker.fault(device, 0, "x").fault(device, 5000, "x");
    for (const double at : {1000.0, 3000.0}) {
        maker.fault(device, at - 20, cold ? "c1" : "w1").outcome(device, at, "pipe");
        maker.history.outcomes.back().failure_mode = cold ? "leak" : "burst";
    }
}
return maker.made();
}
static Catalogue catalogue() {
    Catalogue both = catalogue_for_trace({"C", "W"}, {}, {"c1", "w1", "x"}, {"pipe"});
    both.models[0].family = "cooler";
    both.models[1].family = "warmer";
    both.models[0].failure_modes = {{.id = "bent", .component = "pipe"},
                                    {.id = "leak", .component = "pipe"}};
    both.models[1].failure_modes = {{.id = "burst", .component = "pipe"}};
    return both;
}
}
;

TEST(Families, learn_apart_and_name_the_failure_modes_of_their_catalogue) {
    const std::vector<History> histories{mixed()};
    const Catalogue both = catalogue();
    Fit whole;
    for (const Family& family : families_of(histories, both)) {
        const auto own = of_family(histories, family);
        append(fit_rules(assemble(own), options_for(family, own, both, {})), family, whole);
    }
    LONGS_EQUAL(2, whole.pack.rules.size());
    const Rule &cold = whole.pack.rules[0], &warm = whole.pack.rules[1];
    STRCMP_EQUAL("C", cold.models.at(0).c_str());
    STRCMP_EQUAL("leak", cold.failure_mode.c_str());
    STRCMP_EQUAL("c1", cold.when.faults.at(0).c_str());
    STRCMP_EQUAL("burst", warm.failure_mode.c_str());
    STRCMP_EQUAL("w1", warm.when.faults.at(0).c_str());
    CHECK(Detector::create(whole.pack, both).has_value());
}

TEST(Families, give_no_rule_to_a_part_that_the_catalogue_does_not_know) {
    const std::vector<History> histories{mixed()};
    Catalogue both = catalogue();
    both.models[0].failure_modes.clear();
    const auto families = families_of(histories, both);
    const auto own = of_family(histories, families.at(0));
    const Fit fit = fit_rules(assemble(own), options_for(families[0], own, both, {}));
    LONGS_EQUAL(0, fit.rules.size());
    STRCMP_CONTAINS("no failure mode", fit.left_out.at(0).reason.c_str());
}

TEST(Families, shorten_a_long_rule_id_and_keep_it_unlike_others) {
    const std::string name(70, 'a');
    const std::string id = rule_id_of(name), other = rule_id_of(name + "b");
    LONGS_EQUAL(64, id.size());
    CHECK(id != other);
    STRCMP_EQUAL(id.c_str(), rule_id_of(name).c_str());
    STRCMP_EQUAL("pump_E18", rule_id_of("pump_E18").c_str());
    CHECK(rule_id_of("pump E18") != rule_id_of("pump/E18"));
}
