#include "collector/core/desk/desk_outbox.hpp"

#include <nlohmann/json.hpp>

#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using nlohmann::json;

/// Centre north has a desk topic, centre south has none.
TEST_GROUP(DeskOutbox) {
    std::unique_ptr<Station> station;
    Appliance appliance;
    std::vector<OutgoingMessage> mail;  ///< to desks, of the last batch

    void setup() override {
        Settings settings = Station::default_settings();
        settings.sla.centres = {{.tenant = "brand", .id = "north", .delivery = Delivery::mqtt},
                                {.tenant = "brand", .id = "south"}};
        station = std::make_unique<Station>(settings);
        DeviceInfo info;
        info.tenant = "brand";
        info.device_id = "wm-1";
        info.model = "WM-200";
        info.centre = "north";
        CHECK_TRUE(station->command(RegisterDevice{info}).has_value());
    }
    void turn() {
        auto outgoing = station->pump().run(station->inbox, {}, station->now());
        CHECK_TRUE(outgoing.has_value());
        station->inbox.clear();
        mail.clear();
        for (OutgoingMessage& one : *outgoing) {
            if (is_desk_topic(one.topic)) mail.push_back(std::move(one));
        }
    }
    void fault(double hour) {
        station->go_to(at_h(hour));
        station->send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), 2)}));
        turn();
    }
    void work(decltype(WorkOnTicket::action) action) {
        PendingCommand pending{WorkOnTicket{station->ticket().id, std::move(action), "x", "y"}, {}};
        auto outgoing = station->pump().run({}, std::span{&pending, 1}, station->now());
        mail.clear();
        for (OutgoingMessage& one : *outgoing) {
            if (is_desk_topic(one.topic)) mail.push_back(std::move(one));
        }
    }
    void receipt(bool taken) {
        for (const OutgoingMessage& one : std::vector(mail)) {
            station->pump().on_receipt(one.due, taken, station->now());
        }
        turn();
    }
    std::size_t due() const {
        return station->tables().desk_due.size();
    }
    void report(const std::string& centre, const std::string& body) {
        station->send_raw("aftercare-desk/v1/brand/" + centre + "/outcomes", body);
        turn();
    }
    std::uint64_t refused(RefusalReason reason) const {
        return station->tables().totals.refused[static_cast<std::size_t>(reason)];
    }
};

TEST(DeskOutbox, mails_each_change_until_the_broker_has_it) {
    fault(1);
    LONGS_EQUAL(1, mail.size());
    STRCMP_EQUAL("aftercare-desk/v1/brand/north/tickets", mail[0].topic.c_str());
    const json ticket = json::parse(mail[0].payload);
    STRCMP_EQUAL(station->ticket().id.c_str(), ticket["id"].get<std::string>().c_str());
    LONGS_EQUAL(1, ticket["version"]);
    LONGS_EQUAL(1, mail[0].qos);
    LONGS_EQUAL(1, due());
    receipt(true);
    LONGS_EQUAL(0, due());
    LONGS_EQUAL(0, mail.size());
    const OutgoingMessage old = [&] {
        work(Assign{"anna"});
        return mail.at(0);
    }();
    work(AddComment{});
    station->pump().on_receipt(old.due, true, station->now());
    turn();
    LONGS_EQUAL(1, due());  // the comment's version is still under way
    LONGS_EQUAL(1, station->engine().statistics().desk_due_count);
}

// promise: desk-delivery
TEST(DeskOutbox, mails_again_what_a_broker_did_not_take_and_what_a_restart_finds) {
    fault(1);
    receipt(false);
    LONGS_EQUAL(0, mail.size());
    station->go_to(at_h(1) + milliseconds{10'000});
    turn();
    LONGS_EQUAL(1, mail.size());
    station->restart();
    turn();
    LONGS_EQUAL(1, mail.size());
    LONGS_EQUAL(1, json::parse(mail[0].payload)["version"]);
    receipt(true);
    LONGS_EQUAL(0, due());
    station->restart();
    turn();
    LONGS_EQUAL(0, mail.size());
}

TEST(DeskOutbox, tells_a_centre_that_a_ticket_left_it_and_no_more) {
    fault(1);
    receipt(true);
    station->restart();
    work(Reroute{"south"});
    LONGS_EQUAL(1, mail.size());
    STRCMP_EQUAL("aftercare-desk/v1/brand/north/tickets", mail[0].topic.c_str());
    const json gone = json::parse(mail[0].payload);
    CHECK_TRUE(gone["withdrawn"].get<bool>());
    LONGS_EQUAL(4, gone.size());
    receipt(true);
    work(AddComment{});
    LONGS_EQUAL(0, mail.size());
    work(Reroute{"north"});
    CHECK_FALSE(json::parse(mail.at(0).payload).contains("withdrawn"));
}

TEST(DeskOutbox, takes_outcomes_once_and_answers_each) {
    fault(1);
    receipt(true);
    const std::string body = R"({"id":"o-1","ticket_id":")" + station->ticket().id +
                             R"(","code":"confirmed_fixed","component":"belt"})";
    report("north", body);
    LONGS_EQUAL(2, mail.size());  // the ticket's change and the receipt
    STRCMP_EQUAL("aftercare-desk/v1/brand/north/receipts", mail[1].topic.c_str());
    STRCMP_EQUAL("created", json::parse(mail[1].payload)["kind"].get<std::string>().c_str());
    STRCMP_EQUAL("north", station->tables().outcomes.begin()->second.centre.c_str());
    CHECK(station->ticket().state == TicketState::resolved);
    report("north", body);
    STRCMP_EQUAL("unchanged", json::parse(mail.at(0).payload)["kind"].get<std::string>().c_str());
    LONGS_EQUAL(1, station->tables().outcomes.size());
    LONGS_EQUAL(0, refused(RefusalReason::bad_outcome));
}

TEST(DeskOutbox, refuses_outcomes_of_others_and_malformed_ones_with_a_reason) {
    fault(1);
    receipt(true);
    const std::string about =
        R"("ticket_id":")" + station->ticket().id + R"(","code":"confirmed_fixed"})";
    const std::pair<const char*, std::string> wrong[] = {
        {"south", R"({"id":"o-1",)" + about},
        {"south", R"({"id":"o-1","device_id":"wm-1","code":"no_fault_found"})"},
        {"north", R"({"id":"o-1","centre":"south",)" + about},
        {"north", R"({"id":"o-1","tenant":"other",)" + about},
        {"north", R"({"code":"confirmed_fixed"})"},
        {"north", "{"},
    };
    std::uint64_t count = 0;
    for (const auto& [centre, body] : wrong) {
        report(centre, body);
        LONGS_EQUAL(++count, refused(RefusalReason::bad_outcome));
        CHECK_TRUE(json::parse(mail.at(0).payload).contains("detail"));
    }
    CHECK(station->tables().outcomes.empty());
    CHECK(station->ticket().state == TicketState::open);
    station->send_raw("aftercare-desk/v1/brand/north/tickets", "{}");
    station->send_raw("aftercare-desk/v1/a b/north/outcomes", "{}");
    turn();
    LONGS_EQUAL(2, refused(RefusalReason::bad_topic));
    report("north", std::string(65'537, ' '));
    LONGS_EQUAL(1, refused(RefusalReason::too_large));
}
