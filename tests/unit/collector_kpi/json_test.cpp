#include "collector/io/text/json.hpp"

#include <nlohmann/json.hpp>

#include "collector/io/text/desk_parse.hpp"
#include "collector/io/text/json_parse.hpp"
#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

const WallTime kNow = wall_from_unix_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z

template <class T>
void check_refused(const Result<T>& result, const char* part_of_message) {
    CHECK_FALSE(result.has_value());
    STRCMP_CONTAINS(part_of_message, result.error().message.c_str());
    CHECK_TRUE(result.error().code == Errc::invalid);
}

Json body(const char* text) {
    Result<Json> json = parse_json(text);
    CHECK_TRUE_TEXT(json.has_value(), text);
    return *json;
}

}  // namespace

TEST_GROUP(JsonText){};

TEST(JsonText, a_ticket_shows_times_enums_and_absent_values) {
    Ticket ticket;
    ticket.id = "t1";
    ticket.state = TicketState::in_progress;
    ticket.opened_at = kNow;
    ticket.evidence_json = R"([{"sentence":"hot"}])";
    const Json json = json_of(ticket);
    STRCMP_EQUAL("in_progress", json["state"].get<std::string>().c_str());
    STRCMP_EQUAL("2026-01-01T00:00:00Z", json["opened_at"].get<std::string>().c_str());
    CHECK_TRUE(json["resolved_at"].is_null());
    CHECK_TRUE(json["outcome"].is_null());
    STRCMP_EQUAL("hot", json["evidence"][0]["sentence"].get<std::string>().c_str());
}

TEST(JsonText, an_undefined_kpi_is_null_not_zero) {
    const Json json = json_of(Kpi{});
    CHECK_TRUE(json["value"].is_null());
    CHECK_TRUE(json["low"].is_null());
}

TEST(JsonText, a_page_has_items_and_a_cursor_or_null) {
    Page<Ticket> page;
    page.items.resize(2);
    LONGS_EQUAL(2, json_of(page)["items"].size());
    CHECK_TRUE(json_of(page)["next_cursor"].is_null());
    page.next_cursor = "abc";
    STRCMP_EQUAL("abc", json_of(page)["next_cursor"].get<std::string>().c_str());
}

TEST(JsonText, bytes_that_are_no_utf8_do_not_throw) {
    DeviceInfo device;
    device.firmware = "1.\xFF";
    STRCMP_CONTAINS("\xEF\xBF\xBD", compact_text(json_of(device)).c_str());
}

TEST(JsonText, consent_is_a_list_of_purposes) {
    DeviceInfo device;
    device.consent_purposes = bit(Purpose::safety) | bit(Purpose::contact);
    STRCMP_CONTAINS(R"("consent_purposes":["safety","contact"])",
                    compact_text(json_of(device)).c_str());
}

TEST(JsonText, counts_list_only_the_reasons_that_occurred) {
    Counts counts;
    counts.totals.refused[static_cast<std::size_t>(RefusalReason::bad_protobuf)] = 3;
    STRCMP_EQUAL(R"({"bad_protobuf":3})",
                 compact_text(json_of(counts)["totals"]["refused"]).c_str());
}

TEST_GROUP(JsonParse){};

TEST(JsonParse, broken_text_names_line_and_column) {
    check_refused(parse_json("{\n  \"a\": }"), "line 2, column 8");
}

TEST(JsonParse, a_body_beyond_the_bound_is_refused) {
    const Result<Json> json = parse_json(std::string(kJsonBytesMax + 1, ' '));
    CHECK_TRUE(json.error().code == Errc::exhausted);
}

TEST(JsonParse, nesting_as_deep_as_the_bound_allows_costs_no_stack) {
    const std::size_t deep = kJsonBytesMax / 2 - 32;
    const std::string nested = std::string(deep, '[') + std::string(deep, ']');
    // More members after it make the library move what it has read.
    check_refused(parse_json(R"({"a":)" + nested + R"(,"b":1,"c":2,"d":3})"), "nested deeper");
    check_refused(parse_json(nested), "nested deeper");
    check_refused(parse_json(std::string(deep, '{')), "nested deeper");
}

