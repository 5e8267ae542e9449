#include <sstream>

#include "collector/io/http/routes.hpp"
#include "tests/unit/collector_http/api_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(ApiReads) {
    ApiFixture api;
};

TEST(ApiReads, ask_for_a_token_before_they_say_anything) {
    for (const char* path : {"/api/v1/devices", "/api/v1/devices/wm-1", "/api/v1/tickets",
                             "/api/v1/tickets/t-north", "/api/v1/kpis", "/api/v1/kpis/x/rows"}) {
        LONGS_EQUAL_TEXT(401, api.get(path, "").status, path);
        LONGS_EQUAL_TEXT(401, api.get(path, "act_wrong").status, path);
    }
    STRCMP_EQUAL("application/problem+json", api.last.content_type.c_str());
    STRCMP_EQUAL("Authorization", api.field().c_str());
    // The hash of a token is no token.
    LONGS_EQUAL(401, api.get("/api/v1/tickets", api.data.tokens[0].sha256).status);
}

TEST(ApiReads, show_a_maker_its_tenant_and_nothing_else) {
    api.get("/api/v1/devices", api.maker);
    LONGS_EQUAL(2, api.body()["items"].size());
    STRCMP_EQUAL("more", api.body()["next_cursor"].get<std::string>().c_str());
    api.get("/api/v1/tickets", api.maker);
    LONGS_EQUAL(2, api.body()["items"].size());
    LONGS_EQUAL(200, api.get("/api/v1/devices/wm-1", api.maker).status);
    STRCMP_EQUAL("wm-1", api.body()["device_id"].get<std::string>().c_str());
    CHECK_TRUE(api.body()["faults"].is_array());
    LONGS_EQUAL(404, api.get("/api/v1/devices/wm-3", api.maker).status);
    LONGS_EQUAL(404, api.get("/api/v1/tickets/t-rival", api.maker).status);
}

TEST(ApiReads, show_a_centre_what_is_assigned_to_it) {
    api.get("/api/v1/devices", api.north);
    LONGS_EQUAL(1, api.body()["items"].size());
    api.get("/api/v1/tickets", api.north);
    LONGS_EQUAL(1, api.body()["items"].size());
    STRCMP_EQUAL("t-north", api.body()["items"][0]["id"].get<std::string>().c_str());
    LONGS_EQUAL(200, api.get("/api/v1/tickets/t-north", api.north).status);
    LONGS_EQUAL(404, api.get("/api/v1/tickets/t-south", api.north).status);
    LONGS_EQUAL(404, api.get("/api/v1/devices/wm-2", api.north).status);
    LONGS_EQUAL(403, api.get("/api/v1/tickets?centre=south", api.north).status);
    STRCMP_EQUAL("centre", api.field().c_str());
}

TEST(ApiReads, tell_a_tickets_version_and_its_story) {
    api.get("/api/v1/tickets/t-north", api.auditor);
    LONGS_EQUAL(200, api.last.status);
    LONGS_EQUAL(1, api.body()["events"].size());
    STRCMP_EQUAL("t-north", api.body()["ticket"]["id"].get<std::string>().c_str());
    bool tagged = false;
    for (const auto& [name, value] : api.last.headers) tagged |= name == "ETag" && value == "\"7\"";
    CHECK_TRUE(tagged);
}

TEST(ApiReads, hand_their_parameters_to_the_query) {
    api.get(
        "/api/v1/"
        "tickets?state=open_any&origin=predicted&device_id=wm-1&component=a%20b&sla=breached&queue="
        "unroutable&assignee=anna&escalated=true&limit=7",
        api.maker);
    const TicketFilter& filter = api.data.last_filter;
    STRCMP_EQUAL("open_any", filter.state.c_str());
    STRCMP_EQUAL("predicted", filter.origin.c_str());
    STRCMP_EQUAL("wm-1", filter.device_id.c_str());
    STRCMP_EQUAL("a b", filter.component.c_str());
    STRCMP_EQUAL("breached", filter.sla.c_str());
    STRCMP_EQUAL("acme", filter.tenant.c_str());
    STRCMP_EQUAL("unroutable", filter.queue.c_str());
    STRCMP_EQUAL("anna", filter.assignee.c_str());
    CHECK_TRUE(filter.escalated);
    LONGS_EQUAL(7, filter.limit);
    LONGS_EQUAL(400, api.get("/api/v1/tickets?escalated=yes", api.maker).status);
    STRCMP_EQUAL("escalated", api.field().c_str());
}

