// The desk's requests are read back by the collector's own strict parsers, and the collector's own
// ticket JSON by the desk: each side is the other's oracle.
#include "firmware_sim/io/desk_json.hpp"

#include <nlohmann/json.hpp>

#include "collector/io/text/desk_parse.hpp"
#include "collector/io/text/json_parse.hpp"
#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

WallTime at(const char* text) {
    return *parse_rfc3339(text);
}
const WallTime kNever = at("1999-01-01T00:00:00Z");  ///< a default that must not come through

collector::Json body_of(const ApiCall& call) {
    const auto json = collector::parse_json(call.body);
    CHECK_TEXT(json.has_value(), call.body.c_str());
    return *json;
}

}  // namespace

TEST_GROUP(DeskJson){};

TEST(DeskJson, registers_devices_in_one_array) {
    collector::RegisterDevice device;
    device.info.device_id = "wm-0001";
    device.info.model = "WM-700";
    device.info.customer_id = "c-1";
    device.info.region = "north";
    device.info.language = "de";
    device.info.segment = "home";
    device.info.centre = "centre-north";
    device.info.installed_at = at("2020-05-01T00:00:00Z");
    const ApiCall call = to_api_call(std::vector{device, device});
    STRCMP_EQUAL("/api/v1/devices", call.path.c_str());
    const auto devices = collector::parse_devices(body_of(call), "demo");
    CHECK_TEXT(devices.has_value(), devices ? "" : devices.error().message.c_str());
    LONGS_EQUAL(2, devices->size());
    const collector::DeviceInfo& read = devices->at(1);
    STRCMP_EQUAL("wm-0001", read.device_id.c_str());
    STRCMP_EQUAL("WM-700", read.model.c_str());
    STRCMP_EQUAL("c-1", read.customer_id.c_str());
    STRCMP_EQUAL("centre-north", read.centre.c_str());
    STRCMP_EQUAL("de", read.language.c_str());
    CHECK(read.installed_at == device.info.installed_at);
    CHECK_FALSE(read.warranty_until.has_value());
}

TEST(DeskJson, says_what_a_calling_customer_says) {
    const ApiCall call =
        to_api_call(collector::InboundContact{.contact_id = "call-7",
                                              .device_id = "rf-0002",
                                              .at = at("2026-03-01T10:00:00Z"),
                                              .channel = collector::Channel::phone,
                                              .component = "compressor",
                                              .failed_at = at("2026-03-01T08:00:00Z"),
                                              .note = "warm"});
    STRCMP_EQUAL("/api/v1/contacts", call.path.c_str());
    const auto read = collector::parse_contact(body_of(call), "demo", kNever);
    CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
    const auto& contact = std::get<collector::InboundContact>(*read);
    STRCMP_EQUAL("call-7", contact.contact_id.c_str());
    STRCMP_EQUAL("compressor", contact.component.c_str());
    CHECK(contact.at == at("2026-03-01T10:00:00Z"));
    CHECK(contact.failed_at == at("2026-03-01T08:00:00Z"));
}

TEST(DeskJson, says_whom_the_desk_reached) {
    const ApiCall call = to_api_call(collector::OutboundContact{.contact_id = "out-1",
                                                                .ticket_id = "t-1",
                                                                .at = at("2026-03-02T10:00:00Z"),
                                                                .result = "reached"});
    const auto read = collector::parse_contact(body_of(call), "demo", kNever);
    CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
    const auto& contact = std::get<collector::OutboundContact>(*read);
    STRCMP_EQUAL("t-1", contact.ticket_id.c_str());
    STRCMP_EQUAL("reached", contact.result.c_str());
    CHECK(contact.at == at("2026-03-02T10:00:00Z"));
}

TEST(DeskJson, moves_a_ticket) {
    const ApiCall call =
        to_api_call(collector::ChangeTicket{.ticket_id = "t-1",
                                            .to = collector::TicketState::scheduled,
                                            .at = at("2026-03-02T11:00:00Z"),
                                            .why = "visit agreed"});
    STRCMP_EQUAL("/api/v1/tickets/t-1/transition", call.path.c_str());
    const auto read = collector::parse_desk_action(
        body_of(call), {.ticket_id = "t-1", .action = "transition", .now = kNever});
    CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
    const auto& change = std::get<collector::ChangeTicket>(*read);
    CHECK(change.to == collector::TicketState::scheduled);
    CHECK(change.at == at("2026-03-02T11:00:00Z"));
    STRCMP_EQUAL("visit agreed", change.why.c_str());
}

TEST(DeskJson, asks_for_every_action_of_the_desk_as_the_api_reads_it) {
    const auto check = [](decltype(collector::WorkOnTicket::action) action) {
        const ApiCall call = to_api_call(collector::WorkOnTicket{"t-1", action, "", "because"});
        const std::string name = call.path.substr(call.path.rfind('/') + 1);
        const auto read = collector::parse_desk_action(
            body_of(call), {.ticket_id = "t-1", .action = name, .now = kNever});
        CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
        const auto& work = std::get<collector::WorkOnTicket>(*read);
        LONGS_EQUAL(action.index(), work.action.index());
        STRCMP_EQUAL("because", work.why.c_str());
    };
    check(collector::Assign{"anna"});
    check(collector::Escalate{2});
    check(collector::AddComment{});
    check(collector::Reroute{"north"});
    check(collector::MergeInto{"t-2"});
}