TEST(JsonParse, brackets_in_texts_nest_nothing) {
    const std::string many(100, '[');
    const Result<Json> json = parse_json(R"({"a":"\")" + many + R"(","b":[["\\"]]})");
    CHECK_TRUE(json.has_value());
    STRCMP_EQUAL(("\"" + many).c_str(), (*json)["a"].get<std::string>().c_str());
}

TEST(JsonParse, a_device_survives_reading_and_sending_back) {
    DeviceInfo device;
    device.no = 7;
    device.tenant = "acme";
    device.device_id = "wm-1";
    device.model = "wm";
    device.region = "north";
    device.warranty_until = kNow;
    const Result<DeviceInfo> back = parse_device(json_of(device), "other");
    CHECK_TRUE(back.has_value());
    STRCMP_EQUAL("acme", back->tenant.c_str());
    STRCMP_EQUAL("north", back->region.c_str());
    CHECK_TRUE(*back->warranty_until == kNow);
    LONGS_EQUAL(0, back->no);
}

TEST(JsonParse, a_device_array_names_the_item_that_is_wrong) {
    const Json json = body(R"([{"device_id":"a","model":"m"},{"device_id":"b c","model":"m"}])");
    check_refused(parse_devices(json, "acme"), "item 1: member \"device_id\"");
}

TEST(JsonParse, an_unknown_member_is_refused_with_the_allowed_ones) {
    const Json json = body(R"({"device_id":"a","model":"m","colour":"red"})");
    check_refused(parse_device(json, "acme"),
                  "\"colour\" is unknown; allowed are tenant, device_id");
}

TEST(JsonParse, an_outcome_takes_every_member) {
    const Json json = body(R"({"id":"o1","ticket_id":"t1","at":"2026-01-02T03:04:05Z",
        "code":"confirmed_fixed","component":"pump","failed_at":"2026-01-01T00:00:00Z",
        "visit_count":2,"labour_min":45.5,"parts":[{"number":"4711","new_serial":"n"}],
        "not_solvable_at_first_contact":true,"note":"ok"})");
    const Result<Outcome> outcome = parse_outcome(json, "acme", kNow);
    CHECK_TRUE(outcome.has_value());
    STRCMP_EQUAL("acme", outcome->tenant.c_str());
    STRCMP_EQUAL("2026-01-02T03:04:05Z", format_rfc3339(outcome->at).c_str());
    LONGS_EQUAL(2, outcome->visit_count);
    DOUBLES_EQUAL(45.5, outcome->labour_min, 0);
    STRCMP_EQUAL("4711", outcome->parts.at(0).number.c_str());
    CHECK_TRUE(outcome->not_solvable_at_first_contact);
    CHECK_TRUE(*outcome->failed_at == kNow);
}

TEST(JsonParse, an_outcome_without_at_happened_now) {
    const Json json = body(R"({"id":"o1","device_id":"d","code":"no_fault_found"})");
    CHECK_TRUE(parse_outcome(json, "acme", kNow)->at == kNow);
}

TEST(JsonParse, wrong_codes_list_what_is_allowed) {
    const Json json = body(R"({"id":"o1","ticket_id":"t1","code":"fixed"})");
    check_refused(parse_outcome(json, "acme", kNow),
                  "member \"code\": \"fixed\" is not one of confirmed_fixed, other_fault_fixed");
}

TEST(JsonParse, numbers_are_strict) {
    const char* const kRefused[] = {R"("visit_count":-1)",  R"("visit_count":1.5)",
                                    R"("visit_count":"1")", R"("visit_count":1001)",
                                    R"("labour_min":-0.1)", R"("labour_min":true)"};
    for (const char* member : kRefused) {
        const std::string text =
            R"({"id":"o","ticket_id":"t","code":"no_fault_found",)" + std::string(member) + "}";
        CHECK_FALSE_TEXT(parse_outcome(body(text.c_str()), "acme", kNow).has_value(), member);
    }
}

TEST(JsonParse, an_outcome_must_say_what_it_is_about) {
    check_refused(parse_outcome(body(R"({"id":"o1","code":"no_fault_found"})"), "acme", kNow),
                  "\"ticket_id\" or \"device_id\"");
}