TEST(ApiReads, show_with_a_ticket_what_the_catalogue_says_of_it) {
    api.data.devices[0].language = "de-AT";
    api.get("/api/v1/tickets/t-north", api.maker);
    STRCMP_EQUAL("Sieb reinigen.", api.body()["guide"]["message"].get<std::string>().c_str());
    STRCMP_EQUAL("Pump blocked", api.body()["guide"]["title"].get<std::string>().c_str());
    STRCMP_EQUAL("P-1", api.body()["guide"]["parts"][0].get<std::string>().c_str());
    api.get("/api/v1/tickets/t-north?language=en", api.maker);
    STRCMP_EQUAL("Clean the filter.", api.body()["guide"]["message"].get<std::string>().c_str());
    api.data.tickets[0].ticket.failure_mode = "unknown";
    api.get("/api/v1/tickets/t-north", api.maker);
    CHECK_TRUE(api.body()["guide"].is_null());
}

TEST(ApiReads, show_what_a_ticket_was_promised_and_what_is_left_of_it) {
    TicketDetail& detail = api.data.tickets.front();
    SlaTerms terms{.id = "gold/berlin#1", .policy = "gold", .resolution = hours_ms(8)};
    detail.ticket.sla.terms = terms.id;
    detail.ticket.sla.resolution = {.spent = hours_ms(6.5), .at_risk = true};
    detail.sla_terms = terms;
    api.get("/api/v1/tickets/" + detail.ticket.id, api.maker);
    const auto sla = api.body()["ticket"]["sla"];
    STRCMP_EQUAL("gold", sla["policy"].get<std::string>().c_str());
    STRCMP_EQUAL("berlin", sla["calendar"].get<std::string>().c_str());
    STRCMP_EQUAL("paused", sla["clock"].get<std::string>().c_str());
    LONGS_EQUAL(5'400'000, sla["resolution"]["remaining_ms"].get<int>());
    STRCMP_EQUAL("at_risk", sla["resolution"]["alarm"].get<std::string>().c_str());
    CHECK_TRUE(sla["resolution"]["due_at"].is_null());
    CHECK_TRUE(sla["first_response"]["alarm"].is_null());
}

TEST(ApiReads, name_the_parameter_that_is_wrong) {
    const std::pair<const char*, const char*> wrong[] = {
        {"/api/v1/tickets?limit=0", "limit"},
        {"/api/v1/tickets?limit=1001", "limit"},
        {"/api/v1/tickets?limit=1x", "limit"},
        {"/api/v1/tickets?limit=-1", "limit"},
        {"/api/v1/tickets?colour=red", "colour"},
        {"/api/v1/kpis?from=yesterday", "from"},
        {"/api/v1/kpis?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from"},
        {"/api/v1/kpis?value=x", "value"},
        {"/api/v1/kpis?by=colour", "by"},
        {"/api/v1/devices/wm-1?x=1", "x"},
    };
    for (const auto& [target, name] : wrong) {
        LONGS_EQUAL_TEXT(400, api.get(target, api.maker).status, target);
        STRCMP_EQUAL_TEXT(name, api.field().c_str(), target);
    }
    LONGS_EQUAL(400, api.get("/api/v1/tickets?cursor=nonsense", api.maker).status);
    LONGS_EQUAL(400, api.get("/api/v1/tickets?limit=1&limit=2", api.maker).status);
    LONGS_EQUAL(400, api.get("/api/v1/tickets?state=%zz", api.maker).status);
    LONGS_EQUAL(400, api.get("no-path", api.maker).status);
}