TEST(DeskJson, promotes_a_rule) {
    const ApiCall call =
        to_api_call(collector::ChangeRule{"wm_drain", collector::RuleMode::live, "cli", "9 of 10"});
    STRCMP_EQUAL("/api/v1/rules/wm_drain/standing", call.path.c_str());
    STRCMP_EQUAL(R"({"mode":"live","reason":"9 of 10"})", call.body.c_str());
}

TEST(DeskJson, reports_an_outcome_with_its_parts) {
    collector::Outcome outcome;
    outcome.id = "o-1";
    outcome.ticket_id = "t-1";
    outcome.device_id = "wm-0001";
    outcome.at = at("2026-03-04T11:00:00Z");
    outcome.code = collector::OutcomeCode::failure_repaired;
    outcome.component = "drain_pump";
    outcome.failure_mode = "drain_pump_worn";
    outcome.failed_at = at("2026-03-03T00:00:00Z");
    outcome.visit_count = 2;
    outcome.labour_min = 42.5;
    outcome.parts = {{"P-1", "old", "new"}};
    outcome.not_solvable_at_first_contact = true;
    const ApiCall call = to_api_call(collector::SubmitOutcome{outcome});
    STRCMP_EQUAL("/api/v1/outcomes", call.path.c_str());
    const auto read = collector::parse_outcome(body_of(call), "demo", kNever);
    CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
    CHECK(read->code == outcome.code);
    CHECK(read->at == outcome.at);
    CHECK(read->failed_at == outcome.failed_at);
    LONGS_EQUAL(2, read->visit_count);
    DOUBLES_EQUAL(42.5, read->labour_min, 0);
    CHECK(read->not_solvable_at_first_contact);
    LONGS_EQUAL(1, read->parts.size());
    STRCMP_EQUAL("new", read->parts[0].new_serial.c_str());
}

TEST(DeskJson, reads_the_collector_s_pages_of_tickets) {
    collector::Ticket ticket;
    ticket.id = "t-9";
    ticket.device_id = "ac-0003";
    ticket.component = "fan";
    ticket.failure_mode = "fan_bearing";
    ticket.origin = collector::Origin::predicted;
    ticket.state = collector::TicketState::on_hold;
    ticket.rule = "fan_drift@2";
    ticket.horizon_h = 168;
    ticket.detected_at = at("2026-02-01T01:00:00Z");
    ticket.opened_at = at("2026-02-01T02:00:00Z");
    ticket.contacted_at = at("2026-02-01T03:00:00Z");
    ticket.centre = "centre-north";
    const collector::Page<collector::Ticket> page{.items = {ticket}, .next_cursor = "abc"};
    const auto read = parse_ticket_page(collector::compact_text(collector::json_of(page)));
    CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
    STRCMP_EQUAL("abc", read->next_cursor.c_str());
    LONGS_EQUAL(1, read->items.size());
    const collector::Ticket& one = read->items[0];
    STRCMP_EQUAL("t-9", one.id.c_str());
    STRCMP_EQUAL("fan", one.component.c_str());
    STRCMP_EQUAL("fan_bearing", one.failure_mode.c_str());
    CHECK(one.state == collector::TicketState::on_hold);
    CHECK(one.origin == collector::Origin::predicted);
    CHECK(one.opened_at == ticket.opened_at);
    CHECK(one.detected_at == ticket.detected_at);
    CHECK(one.contacted_at == ticket.contacted_at);
    CHECK_FALSE(one.resolved_at.has_value());
    DOUBLES_EQUAL(168, one.horizon_h, 0);

    const auto last = parse_ticket_page(
        collector::compact_text(collector::json_of(collector::Page<collector::Ticket>{})));
    STRCMP_EQUAL("", last->next_cursor.c_str());
}

TEST(DeskJson, reads_one_ticket_with_its_history) {
    collector::TicketDetail detail;
    detail.ticket.id = "t-1";
    detail.ticket.device_id = "wm-0001";
    detail.ticket.state = collector::TicketState::closed;
    const auto read = parse_ticket_detail(collector::compact_text(collector::json_of(detail)));
    CHECK_TEXT(read.has_value(), read ? "" : read.error().message.c_str());
    CHECK(read->state == collector::TicketState::closed);
}

TEST(DeskJson, refuses_what_is_not_a_page_or_not_a_ticket) {
    CHECK_FALSE(parse_ticket_page("not json").has_value());
    CHECK_FALSE(parse_ticket_page("[]").has_value());
    CHECK_FALSE(parse_ticket_page(R"({"items": [{"id": "t-1"}]})").has_value());
    CHECK_FALSE(parse_ticket_detail(R"({"ticket": {"id": "t-1", "state": "asleep"}})").has_value());
}