TEST(JsonParse, direction_picks_the_contact_form) {
    const auto inbound = parse_contact(
        body(R"({"direction":"inbound","contact_id":"c","device_id":"d","component":"pump"})"),
        "acme", kNow);
    CHECK_TRUE(std::holds_alternative<InboundContact>(*inbound));
    const auto outbound = parse_contact(
        body(R"({"direction":"outbound","contact_id":"c","ticket_id":"t","result":"reached",
                 "channel":"email"})"),
        "acme", kNow);
    CHECK_TRUE(std::get<OutboundContact>(*outbound).channel == Channel::email);
    check_refused(parse_contact(body(R"({"contact_id":"c"})"), "acme", kNow),
                  "\"direction\" is missing");
    check_refused(parse_contact(body(R"({"direction":"outbound","contact_id":"c"})"), "acme", kNow),
                  "\"ticket_id\" is missing");
}

TEST(JsonParse, a_transition_needs_a_state) {
    const DeskActionContext context{.ticket_id = "t9", .action = "transition", .now = kNow};
    const auto change = parse_desk_action(body(R"({"to":"on_hold","why":"part"})"), context);
    CHECK_TRUE(std::get<ChangeTicket>(*change).to == TicketState::on_hold);
    STRCMP_EQUAL("t9", std::get<ChangeTicket>(*change).ticket_id.c_str());
    check_refused(parse_desk_action(body(R"({"to":"finished"})"), context), "is not one of open,");
    check_refused(parse_desk_action(body("[]"), context), "expected a JSON object");
}

TEST(JsonParse, an_action_of_the_desk_needs_its_members) {
    const auto read = [](const char* action, const char* text) {
        return parse_desk_action(body(text), {.ticket_id = "t9", .action = action, .now = kNow});
    };
    const auto assign = read("assign", R"({"assignee":"anna","why":"on duty"})");
    const auto& work = std::get<WorkOnTicket>(*assign);
    STRCMP_EQUAL("anna", std::get<Assign>(work.action).assignee.c_str());
    STRCMP_EQUAL("on duty", work.why.c_str());
    check_refused(read("assign", "{}"), "member \"assignee\" is missing");
    check_refused(read("escalate", R"({"level":4,"why":"x"})"), "from 0 to 3");
    check_refused(read("escalate", R"({"why":"x"})"), "member \"level\" is missing");
    check_refused(read("comment", R"({"text":""})"), "member \"text\" is missing");
    check_refused(read("comment", R"({"text":"a","why":"b"})"), "\"why\" is unknown");
    check_refused(read("route", R"({"centre":"a b"})"), "member \"centre\"");
    check_refused(read("merge", "{}"), "member \"into\" is missing");
    check_refused(read("juggle", "{}"), "allowed are transition, assign, escalate, comment");
}

TEST(JsonParse, actions_on_many_tickets_come_alike_or_one_by_one) {
    const DeskActionContext context{.who = "api:x", .scope = {"acme", ""}, .now = kNow};
    const auto alike = parse_desk_bulk(
        body(R"({"action":"escalate","ids":["t1","t2"],"level":2,"why":"recall"})"), context);
    LONGS_EQUAL(2, alike->commands.size());
    STRCMP_EQUAL("t2", std::get<WorkOnTicket>(alike->commands[1]).ticket_id.c_str());
    STRCMP_EQUAL("acme", std::get<WorkOnTicket>(alike->commands[1]).scope.tenant.c_str());
    const auto mixed =
        parse_desk_bulk(body(R"({"items":[{"id":"t1","action":"comment","text":"a","version":3},
                          {"id":"t2","action":"transition","to":"open"}]})"),
                        context);
    LONGS_EQUAL(3, *std::get<WorkOnTicket>(mixed->commands.at(0)).expected_version);
    CHECK(!std::get<ChangeTicket>(mixed->commands.at(1)).expected_version);
    check_refused(parse_desk_bulk(body(R"({"items":[{"id":"t1","action":"comment"}]})"), context),
                  "item 0: member \"text\" is missing");
    check_refused(parse_desk_bulk(body(R"({"ids":[7],"action":"comment","text":"a"})"), context),
                  "member \"ids\"");
    check_refused(parse_desk_bulk(body(R"({"action":"comment"})"), context), "\"ids\"");
    Json many{{"action", "comment"}, {"text", "a"}, {"ids", std::vector<std::string>(501, "t")}};
    CHECK(parse_desk_bulk(many, context).error().code == Errc::exhausted);
}
