// One ticket: what it tells, and what a person does with it.
#include "tests/e2e/console/console_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;
using nlohmann::json;

TEST_GROUP(ConsoleTicket) {
    ConsoleFixture at;
    std::string id;

    void open(const std::string& token, const std::string& ticket_id) {
        id = ticket_id;
        at.enter(token, "ticket/" + id);
        at.browser().await(".facts", "Opened");
    }
    json ticket() {
        return at.desk().ticket(id)["ticket"];
    }
    std::string newest_event(const char* member) {
        return at.desk().ticket(id)["events"].back()[member];
    }
    std::string value(const std::string& css) {
        return at.browser().run("return document.querySelector(arguments[0]).value", {css});
    }
    void check_said(const char* expected, const std::string& found) {
        STRCMP_EQUAL(expected, found.c_str());
    }
};

TEST(ConsoleTicket, tells_why_we_think_so_where_it_went_and_what_was_promised) {
    if (!at.usable()) return;
    open(at.desk().maker(), at.desk().slow_drain("wm-1"));
    const json ticket = at.desk().ticket(id);
    at.browser().await(".why", ticket["ticket"]["evidence"][0]["sentence"]);
    // As many corners as there are readings in the evidence.
    const json corners =
        at.browser().run("return document.querySelector('.why polyline').points.numberOfItems");
    LONGS_EQUAL(ticket["ticket"]["evidence"][0]["points"].size(), corners.get<std::size_t>());
    CHECK_TRUE(corners.get<int>() >= 5);
    const std::string facts = at.browser().text(".facts");
    STRCMP_CONTAINS(ticket["ticket"]["route_reason"].get<std::string>().c_str(), facts.c_str());
    STRCMP_CONTAINS("serves region DE-N", facts.c_str());
    STRCMP_CONTAINS("in 4 h", facts.c_str());  // first response, just begun
    STRCMP_CONTAINS("default, round the clock", facts.c_str());
    STRCMP_CONTAINS("S-wm-1", facts.c_str());
    STRCMP_CONTAINS("Have the filter cleaned", at.browser().text(".guide").c_str());
    STRCMP_CONTAINS("P-77", at.browser().text(".guide").c_str());
    STRCMP_CONTAINS("predicted", at.browser().text(".head").c_str());
    at.check_clean();
}

TEST(ConsoleTicket, takes_the_outcome_and_then_tells_whether_the_repair_holds) {
    if (!at.usable()) return;
    open(at.desk().maker(), at.desk().slow_drain("wm-1"));
    const std::string title = "Report the outcome";
    at.browser().choose(form(title, "[name=code]"), "confirmed_fixed");
    at.browser().fill(form(title, "[name=labour_min]"), "45");
    at.browser().fill(form(title, "[name=note]"), "a sock in the drain");
    at.browser().click(form(title, "button"));
    at.browser().await(".head", "resolved");
    STRCMP_CONTAINS("a sock in the drain", at.browser().text(".story").c_str());
    const json detail = at.desk().ticket(id);
    check_said("resolved", detail["ticket"]["state"]);
    check_said("confirmed", detail["ticket"]["decision"]);
    LONGS_EQUAL(1, detail["outcomes"].size());
    LONGS_EQUAL(45, detail["outcomes"][0]["labour_min"].get<int>());
    at.browser().await_gone(form(title, "button"));
    at.desk().drains_well("wm-1", id);
    at.look_at("device/wm-1");
    at.browser().click("tbody a");
    at.browser().await(".facts", "watching · 1 clean records");
    at.check_clean();
}

TEST(ConsoleTicket, is_assigned_commented_escalated_and_dismissed_with_a_reason) {
    if (!at.usable()) return;
    open(at.desk().token_of("dispatcher"), at.desk().call("wm-1", "drain_pump", "blocked"));
    at.browser().click("details[data-fold=Assign] summary");
    at.browser().fill(form("Assign", "[name=assignee]"), "anna");
    at.browser().click(form("Assign", "button"));
    at.browser().await(".facts", "anna");
    check_said("anna", ticket()["assignee"]);
    check_said("api:dispatcher", newest_event("who"));
    at.browser().click("details[data-fold=Comment] summary");
    at.browser().fill(form("Comment", "[name=text]"), "she is at home after five");
    at.browser().click(form("Comment", "button"));
    at.browser().await(".story", "she is at home after five");
    check_said("comment", newest_event("kind"));
    check_said("she is at home after five", newest_event("why"));
    at.browser().click("details[data-fold=Escalate] summary");
    at.browser().click(form("Escalate", "button"));  // without a reason it stays here
    LONGS_EQUAL(0, ticket()["escalation_level"].get<int>());
    at.browser().fill(form("Escalate", "[name=why]"), "water on the floor");
    at.browser().click(form("Escalate", "button"));
    at.browser().await(".facts", "level 1");
    LONGS_EQUAL(1, ticket()["escalation_level"].get<int>());
    at.browser().choose(form("Change state", "[name=to]"), "dismissed");
    at.browser().fill(form("Change state", "[name=why]"), "it was the tap");
    at.browser().click(form("Change state", "button"));
    at.browser().await(".head", "dismissed");
    check_said("dismissed", ticket()["state"]);
    check_said("it was the tap", newest_event("why"));
    // What a ticket cannot become is explained, and nothing typed is lost.
    at.browser().choose(form("Change state", "[name=to]"), "scheduled");
    at.browser().fill(form("Change state", "[name=why]"), "Monday");
    at.browser().click(form("Change state", "button"));
    at.browser().await(form("Change state", "[role=alert]"), "dismissed");
    check_said("Monday", value(form("Change state", "[name=why]")));
    at.check_clean({422});
}

