#include "collector/core/sla/policy.hpp"

#include "tests/unit/collector_sla/hours.hpp"

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(SlaPolicies) {
    SlaSettings settings;
    void setup() override {
        settings.calendars = {{"berlin", office()}, {"sydney", hours({{480, 960}}, 5, sydney())}};
        settings.centres = {{.tenant = "acme", .id = "north", .calendar = "berlin"},
                            {.id = "south", .calendar = "sydney"}};
        SlaPolicy gold{.id = "gold"};
        gold.severities = {Severity::major, Severity::critical};
        gold.warranties = {WarrantyState::in_warranty};
        gold.segments = {"premium"};
        gold.resolution = hours_ms(8);
        SlaPolicy urgent{.id = "urgent", .calendar = std::string(kAlwaysOpen)};
        urgent.severities = {Severity::critical};
        settings.policies = {gold, urgent};
    }
    std::string policy(Severity severity, WarrantyState warranty, const char* segment) {
        SlaTermsBook book(settings);
        return book.in_force({.severity = severity, .segment = segment, .warranty = warranty})
            .policy;
    }
    std::string calendar(const char* tenant, const char* centre,
                         Severity severity = Severity::minor) {
        SlaTermsBook book(settings);
        return book.in_force({.tenant = tenant, .severity = severity, .centre = centre})
            .calendar_name;
    }
};

TEST(SlaPolicies, the_first_one_that_fits_in_all_conditions_holds) {
    using enum Severity;
    using enum WarrantyState;
    STRCMP_EQUAL("gold", policy(critical, in_warranty, "premium").c_str());
    STRCMP_EQUAL("gold", policy(major, in_warranty, "premium").c_str());
    STRCMP_EQUAL("urgent", policy(critical, in_warranty, "basic").c_str());
    STRCMP_EQUAL("urgent", policy(critical, unknown, "premium").c_str());
    STRCMP_EQUAL("default", policy(minor, in_warranty, "premium").c_str());
}

TEST(SlaPolicies, count_by_their_own_calendar_else_the_centres_else_the_houses) {
    STRCMP_EQUAL("always", calendar("acme", "north", Severity::critical).c_str());
    STRCMP_EQUAL("berlin", calendar("acme", "north").c_str());
    STRCMP_EQUAL("sydney", calendar("brand", "south").c_str());
    STRCMP_EQUAL("always", calendar("brand", "north").c_str());  // another tenant's centre
    settings.otherwise.calendar = "sydney";
    STRCMP_EQUAL("sydney", calendar("brand", "north").c_str());
    STRCMP_EQUAL("berlin", calendar("acme", "north").c_str());
}

TEST_GROUP(SlaTermsOf){};

TEST(SlaTermsOf, a_ticket_are_told_once_and_change_their_id_with_their_content) {
    SlaSettings settings;
    SlaTermsBook book(settings);
    const std::string id = book.in_force({}).id;
    STRCMP_EQUAL(id.c_str(), book.in_force({}).id.c_str());
    LONGS_EQUAL(1, book.take_new().size());
    LONGS_EQUAL(0, book.take_new().size());
    settings.otherwise.resolution += milliseconds{1};
    SlaTermsBook other(settings);
    CHECK_TRUE(other.in_force({}).id != id);
}

TEST(SlaTermsOf, the_database_are_not_new) {
    SlaSettings settings;
    SlaTermsBook first(settings);
    const SlaTerms kept = first.in_force({});
    SlaTermsBook book(settings);
    book.load(kept);
    book.in_force({});
    LONGS_EQUAL(0, book.take_new().size());
    CHECK_TRUE(book.of({.terms = kept.id}).id == kept.id);
    STRCMP_EQUAL("", book.of({.terms = "unheard-of"}).id.c_str());
}

TEST(SlaTermsOf, any_calendar_come_back_from_their_text) {
    SlaTerms terms{.policy = "gold", .calendar_name = "berlin", .at_risk_percent = 75};
    terms.first_response = hours_ms(2);
    terms.resolution = hours_ms(8);
    terms.calendar = office({"2026-12-25", "2026-12-26"});
    terms.id = terms_id(terms);
    STRCMP_CONTAINS("gold/berlin#", terms.id.c_str());
    const auto back = parse_terms(terms.id, terms_text(terms));
    CHECK_TRUE(back.has_value());
    STRCMP_EQUAL(terms_text(terms).c_str(), terms_text(*back).c_str());
    STRCMP_EQUAL(terms.id.c_str(), terms_id(*back).c_str());
    LONGS_EQUAL(75, back->at_risk_percent);
    CHECK_TRUE(back->calendar.offsets.front().at == WallTime::min());
    LONGS_EQUAL(0, back->calendar.week[6].size());
}

TEST(SlaTermsOf, damaged_text_are_refused_with_the_line) {
    const auto wrong = parse_terms("gold/x#1", "policy gold\nweek 9 0-5\n");
    CHECK_FALSE(wrong.has_value());
    STRCMP_CONTAINS("week 9 0-5", wrong.error().message.c_str());
    CHECK_FALSE(parse_terms("gold/x#1", "week 0 600-500\n").has_value());
    CHECK_FALSE(parse_terms("gold/x#1", "colour red\n").has_value());
}