TEST(ApiReads, answer_wrong_paths_and_methods_apart) {
    LONGS_EQUAL(404, api.get("/api/v1/nothing", api.maker).status);
    LONGS_EQUAL(200, api.get("/api/v1/devices/", api.maker).status);
    LONGS_EQUAL(405, api.ask("DELETE", "/api/v1/tickets/t-north", api.maker).status);
    LONGS_EQUAL(405, api.ask("POST", "/metrics", "").status);
    LONGS_EQUAL(404, api.get("/../etc/passwd", "").status);
}

TEST(ApiReads, say_503_while_the_store_is_away) {
    api.data.broken = true;
    LONGS_EQUAL(503, api.get("/api/v1/tickets", api.maker).status);
}

TEST(ApiReads, list_the_board_for_all_and_by_a_dimension) {
    api.get("/api/v1/kpis", api.maker);
    LONGS_EQUAL(200, api.last.status);
    CHECK_TRUE(api.body()["items"].size() > 5);
    STRCMP_EQUAL("2026-01-01T00:00:00Z", api.body()["to"].get<std::string>().c_str());
    api.get("/api/v1/kpis?by=centre", api.maker);
    LONGS_EQUAL(2, api.body()["groups"].size());
    STRCMP_EQUAL("north", api.body()["groups"][0]["value"].get<std::string>().c_str());
    api.get("/api/v1/kpis?by=centre&value=south", api.maker);
    STRCMP_EQUAL("south", api.body()["value"].get<std::string>().c_str());
}

TEST(ApiReads, give_tickets_and_figures_as_csv_to_who_accepts_it) {
    api.ask("GET", "/api/v1/tickets?limit=2&state=open", api.maker, "", {{"accept", "text/csv"}});
    STRCMP_EQUAL("text/csv; charset=utf-8", api.last.content_type.c_str());
    STRCMP_CONTAINS("ticket_id,tenant,device_id,component,failure_mode,origin,rule,opened_at,",
                    api.last.body.c_str());
    STRCMP_CONTAINS("\r\nt-north,acme,wm-1,drain_pump,", api.last.body.c_str());
    std::string link;
    for (const auto& [name, value] : api.last.headers) {
        if (name == "Link") link = value;
    }
    STRCMP_EQUAL("</api/v1/tickets?cursor=a%2Fb&limit=2&state=open>; rel=\"next\"", link.c_str());
    api.ask("GET", "/api/v1/kpis?by=centre", api.maker, "", {{"accept", "text/csv"}});
    STRCMP_CONTAINS("\r\ncentre,south,proactive_contact_rate,", api.last.body.c_str());
}

