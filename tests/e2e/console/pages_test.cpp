// Fleet problems, outcomes in doubt, rules, centres, figures.
#include "tests/e2e/console/console_fixture.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;
using nlohmann::json;

TEST_GROUP(ConsolePages) {
    ConsoleFixture at;
};

TEST(ConsolePages, of_problems_ask_before_they_decide_for_all_devices) {
    if (!at.usable()) return;
    const std::string id = at.desk().flood();
    const std::string path = "/api/v1/problems/" + id;
    at.enter(at.desk().maker(), "problems?state=unsettled");
    at.browser().await("tbody", "door lock stuck");
    at.browser().click("tbody a");
    at.browser().await("h1", "door lock stuck on WM-1 2.0");
    STRCMP_CONTAINS("bad-5", at.browser().text("tbody").c_str());
    const std::string title = "Resolve all together";
    at.browser().fill(form(title, "[name=reason]"), "firmware 2.1 is out");
    at.browser().click(form(title, "button"));
    at.browser().await("dialog", "Resolve 1 attached device and 4 tickets as fixed remotely?");
    at.browser().click("dialog button.quiet");
    at.browser().await_gone("dialog");
    STRCMP_EQUAL("open", at.desk().get(path)["state"].get<std::string>().c_str());
    at.browser().click(form(title, "button"));
    at.browser().click("dialog button");
    at.browser().await("#told", "Decided");
    at.browser().await(".head", "resolved");
    const json problem = at.desk().get(path);
    STRCMP_EQUAL("resolved", problem["state"].get<std::string>().c_str());
    STRCMP_EQUAL("firmware 2.1 is out", problem["why"].get<std::string>().c_str());
    at.browser().await_gone("main form");
    at.check_clean();
}

TEST(ConsolePages, of_problems_release_a_ticket_for_each_device) {
    if (!at.usable()) return;
    const std::string id = at.desk().flood();
    at.enter(at.desk().maker(), "problem/" + id);
    const std::string title = "Open a ticket for each device";
    at.browser().fill(form(title, "[name=reason]"), "the lock is bent");
    at.browser().click(form(title, "button"));
    at.browser().click("dialog button");
    at.browser().await(".head", "released");
    CHECK_TRUE(aftercare::test::wait_until(
        [&] { return at.desk().count("state=open_any&component=door_lock") == 5; },
        std::chrono::seconds{10}));
    at.check_clean();
}

TEST(ConsolePages, of_outcomes_in_doubt_place_each_where_a_person_says) {
    if (!at.usable()) return;
    std::vector<std::string> candidates;
    at.desk().doubtful_outcome(candidates);
    at.enter(at.desk().maker(), "review");
    at.browser().await("main", "failure repaired on twice");
    STRCMP_CONTAINS("was in the drain", at.browser().text("main form").c_str());
    LONGS_EQUAL(3, at.browser().count("main form input[type=radio]"));
    at.browser().click("input[value='" + candidates[1] + "']");
    at.browser().click("main form button");
    at.browser().await("main", "Each outcome has found its ticket");
    LONGS_EQUAL(0, at.desk().get("/api/v1/outcomes?review=open")["items"].size());
    LONGS_EQUAL(1, at.desk().ticket(candidates[1])["outcomes"].size());
    LONGS_EQUAL(0, at.desk().ticket(candidates[0])["outcomes"].size());
    at.check_clean();
}

TEST(ConsolePages, of_rules_show_their_record_and_change_what_one_may_do) {
    if (!at.usable()) return;
    at.desk().slow_drain("wm-1");
    at.enter(at.desk().maker(), "rules");
    at.browser().await("tbody", "Draining takes too long");
    at.browser().click("tbody a[href='#/rule/slow_drain%401']");
    at.browser().await("h1", "Draining takes too long");
    at.browser().choose(form("Change what it may do", "[name=mode]"), "shadow");
    at.browser().fill(form("Change what it may do", "[name=reason]"),
                      "too many visits for nothing");
    at.browser().click(form("Change what it may do", "button"));
    at.browser().await(".head", "shadow");
    STRCMP_CONTAINS("too many visits for nothing", at.browser().text("main").c_str());
    for (const json& rule : at.desk().get("/api/v1/rules/report")["rules"]) {
        STRCMP_EQUAL(rule["id"] == "slow_drain" ? "shadow" : "live",
                     rule["mode"].get<std::string>().c_str());
    }
    at.look_at("rules");
    at.browser().await("button.quiet", "Read the pack again");
    at.browser().click("button.quiet");
    at.browser().await("main [role=status]", "nothing changed");
    at.check_clean();
}

TEST(ConsolePages, tell_of_a_rule_that_shelved_itself_wherever_one_is) {
    if (!at.usable()) return;
    const std::string ticket = at.desk().slow_drain("wm-1");
    at.enter(at.desk().maker(), "tickets?state=open_any");
    at.browser().await("body[data-live=yes] h1", "Tickets");
    at.desk().post("/api/v1/outcomes",
                   {{"id", "o-1"}, {"ticket_id", ticket}, {"code", "no_fault_found"}});
    at.browser().await("#news", "Rule slow_drain@1 opens no more tickets");
    STRCMP_CONTAINS("right in 0 of 1", at.browser().text("#news").c_str());
    at.browser().click("#news a");
    at.browser().await("h1", "Draining takes too long");
    at.browser().await(".head", "shelved");
    at.browser().click("#news button");
    at.browser().await_gone("#news p");
    // Somebody else lets it go on, and the open page follows.
    at.desk().post("/api/v1/rules/slow_drain/standing",
                   {{"mode", "live"}, {"reason", "the water was cold"}});
    at.browser().await(".head", "live");
    at.check_clean();
}

TEST(ConsolePages, of_centres_show_who_has_how_much_and_lead_there) {
    if (!at.usable()) return;
    at.desk().slow_drain("wm-1");
    at.desk().call("wm-2", "door_lock", "door_lock_stuck");
    at.desk().call("wm-3", "door_lock", "door_lock_stuck", "shut", "DE-S");
    at.desk().call("wm-4", "door_lock", "door_lock_stuck", "shut", "DE-X");
    at.enter(at.desk().maker(), "centres");
    at.browser().await("tbody", "Service North");
    const json loads = at.desk().get("/api/v1/centres");
    LONGS_EQUAL(2, loads["items"][0]["load"]["open_count"].get<int>());
    LONGS_EQUAL(1, loads["items"][1]["load"]["open_count"].get<int>());
    LONGS_EQUAL(1, loads["without_centre"]["open_count"].get<int>());
    STRCMP_CONTAINS("open now", at.browser().text("tbody tr:first-child").c_str());
    STRCMP_CONTAINS("40 a day", at.browser().text("tbody tr:first-child").c_str());
    STRCMP_CONTAINS("No centre", at.browser().text("tbody tr:last-child").c_str());
    at.browser().click("tbody tr:first-child td:nth-child(6) a");
    at.browser().await("h1", "Tickets");
    LONGS_EQUAL(2, at.browser().count("tbody tr"));
    at.check_clean();
}

TEST(ConsolePages, of_figures_lead_to_the_tickets_they_count) {
    if (!at.usable()) return;
    const std::string id = at.desk().slow_drain("wm-1");
    at.enter(at.desk().maker(), "board");
    at.browser().await("h1", "Board");
    at.browser().click("details[data-fold=tickets_received] summary");
    at.browser().await("details[open] .ids", id);
    at.browser().click("details[open] .ids a");
    at.browser().await(".facts", "Opened");
    at.look_at("device/wm-1");
    at.browser().await("tbody", "drain pump blocked");
    at.check_clean();
}
