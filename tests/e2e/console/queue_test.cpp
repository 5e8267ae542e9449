// The list of tickets: what a dispatcher sees and does at seven in the morning.
#include "tests/e2e/console/console_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;
using nlohmann::json;

TEST_GROUP(ConsoleQueue) {
    ConsoleFixture at;

    std::string rows() {
        return at.browser().text("tbody");
    }
    void check_rows(std::size_t count) {
        at.browser().await("h1", "Tickets");
        LONGS_EQUAL_TEXT(count, at.browser().count("tbody tr"), rows().c_str());
    }
};

TEST(ConsoleQueue, lists_tickets_and_each_filter_and_link_leads_to_what_it_says) {
    if (!at.usable()) return;
    const std::string slow = at.desk().slow_drain("wm-slow");
    at.desk().call("wm-south", "drain_pump", "drain_pump_blocked", "hums", "DE-S");
    at.desk().call("wm-far", "door_lock", "door_lock_stuck", "shut", "DE-X");
    at.enter(at.desk().maker(), "tickets?state=open_any");
    at.browser().await("table", "wm-slow");
    check_rows(3);
    at.browser().choose("select[name=filter-centre]", "south");
    at.browser().await_gone("tbody a[href='#/ticket/" + slow + "']");
    check_rows(1);
    STRCMP_CONTAINS("wm-south", rows().c_str());
    at.browser().run("history.back()");
    at.browser().await("tbody", "wm-slow");
    check_rows(3);
    at.browser().choose("select[name=filter-origin]", "predicted");
    at.browser().await_gone("tbody tr:nth-child(2)");
    STRCMP_CONTAINS("wm-slow", rows().c_str());
    at.browser().choose("select[name=filter-origin]", "");
    at.browser().await("tbody", "wm-far");
    at.browser().fill("input[name=filter-device_id]", "wm-far");
    at.browser().press(key::kEnter);
    at.browser().await_gone("tbody tr:nth-child(2)");
    STRCMP_CONTAINS("unroutable", rows().c_str());
    at.look_at("tickets?state=open_any");
    at.browser().await(".glance", "1 without a centre");
    STRCMP_CONTAINS("3 open", at.browser().text(".glance").c_str());
    at.browser().click(".glance a[href*='queue=unroutable']");
    at.browser().await_gone("tbody tr:nth-child(2)");
    STRCMP_CONTAINS("wm-far", rows().c_str());
    at.browser().click("tbody tr td:nth-child(3)");  // wherever a row is clicked it opens
    at.browser().await("h1", "door lock stuck");
    at.check_clean();
}

TEST(ConsoleQueue, takes_in_what_happens_without_being_loaded_again) {
    if (!at.usable()) return;
    at.desk().call("wm-1", "drain_pump", "drain_pump_blocked");
    at.enter(at.desk().maker(), "tickets?state=open_any");
    at.browser().await("table", "wm-1");
    at.browser().run("window.never_loaded_again = true");
    at.browser().await("body[data-live=yes] h1", "Tickets");
    // In the middle of something, too: a box is ticked, a word half typed, the caret in it.
    at.browser().click("input[name=chosen]");
    at.browser().fill(form("many", "[name=text]"), "half a wo");
    at.desk().call("wm-2", "door_lock", "door_lock_stuck");
    at.browser().await("tbody", "wm-2");
    LONGS_EQUAL(1, at.browser().count("input[name=chosen]:checked"));
    at.browser().press("rd");
    STRCMP_EQUAL("half a word", at.browser()
                                    .run("return document.querySelector('#many [name=text]').value")
                                    .get<std::string>()
                                    .c_str());
    CHECK_TRUE(at.browser().run("return window.never_loaded_again"));
    at.check_clean();
}

