// Who comes in, and what of the console is for whom.
#include "tests/e2e/console/console_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;

TEST_GROUP(ConsoleEntry) {
    ConsoleFixture at;
};

// promise: console-rights
TEST(ConsoleEntry, with_a_wrong_token_is_refused_and_nothing_is_shown) {
    if (!at.usable()) return;
    at.desk().slow_drain("wm-1");
    at.browser().open(at.desk().url() + "/#/tickets");
    at.browser().fill("#token", "act_nobody");
    at.browser().press(key::kEnter);
    at.browser().await("[role=alert]", "unknown or was revoked");
    STRCMP_EQUAL("", at.browser().text("table").c_str());
    LONGS_EQUAL(0, at.browser().run("return [...document.querySelectorAll('nav a')].filter((a) => "
                                    "a.checkVisibility({visibilityProperty: true})).length"));
    at.browser().fill("#token", at.desk().maker());
    at.browser().press(key::kEnter);
    at.browser().await("table", "wm-1");
    // Given back, it opens nothing any more.
    at.look_at("devices");
    at.browser().await("h1", "Devices");
    at.browser().click("#leave");
    at.browser().await("h1", "Welcome");
    LONGS_EQUAL(0, at.browser().count("table"));
    at.browser().run("history.back()");
    at.browser().await("h1", "Welcome");
    at.check_clean({401});
}

// promise: console-rights
TEST(ConsoleEntry, of_a_centre_shows_its_own_tickets_and_nothing_that_is_the_makers) {
    if (!at.usable()) return;
    const std::string ours = at.desk().slow_drain("wm-north");
    const std::string theirs = at.desk().slow_drain("wm-south", "DE-S");
    at.enter(at.desk().north(), "tickets?state=open_any");
    at.browser().await("table", "wm-north");
    CHECK_TRUE(at.browser().text("body").find("wm-south") == std::string::npos);
    LONGS_EQUAL(1, at.browser().count("tbody tr"));
    STRCMP_EQUAL("Board\nTickets\nReview\nCentres\nDevices", at.browser().text("nav a").c_str());
    LONGS_EQUAL(0, at.browser().count("select[name=filter-centre]"));
    at.browser().open(at.desk().url() + "/#token=" + at.desk().north());
    at.browser().await("h1", "Tickets");  // what it comes for
    at.look_at("ticket/" + theirs);
    at.browser().await("[role=alert]", "no ticket");
    at.look_at("problems?state=unsettled");
    at.browser().await("[role=alert]", "a centre sees its own tickets only");
    at.look_at("rules");
    at.browser().await("[role=alert]", "for the roles maker and auditor");
    at.look_at("centres");
    at.browser().await("tbody", "Service North");
    CHECK_TRUE(at.browser().text("tbody").find("South") == std::string::npos);
    at.look_at("ticket/" + ours);
    at.browser().await("h1", "drain pump blocked");
    at.browser().fill(form("Change state", "[name=why]"), "we rang");
    at.browser().click(form("Change state", "button"));
    at.browser().await("#told", "Stored");
    STRCMP_EQUAL("contacted", at.desk().ticket(ours)["ticket"]["state"].get<std::string>().c_str());
    at.check_clean({403, 404});
}

// promise: console-rights
TEST(ConsoleEntry, of_an_auditor_shows_everything_and_offers_no_change) {
    if (!at.usable()) return;
    const std::string id = at.desk().slow_drain("wm-1");
    const std::string problem = at.desk().flood();
    std::vector<std::string> candidates;
    at.desk().doubtful_outcome(candidates);
    at.enter(at.desk().auditor(), "tickets");
    at.browser().await("table", "wm-1");
    for (const std::string& view :
         {std::string("tickets"), "ticket/" + id, std::string("problems"), "problem/" + problem,
          std::string("review"), std::string("centres"), std::string("rules"),
          std::string("rule/slow_drain@1")}) {
        at.look_at("board");
        at.browser().await("h1", "Board");
        at.look_at(view);
        at.browser().await_gone(".kpi");
        CHECK_TRUE(at.browser().count("main h1") == 1);
        LONGS_EQUAL_TEXT(0, at.browser().count("main form, main button"), view.c_str());
    }
    at.check_clean();
}

TEST(ConsoleEntry, ends_for_an_open_page_when_the_token_is_revoked) {
    if (!at.usable()) return;
    at.desk().slow_drain("wm-1");
    const std::string token = at.desk().token_of("dispatcher");
    at.enter(token, "tickets");
    at.browser().await("table", "wm-1");
    at.desk().revoke("dispatcher");
    at.browser().click("nav a[data-view=devices]");
    at.browser().await("[role=alert]", "unknown or was revoked");
    LONGS_EQUAL(0, at.browser().count("table"));
    at.check_clean({401});
}