TEST(ApiReads, show_a_metric_by_its_name_over_time) {
    api.data.series = {milliseconds{300'000}, {{api.now, 12, 20.5, 18, 23}}};
    api.get(
        "/api/v1/devices/wm-1/telemetry?metric=motor_ampere&from=2025-12-01T00:00:00Z"
        "&to=2026-01-01T00:00:00Z&limit=50",
        api.north);
    STRCMP_EQUAL(
        "{\"metric\":\"motor_ampere\",\"bucket_s\":300,\"points\":[{\"at\":"
        "\"2026-01-01T00:00:00Z\",\"samples\":12,\"mean\":20.5,\"min\":18.0,"
        "\"max\":23.0}]}",
        api.last.body.c_str());
    const SeriesFilter& asked = api.data.last_series;
    LONGS_EQUAL(1, asked.device_no);
    LONGS_EQUAL(8, asked.metric_id);
    LONGS_EQUAL(50, asked.points_max);
    CHECK(asked.to == api.now && *asked.from == api.now - hours_ms(31 * 24));
    api.ask("GET", "/api/v1/devices/wm-1/telemetry?metric=water_celsius", api.auditor, "",
            {{"accept", "text/csv"}});
    STRCMP_EQUAL("at,samples,mean,min,max\r\n2026-01-01T00:00:00Z,12,20.5,18,23\r\n",
                 api.last.body.c_str());
}

TEST(ApiReads, keep_telemetry_to_who_may_see_the_device) {
    const std::string query = "/telemetry?metric=water_celsius";
    LONGS_EQUAL(401, api.get("/api/v1/devices/wm-1" + query, "").status);
    LONGS_EQUAL(404, api.get("/api/v1/devices/wm-3" + query, api.maker).status);
    LONGS_EQUAL(404, api.get("/api/v1/devices/wm-2" + query, api.north).status);
    LONGS_EQUAL(200, api.get("/api/v1/devices/wm-2" + query, api.maker).status);
}

TEST(ApiReads, name_what_is_wrong_with_a_question_for_telemetry) {
    const std::string path = "/api/v1/devices/wm-1/telemetry";
    for (const char* query : {"", "?metric=", "?metric=speed"}) {
        LONGS_EQUAL_TEXT(400, api.get(path + query, api.maker).status, query);
        STRCMP_EQUAL("metric", api.field().c_str());
    }
    STRCMP_CONTAINS("it has water_celsius, motor_ampere", api.last.body.c_str());
    LONGS_EQUAL(400, api.get(path + "?metric=water_celsius&limit=10001", api.maker).status);
    STRCMP_EQUAL("limit", api.field().c_str());
    api.get(path + "?metric=water_celsius&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
            api.maker);
    STRCMP_EQUAL("from", api.field().c_str());
}

TEST(ApiReads, drill_down_to_the_tickets_behind_a_figure) {
    api.get("/api/v1/kpis", api.maker);
    const std::string id = api.body()["items"][0]["id"];
    LONGS_EQUAL(200, api.get("/api/v1/kpis/" + id + "/rows", api.maker).status);
    CHECK_TRUE(api.body()["numerator_ids"].is_array());
    LONGS_EQUAL(404, api.get("/api/v1/kpis/no_such/rows", api.maker).status);
}

TEST(ApiReads, compute_figures_only_from_rows_the_caller_may_see) {
    const KpiRows all = *FakeQueries(api.data).kpi_rows();
    const KpiRows tenant = visible_rows({"", Role::auditor, "acme", ""}, all);
    LONGS_EQUAL(2, tenant.tickets.size());
    LONGS_EQUAL(2, tenant.devices.size());
    LONGS_EQUAL(2, tenant.state_events.size());
    const KpiRows centre = visible_rows({"", Role::centre, "acme", "south"}, all);
    LONGS_EQUAL(1, centre.tickets.size());
    STRCMP_EQUAL("t-south", centre.tickets[0].id.c_str());
    STRCMP_EQUAL("t-south", centre.state_events.at(0).ticket_id.c_str());
}

TEST_GROUP(ApiOpenRoutes) {
    ApiFixture api;
};

TEST(ApiOpenRoutes, say_which_condition_of_readiness_fails_and_since_when) {
    LONGS_EQUAL(200, api.get("/healthz", "").status);
    LONGS_EQUAL(503, api.get("/readyz", "").status);
    CHECK_TRUE(api.body()["since"].is_null());
    api.figures.conditions = {{.name = "broker", .met = true, .since = api.now},
                              {.name = "store", .met = true, .since = api.now}};
    LONGS_EQUAL(200, api.get("/readyz", "").status);
    api.figures.conditions[1] = {
        .name = "store", .why = "disk full", .since = api.now + milliseconds{5'000}};
    LONGS_EQUAL(503, api.get("/readyz", "").status);
    STRCMP_EQUAL("2026-01-01T00:00:05Z", api.body()["since"].get<std::string>().c_str());
    const auto store = api.body()["conditions"][1];
    STRCMP_EQUAL("disk full", store["why"].get<std::string>().c_str());
    STRCMP_EQUAL("2026-01-01T00:00:05Z", store["since"].get<std::string>().c_str());
    CHECK_FALSE(store["met"].get<bool>());
}

TEST(ApiOpenRoutes, tell_prometheus_what_was_refused_and_why) {
    api.figures.engine.totals.refused[static_cast<std::size_t>(RefusalReason::bad_protobuf)] = 3;
    const std::string text = api.get("/metrics", "").body;
    STRCMP_CONTAINS("text/plain; version=0.0.4", api.last.content_type.c_str());
    STRCMP_CONTAINS("\naftercare_collector_quarantined_total{reason=\"bad_protobuf\"} 3\n",
                    text.c_str());
}

TEST(ApiOpenRoutes, serve_console_and_contract_from_the_program_itself) {
    STRCMP_CONTAINS("<html", api.get("/", "").body.c_str());
    STRCMP_CONTAINS("openapi: 3.1.", api.get("/api/v1/openapi.yaml", "").body.c_str());
    std::string tag;
    bool locked_down = false;
    for (const auto& [name, value] : api.get("/app.js", "").headers) {
        if (name == "ETag") tag = value;
        locked_down |= name == "Content-Security-Policy" &&
                       value.find("default-src 'none'") != std::string::npos;
    }
    CHECK_TRUE(locked_down);
    LONGS_EQUAL(304, api.ask("GET", "/app.js", "", "", {{"if-none-match", tag}}).status);
}

TEST(ApiOpenRoutes, exist_as_the_contract_lists_them) {
    std::istringstream contract(api.get("/api/v1/openapi.yaml", "").body);
    std::string path;
    int operations = 0;
    for (std::string line; std::getline(contract, line) && line != "components:";) {
        if (line.rfind("  /", 0) == 0) path = line.substr(2, line.rfind(':') - 2);
        const bool get = line == "    get:";
        if (path.empty() || (!get && line != "    post:")) continue;
        ++operations;
        std::string target = path;
        for (std::size_t at = 0; (at = target.find('{')) != std::string::npos;) {
            target.replace(at, target.find('}') - at + 1, "x");
        }
        const unsigned status = api.ask(get ? "GET" : "POST", target, "").status;
        const bool open = path.rfind("/api/v1/", 0) != 0 || path == "/api/v1/openapi.yaml";
        const unsigned expected = path == "/readyz" ? 503 : open ? 200 : 401;
        LONGS_EQUAL_TEXT(expected, status, (path + line).c_str());
    }
    LONGS_EQUAL(36, operations);
}

TEST_GROUP(ApiRules) {
    ApiFixture api;
};

TEST(ApiRules, are_reported_with_their_standing_and_what_they_saved) {
    api.rules.rules = {{.id = "pump", .component = "drain_pump", .failure_mode = "blocked"}};
    Ticket& ticket = api.data.tickets[0].ticket;
    ticket.rule = "pump@1";
    ticket.probability = 0.75;
    ticket.decision = Decision::confirmed;
    ticket.resolved_at = ticket.opened_at + hours_ms(5);
    api.data.rules.standings = {{.rule_id = "pump", .no = 1, .mode = RuleMode::shelved}};
    LONGS_EQUAL(200, api.get("/api/v1/rules/report", api.maker).status);
    const auto report = api.body();
    const auto& rule = report["rules"][0];
    STRCMP_EQUAL("shelved", rule["mode"].get<std::string>().c_str());
    LONGS_EQUAL(1, rule["total"]["decided"].get<int>());
    DOUBLES_EQUAL(1, rule["total"]["precision"].get<double>(), 0);
    DOUBLES_EQUAL(300, rule["total"]["cost_saved"].get<double>(), 0);
    STRCMP_EQUAL("EUR", report["currency"].get<std::string>().c_str());
    DOUBLES_EQUAL(0.0625, report["reliability"]["tickets"]["brier"].get<double>(), 1e-12);
    CHECK(report["reliability"]["trials"].is_null());
    LONGS_EQUAL(403, api.get("/api/v1/rules/report", api.north).status);
    LONGS_EQUAL(200, api.get("/api/v1/rules/report", api.auditor).status);
}
