#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using enum TicketState;

TEST_GROUP(Contacts) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
    }
    Sent fault(double hour, std::uint32_t code) {
        station.go_to(at_h(hour));
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), code)}));
        return station.commit();
    }
    Result<CommandReply> call(double hour, InboundContact command) {
        station.go_to(at_h(hour));
        command.tenant = "brand";
        command.device_id = "wm-1";
        command.at = at_h(hour);
        if (command.contact_id.empty()) command.contact_id = "call-" + std::to_string(++calls);
        return station.command(command);
    }
    int calls = 0;
    const Ticket& by_mode(const std::string& mode) {
        for (const auto& [id, ticket] : station.tables().tickets) {
            if (ticket.failure_mode == mode && is_open(ticket.state)) return ticket;
        }
        FAIL(mode.c_str());
        return station.ticket();
    }
};

TEST(Contacts, the_appliance_speaks_first_in_the_customers_language) {
    const Sent sent = fault(5, 1);
    LONGS_EQUAL(1, sent.notices.size());
    const Notice& notice = sent.notices[0].second;
    STRCMP_EQUAL("clean_filter", std::string{notice.message_key.view()}.c_str());
    STRCMP_EQUAL("de", std::string{notice.language.view()}.c_str());
    STRCMP_EQUAL("A12", std::string{notice.article.view()}.c_str());
    CHECK(wall_from_unix_ms(notice.expires_unix_ms) == at_h(53));
    const Ticket& ticket = station.ticket();
    CHECK(ticket.state == contacted);
    CHECK(*ticket.contacted_at == at_h(5) && *ticket.first_outbound_at == at_h(5));
    CHECK_TRUE(*ticket.first_contact_outbound);
    UNSIGNED_LONGS_EQUAL(1, ticket.contact_count);
    const Contact& contact = station.tables().contacts.at(ticket.id + "-c2");
    STRCMP_EQUAL("sent", contact.result.c_str());
    const TicketEvent& event = station.tables().events.at({ticket.id, 2});
    CHECK(*event.from == open && *event.to == contacted);
}

// promise: consent-first
TEST(Contacts, without_consent_nobody_is_contacted) {
    appliance.purposes = kAllPurposes & ~bit(Purpose::contact);
    CHECK_TRUE(fault(5, 1).notices.empty());
    const Ticket& ticket = station.ticket();
    CHECK(ticket.state == open && !ticket.contacted_at);
    UNSIGNED_LONGS_EQUAL(0, ticket.contact_count);
    STRCMP_EQUAL("suppressed:consent", station.tables().contacts.begin()->second.result.c_str());
}

TEST(Contacts, a_customer_is_not_told_twice_a_day) {
    LONGS_EQUAL(1, fault(5, 1).notices.size());
    LONGS_EQUAL(0, fault(20, 4).notices.size());
    const Ticket& second = by_mode("pump_noise");
    CHECK(second.state == open);
    STRCMP_EQUAL("suppressed:cap", station.tables().contacts.at(second.id + "-c2").result.c_str());
}

TEST(Contacts, what_the_cap_held_back_is_said_when_it_has_passed) {
    fault(5, 1);
    fault(20, 4);
    station.restart();
    CHECK_TRUE(station.commit_at(at_h(29) - milliseconds{1}).notices.empty());
    const Sent sent = station.commit_at(at_h(29));
    LONGS_EQUAL(1, sent.notices.size());
    STRCMP_EQUAL("pump_noise", std::string{sent.notices[0].second.message_key.view()}.c_str());
    CHECK(by_mode("pump_noise").state == contacted);
    CHECK(*by_mode("pump_noise").contacted_at == at_h(29));
    CHECK_TRUE(station.commit_at(at_h(60)).notices.empty());
}

TEST(Contacts, who_called_meanwhile_is_not_told_again) {
    fault(5, 1);
    fault(20, 4);
    CHECK_TRUE(call(22, {.failure_mode = "pump_noise"}).has_value());
    CHECK_TRUE(station.commit_at(at_h(40)).notices.empty());
}

TEST(Contacts, a_rule_may_ask_for_a_notice_or_a_self_test_without_a_ticket) {
    LONGS_EQUAL(1, fault(5, 6).notices.size());
    LONGS_EQUAL(0, fault(6, 6).notices.size());  // the cap holds for these, too
    const Sent sent = fault(7, 7);
    LONGS_EQUAL(1, sent.self_tests.size());
    CHECK_TRUE(sent.self_tests[0].second.request_id != 0);
    LONGS_EQUAL(0, station.tables().tickets.size());
}

TEST(Contacts, a_prediction_that_arrives_too_late_is_not_announced) {
    station.go_to(at_h(60));
    station.send(appliance.report(at_h(60), {appliance.fault(at_h(5), 1)}));
    CHECK_TRUE(station.commit().notices.empty());
    STRCMP_EQUAL("suppressed:stale", station.tables().contacts.begin()->second.result.c_str());
}