// promise: console-once
TEST(ConsoleTicket, is_changed_once_when_the_answer_is_lost_and_it_is_sent_again) {
    if (!at.usable()) return;
    open(at.desk().maker(), at.desk().call("wm-1", "drain_pump", "blocked"));
    at.browser().run(R"(
        const ask = window.fetch;
        window.fetch = async (url, options) => {
            const reply = await ask(url, options);
            if (!String(url).endsWith('comment')) return reply;
            window.fetch = ask;
            throw new TypeError('the connection broke');
        };)");
    at.browser().click("details[data-fold=Comment] summary");
    at.browser().fill(form("Comment", "[name=text]"), "only once");
    at.browser().click(form("Comment", "button"));
    at.browser().await(form("Comment", "[role=alert]"), "cannot be reached");
    LONGS_EQUAL(1, ticket()["comment_count"].get<int>());
    check_said("only once", value(form("Comment", "[name=text]")));
    at.browser().await(".story", "only once");  // an event told of it meanwhile
    at.browser().click(form("Comment", "button"));
    at.browser().await("#told", "Stored");
    LONGS_EQUAL(1, ticket()["comment_count"].get<int>());
    at.check_clean();
}

// promise: console-once
TEST(ConsoleTicket, waits_with_what_was_typed_while_the_collector_is_away) {
    if (!at.usable()) return;
    open(at.desk().maker(), at.desk().call("wm-1", "drain_pump", "blocked"));
    at.browser().click("details[data-fold=Comment] summary");
    at.browser().fill(form("Comment", "[name=text]"), "from the cellar");
    at.desk().go_down();
    at.browser().click(form("Comment", "button"));
    at.browser().await(form("Comment", "[role=alert]"), "cannot be reached");
    at.browser().await("#away", "no connection");
    at.desk().come_back();
    at.browser().await("body[data-live=yes] .facts", "Opened");
    check_said("from the cellar", value(form("Comment", "[name=text]")));
    at.browser().click(form("Comment", "button"));
    at.browser().await(".story", "from the cellar");
    LONGS_EQUAL(1, ticket()["comment_count"].get<int>());
    at.browser().complaints();  // of each attempt meanwhile
    at.check_clean();
}

TEST(ConsoleTicket, that_a_centre_sends_elsewhere_is_taken_off_its_page) {
    if (!at.usable()) return;
    open(at.desk().north(), at.desk().call("wm-1", "drain_pump", "blocked"));
    at.browser().click("details[data-fold='Send to another centre'] summary");
    at.browser().fill(form("Send", "[name=centre]"), "nowhere");
    at.browser().fill(form("Send", "[name=why]"), "they are nearer");
    at.browser().click(form("Send", "button"));
    at.browser().await(form("Send", "[role=alert]"), "one of north, south");
    at.browser().fill(form("Send", "[name=centre]"), "south");
    at.browser().click(form("Send", "button"));
    at.browser().await("main [role=alert]", "no ticket");
    LONGS_EQUAL(0, at.browser().count(".facts"));
    check_said("south", ticket()["centre"]);
    at.check_clean({404, 422});
}