TEST(ConsoleQueue, changes_many_tickets_at_once_after_asking_and_tells_what_was_refused) {
    if (!at.usable()) return;
    std::vector<std::string> ids;
    for (int i = 0; i < 4; ++i) {
        ids.push_back(at.desk().call("wm-" + std::to_string(i), "drain_pump", "blocked"));
    }
    at.enter(at.desk().maker(), "tickets?state=open_any");
    at.browser().await("table", "wm-3");
    at.browser().fill(form("many", "[name=text]"), "night shift");
    at.browser().click(form("many", "button"));
    at.browser().await(form("many", "[role=alert]"), "Choose tickets first");
    for (int i = 0; i < 3; ++i) at.browser().click("input[value='" + ids[std::size_t(i)] + "']");
    at.browser().click(form("many", "button"));
    at.browser().await("dialog", "Assign 3 tickets at once?");
    at.browser().click("dialog button.quiet");
    at.browser().await_gone("dialog");
    LONGS_EQUAL(0, at.desk().count("assignee=night%20shift"));
    LONGS_EQUAL(3, at.browser().count("input[name=chosen]:checked"));
    at.browser().click(form("many", "button"));
    at.browser().click("dialog button");
    at.browser().await("#told", "Done with 3 tickets");
    at.browser().await("tbody", "night shift");
    LONGS_EQUAL(3, at.desk().count("assignee=night%20shift"));
    // One of two was dismissed by somebody else a moment ago.
    at.browser().choose(form("many", "[name=action]"), "escalate");
    at.browser().fill(form("many", "[name=text]"), "they wait");
    for (int i = 2; i < 4; ++i) at.browser().click("input[value='" + ids[std::size_t(i)] + "']");
    at.browser().click(form("many", "button"));
    at.browser().await("dialog", "Escalate 2 tickets");
    at.desk().post("/api/v1/tickets/" + ids[3] + "/transition",
                   {{"to", "dismissed"}, {"why", "twice"}});
    at.browser().click("dialog button");
    at.browser().await("#many [role=alert]", "1 done, 1 refused: " + ids[3]);
    LONGS_EQUAL(1, at.desk().count("escalated=true"));
    // All that are shown.
    at.browser().await_gone("tbody tr:nth-child(4)");
    at.browser().click("th input");
    at.browser().choose(form("many", "[name=action]"), "dismiss");
    at.browser().fill(form("many", "[name=text]"), "an exercise");
    at.browser().click(form("many", "button"));
    at.browser().click("dialog button");
    at.browser().await("main", "No ticket here");
    LONGS_EQUAL(0, at.desk().count("state=open_any"));
    at.check_clean();
}

// promise: console-text
TEST(ConsoleQueue, shows_what_people_and_devices_wrote_as_text) {
    if (!at.usable()) return;
    const std::string id =
        at.desk().call("wm-1", std::string("a") + kHostile, std::string("b") + kHostile, kHostile);
    at.desk().post("/api/v1/tickets/" + id + "/comment", {{"text", kHostile}});
    at.desk().post("/api/v1/tickets/" + id + "/assign", {{"assignee", kHostile}});
    at.desk().post(
        "/api/v1/outcomes",
        {{"id", "o-1"}, {"ticket_id", id}, {"code", "no_fault_found"}, {"note", kHostile}});
    at.enter(at.desk().maker(), "tickets");
    at.browser().await("tbody", "<script>");
    STRCMP_CONTAINS(kHostile, rows().c_str());
    at.look_at("ticket/" + id);
    at.browser().await("dl", kHostile);
    STRCMP_CONTAINS(kHostile, at.browser().text("ol.line").c_str());
    at.look_at("centres");
    at.browser().await("tbody", "Service <b>South</b>");
    for (const char* view :
         {"device/wm-1", "board?by=component", "tickets?assignee=%3Cscript%3E"}) {
        at.look_at(view);
        at.browser().await_gone("tbody b");
    }
    CHECK_FALSE(at.hacked());
    at.check_clean();
}

TEST(ConsoleQueue, and_every_other_page_fit_a_phone) {
    if (!at.usable()) return;
    const std::string id =
        at.desk().slow_drain("a-device-with-a-name-as-long-as-they-come-in-practice-00001");
    const std::string problem = at.desk().flood();
    std::vector<std::string> candidates;
    at.desk().doubtful_outcome(candidates);
    at.browser().resize(360, 740);
    at.enter(at.desk().maker(), "tickets");
    for (const std::string& view :
         {std::string("board"), std::string("board?by=model"), std::string("tickets"),
          "ticket/" + id, std::string("problems"), "problem/" + problem, std::string("review"),
          std::string("centres"), std::string("devices"), std::string("device/bad-1"),
          std::string("rules"), std::string("rule/slow_drain@1")}) {
        at.look_at(view);
        at.browser().run(
            "return new Promise((done) => { const look = () => document.querySelector('main h1') ? "
            "setTimeout(done, 300) : setTimeout(look, 50); look(); })");
        const json width = at.browser().run("return document.documentElement.scrollWidth");
        at.picture("phone-" + view.substr(0, view.find_first_of("/?")) +
                   std::to_string(view.size()));
        CHECK_TEXT(width.get<int>() <= 360, (view + " is " + width.dump() + " wide").c_str());
    }
    at.check_clean();
}