TEST(Contacts, a_call_joins_the_ticket_of_its_failure_mode) {
    fault(5, 1);
    fault(6, 4);
    const auto reply = call(7, {.failure_mode = "pump_noise", .failed_at = at_h(6.5)});
    const Ticket& ticket = by_mode("pump_noise");
    STRCMP_EQUAL(ticket.id.c_str(), reply->ticket_id.c_str());
    CHECK_FALSE(*ticket.first_contact_outbound);
    CHECK(*ticket.failed_at == at_h(6.5));
    CHECK(ticket.state == contacted);
    CHECK_TRUE(by_mode("pump_blocked").first_contact_outbound.value());
}

TEST(Contacts, a_call_joins_the_open_ticket_of_its_component) {
    fault(5, 2);
    const auto reply = call(7, {.component = "belt"});
    STRCMP_EQUAL(station.ticket().id.c_str(), reply->ticket_id.c_str());
}

TEST(Contacts, a_call_that_names_nothing_joins_the_only_open_ticket) {
    fault(5, 2);
    STRCMP_EQUAL(station.ticket().id.c_str(), call(7, {})->ticket_id.c_str());
    fault(8, 1);
    const auto reply = call(9, {});  // two are open: which one is meant?
    STRCMP_EQUAL(by_mode("unknown").id.c_str(), reply->ticket_id.c_str());
    STRCMP_EQUAL(reply->ticket_id.c_str(),
                 call(10, {.failure_mode = "unknown"})->ticket_id.c_str());
}

TEST(Contacts, a_call_nobody_foresaw_opens_a_reactive_ticket) {
    const auto reply = call(7, {.component = "lid", .failed_at = at_h(6), .note = "does not open"});
    const Ticket& ticket = station.ticket();
    STRCMP_EQUAL(ticket.id.c_str(), reply->ticket_id.c_str());
    CHECK(ticket.origin == Origin::reactive);
    STRCMP_EQUAL("lid", ticket.failure_mode.c_str());
    STRCMP_EQUAL("", ticket.rule.c_str());
    CHECK(ticket.opened_at == at_h(7) && *ticket.contacted_at == at_h(7));
    CHECK(ticket.state == contacted);
    station.commit_at(at_h(10'000));
    CHECK(station.ticket().state == contacted);  // what a customer reported never lapses
}

TEST(Contacts, a_repeated_call_record_changes_nothing) {
    const auto first = call(7, {.contact_id = "crm-1", .component = "lid"});
    station.restart();
    const auto again = call(9, {.contact_id = "crm-1", .component = "belt"});
    CHECK(again->kind == CommandReply::Kind::unchanged);
    STRCMP_EQUAL(first->ticket_id.c_str(), again->ticket_id.c_str());
    UNSIGNED_LONGS_EQUAL(1, station.ticket().contact_count);
}

TEST(Contacts, an_attempt_that_reached_nobody_is_no_contact) {
    fault(5, 2);
    OutboundContact command{
        .contact_id = "p1", .ticket_id = station.ticket().id, .at = at_h(6), .result = "no_answer"};
    station.go_to(at_h(6));
    CHECK_TRUE(station.command(command).has_value());
    CHECK(!station.ticket().contacted_at && station.ticket().state == open);
    command.contact_id = "p2";
    command.result = "reached";
    CHECK_TRUE(station.command(command).has_value());
    CHECK(*station.ticket().contacted_at == at_h(6) && station.ticket().state == contacted);
    CHECK(station.command(command)->kind == CommandReply::Kind::unchanged);
    command.contact_id = "p3";
    command.result = "resolved";
    command.channel = Channel::email;
    CHECK_TRUE(station.command(command).has_value());
    CHECK(station.ticket().state == resolved && station.ticket().self_service);
    UNSIGNED_LONGS_EQUAL(2, station.ticket().contact_count);
    command.contact_id = "p4";
    command.ticket_id = "Tnone";
    CHECK(station.command(command).error().code == Errc::not_found);
}

TEST(Contacts, a_call_reported_late_was_still_the_first_contact) {
    fault(5, 1);
    InboundContact late{
        .contact_id = "late", .tenant = "brand", .device_id = "wm-1", .at = at_h(4.5)};
    CHECK_TRUE(station.command(late).has_value());
    CHECK_FALSE(*station.ticket().first_contact_outbound);
    CHECK(*station.ticket().contacted_at == at_h(4.5));
    CHECK(*station.ticket().first_outbound_at == at_h(5));
}

TEST(Contacts, an_answer_by_a_desk_whose_clock_is_behind_does_not_come_before_the_call) {
    const auto reply = call(7, {.component = "lid"});
    OutboundContact answer{
        .contact_id = "a", .ticket_id = reply->ticket_id, .at = at_h(6.9), .result = "reached"};
    CHECK_TRUE(station.command(answer).has_value());
    CHECK_FALSE(*station.ticket().first_contact_outbound);
    CHECK(*station.ticket().first_outbound_at == at_h(7));
}

TEST(Contacts, bad_calls_are_refused_with_the_reason) {
    CHECK(call(7, {.contact_id = std::string(200, 'x')}).error().code == Errc::invalid);
    InboundContact stranger{
        .contact_id = "c", .tenant = "brand", .device_id = "nobody", .at = at_h(1)};
    CHECK(station.command(stranger).error().code == Errc::not_found);
    stranger.device_id = "wm-1";
    stranger.at = at_h(1000);
    CHECK(station.command(stranger).error().code == Errc::invalid);
    LONGS_EQUAL(0, station.tables().tickets.size());
}