// promise: console-conflict
TEST(ConsoleTicket, that_somebody_else_changed_is_told_and_nothing_typed_is_lost) {
    if (!at.usable()) return;
    const std::string ticket_id = at.desk().call("wm-1", "drain_pump", "blocked");
    // No stream of events reaches this browser: the change is found when the comment is sent.
    at.browser().open(at.desk().url() + "/#/ticket/" + ticket_id);
    at.browser().await("h1", "Welcome");
    at.browser().run(
        "const ask = window.fetch; window.fetch = (url, options) => String(url).includes('events') "
        "? new Promise(() => {}) : ask(url, options)");
    at.browser().fill("#token", at.desk().token_of("dispatcher"));
    at.browser().press(key::kEnter);
    at.browser().await(".facts", "Opened");
    id = ticket_id;
    at.browser().click("details[data-fold=Comment] summary");
    at.browser().fill(form("Comment", "[name=text]"), "she rang \"again\"");
    at.desk().post("/api/v1/tickets/" + id + "/assign", {{"assignee", "berta"}});
    at.browser().click(form("Comment", "button"));
    at.browser().await(form("Comment", "[role=alert]"), "Changed meanwhile: assigned by api:");
    at.browser().await(".facts", "berta");
    check_said("assigned", newest_event("kind"));  // nothing was stored over it
    check_said("she rang \"again\"", value(form("Comment", "[name=text]")));
    at.browser().click(form("Comment", "button"));
    at.browser().await(".story", "she rang \"again\"");
    check_said("she rang \"again\"", newest_event("why"));
    check_said("berta", ticket()["assignee"]);
    check_said("", value(form("Comment", "[name=text]")));
    at.check_clean({412});
}

// promise: console-conflict
TEST(ConsoleTicket, changes_under_the_hands_of_who_writes_and_leaves_what_he_wrote) {
    if (!at.usable()) return;
    open(at.desk().token_of("dispatcher"), at.desk().call("wm-1", "drain_pump", "blocked"));
    at.browser().await("body[data-live=yes] h1", "blocked");
    at.browser().click("details[data-fold=Comment] summary");
    at.browser().choose(form("Change state", "[name=to]"), "on_hold");
    at.browser().fill(form("Comment", "[name=text]"), "half a wo");
    at.desk().post("/api/v1/tickets/" + id + "/escalate", {{"level", 2}, {"why", "waits"}});
    at.browser().await(".facts", "level 2");
    at.browser().await(form("Comment", "[role=alert]"), "Changed meanwhile: escalated by api:");
    at.browser().press("rd");
    check_said("half a word", value(form("Comment", "[name=text]")));
    check_said("on_hold", value(form("Change state", "[name=to]")));
    at.browser().click(form("Comment", "button"));
    at.browser().await(".story", "half a word");
    check_said("half a word", newest_event("why"));
    // The other form is still in hand.
    check_said("on_hold", value(form("Change state", "[name=to]")));
    at.check_clean();
}

TEST(ConsoleTicket, and_the_list_can_be_worked_without_a_mouse) {
    if (!at.usable()) return;
    const std::string ticket_id = at.desk().slow_drain("wm-1");
    std::vector<std::string> candidates;
    at.desk().doubtful_outcome(candidates);
    at.enter(at.desk().maker(), "tickets");
    at.browser().await("table", "wm-1");
    for (const std::string& view :
         {std::string("tickets"), "ticket/" + ticket_id, std::string("review")}) {
        at.look_at(view);
        at.browser().await("h1", view == "tickets"  ? "Tickets"
                                 : view == "review" ? "place"
                                                    : "drain");
        // Of a group of radio buttons Tab reaches one.
        at.browser().run(R"(
            window.stops = new Set(); window.unseen = []; document.activeElement.blur();
            document.addEventListener('focusin', (event) => {
                const at = event.target, style = getComputedStyle(at);
                window.stops.add(at);
                if (style.outlineStyle === 'none' || !parseFloat(style.outlineWidth)) unseen.push(at.outerHTML);
            });)");
        std::string tabs;
        for (int i = 0; i < 60; ++i) tabs += key::kTab;
        at.browser().press(tabs);
        const json missed = at.browser().run(R"(
            const radios = new Set();
            return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
                .filter((one) => one.checkVisibility() && !stops.has(one))
                .filter((one) => one.type !== 'radio' || ![...stops].some((other) => other.name === one.name && other.form === one.form))
                .map((one) => one.outerHTML.slice(0, 120));)");
        STRCMP_EQUAL_TEXT("[]", missed.dump().c_str(), view.c_str());
        STRCMP_EQUAL("[]", at.browser().run("return unseen").dump().c_str());
    }
    at.look_at("tickets?origin=predicted");
    at.browser().await_gone("tbody tr:nth-child(2)");
    at.browser().await("h1", "Tickets");
    at.browser().press("j");
    at.browser().press(key::kEnter);
    at.browser().await(".facts", "Opened");
    at.browser().run("document.querySelector('details[data-fold=Comment] summary').focus()");
    at.browser().press(key::kEnter);
    at.browser().press(key::kTab);
    at.browser().press("by hand alone");
    at.browser().press(key::kTab);
    at.browser().press(key::kEnter);
    at.browser().await(".story", "by hand alone");
    at.browser().press("u");
    at.browser().await("h1", "Tickets");
    at.browser().press("g");
    at.browser().press("p");
    at.browser().await("h1", "Fleet problems");
    at.check_clean();
}
