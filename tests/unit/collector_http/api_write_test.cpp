#include "tests/unit/collector_http/api_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(ApiWrites) {
    ApiFixture api;

    static constexpr const char* kTransition = R"({"to":"scheduled","why":"visit agreed"})";
    static constexpr const char* kOutcome =
        R"({"id":"o-1","ticket_id":"t-north","code":"confirmed_fixed","component":"drain_pump"})";
};

TEST(ApiWrites, need_a_role_that_may_write) {
    LONGS_EQUAL(403,
                api.post("/api/v1/tickets/t-north/transition", api.auditor, kTransition).status);
    LONGS_EQUAL(403, api.post("/api/v1/outcomes", api.auditor, kOutcome).status);
    LONGS_EQUAL(403, api.post("/api/v1/devices", api.auditor, "{}").status);
    LONGS_EQUAL(403, api.post("/api/v1/devices", api.north, "{}").status);
    LONGS_EQUAL(401, api.post("/api/v1/outcomes", "", kOutcome).status);
    LONGS_EQUAL(0, api.commands.waiting());
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, register_one_device_or_many) {
    LONGS_EQUAL(201, api.post("/api/v1/devices", api.maker,
                              R"({"device_id":"wm-9","model":"WM-100","centre":"north"})")
                         .status);
    LONGS_EQUAL(1, api.taken.size());
    STRCMP_EQUAL("acme", std::get<RegisterDevice>(api.taken[0]).info.tenant.c_str());
    api.taken.clear();
    LONGS_EQUAL(200,
                api.post("/api/v1/devices", api.maker,
                         R"([{"device_id":"a","model":"WM-100"},{"device_id":"b","model":"X"}])")
                    .status);
    LONGS_EQUAL(2, api.taken.size());
    LONGS_EQUAL(2, api.body()["items"].size());
    STRCMP_EQUAL("created", api.body()["items"][1]["kind"].get<std::string>().c_str());
}

TEST(ApiWrites, store_nothing_of_a_list_with_a_mistake_in_it) {
    LONGS_EQUAL(422,
                api.post("/api/v1/devices", api.maker,
                         R"([{"device_id":"a","model":"WM-100"},{"device_id":"b c","model":"X"}])")
                    .status);
    STRCMP_EQUAL("device_id", api.field().c_str());
    STRCMP_CONTAINS("item 1", api.body()["detail"].get<std::string>().c_str());
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, keep_to_the_tenant_of_the_token) {
    LONGS_EQUAL(403, api.post("/api/v1/devices", api.maker,
                              R"({"tenant":"rival","device_id":"a","model":"M"})")
                         .status);
    STRCMP_EQUAL("tenant", api.field().c_str());
    LONGS_EQUAL(
        403, api.post("/api/v1/outcomes", api.maker,
                      R"({"id":"o","tenant":"rival","device_id":"wm-3","code":"no_fault_found"})")
                 .status);
    LONGS_EQUAL(404, api.post("/api/v1/tickets/t-rival/transition", api.maker, kTransition).status);
    LONGS_EQUAL(404, api.post("/api/v1/outcomes", api.maker,
                              R"({"id":"o","ticket_id":"t-rival","code":"no_fault_found"})")
                         .status);
    LONGS_EQUAL(404, api.post("/api/v1/contacts", api.maker,
                              R"({"direction":"inbound","contact_id":"c","device_id":"wm-3"})")
                         .status);
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, keep_a_centre_to_its_own) {
    LONGS_EQUAL(404, api.post("/api/v1/tickets/t-south/transition", api.north, kTransition).status);
    LONGS_EQUAL(404, api.post("/api/v1/outcomes", api.north,
                              R"({"id":"o","ticket_id":"t-south","code":"no_fault_found"})")
                         .status);
    LONGS_EQUAL(404, api.post("/api/v1/outcomes", api.north,
                              R"({"id":"o","device_id":"wm-2","code":"no_fault_found"})")
                         .status);
    LONGS_EQUAL(
        403, api.post("/api/v1/outcomes", api.north,
                      R"({"id":"o","device_id":"wm-1","code":"no_fault_found","centre":"south"})")
                 .status);
    LONGS_EQUAL(
        404,
        api.post(
               "/api/v1/contacts", api.north,
               R"({"direction":"outbound","contact_id":"c","ticket_id":"t-south","result":"reached"})")
            .status);
    LONGS_EQUAL(0, api.taken.size());
    LONGS_EQUAL(201, api.post("/api/v1/outcomes", api.north, kOutcome).status);
    STRCMP_EQUAL("north", std::get<SubmitOutcome>(api.taken.at(0)).outcome.centre.c_str());
}

TEST(ApiWrites, say_who_changed_a_ticket_and_under_which_version) {
    api.engine_reply = CommandReply{CommandReply::Kind::updated, "t-north", "t-north"};
    LONGS_EQUAL(200, api.ask("POST", "/api/v1/tickets/t-north/transition", api.north, kTransition,
                             {{"if-match", "\"7\""}})
                         .status);
    const auto& change = std::get<ChangeTicket>(api.taken.at(0));
    STRCMP_EQUAL("desk:north", change.who.c_str());
    CHECK_TRUE(change.expected_version == std::uint32_t{7});
    CHECK_TRUE(change.at == api.now);
    CHECK_TRUE(change.to == TicketState::scheduled);
}

TEST(ApiWrites, work_on_a_ticket_one_way_for_every_action) {
    const std::pair<const char*, const char*> actions[] = {
        {"assign", R"({"assignee":"anna"})"},
        {"escalate", R"({"level":2,"why":"waits"})"},
        {"comment", R"({"text":"rang"})"},
        {"route", R"({"centre":"south","why":"nearer"})"},
        {"merge", R"({"into":"t-other"})"}};
    for (const auto& [action, body] : actions) {
        const std::string path = std::string("/api/v1/tickets/t-north/") + action;
        LONGS_EQUAL_TEXT(403, api.post(path, api.auditor, body).status, action);
        const std::string foreign = std::string("/api/v1/tickets/t-south/") + action;
        LONGS_EQUAL_TEXT(404, api.post(foreign, api.north, body).status, action);
        LONGS_EQUAL_TEXT(422, api.post(path, api.maker, R"({"colour":1})").status, action);
        LONGS_EQUAL(0, api.taken.size());
        LONGS_EQUAL_TEXT(
            201, api.ask("POST", path, api.north, body, {{"if-match", "\"7\""}}).status, action);
        const auto& work = std::get<WorkOnTicket>(api.taken.at(0));
        STRCMP_EQUAL("desk:north", work.who.c_str());
        STRCMP_EQUAL("acme", work.scope.tenant.c_str());
        STRCMP_EQUAL("north", work.scope.centre.c_str());
        CHECK(work.expected_version == std::uint32_t{7});
        api.taken.clear();
    }
    LONGS_EQUAL(404, api.post("/api/v1/tickets/t-north/juggle", api.maker, "{}").status);
}

TEST(ApiWrites, work_on_many_tickets_and_answer_for_each) {
    constexpr const char* kPath = "/api/v1/tickets/bulk";
    constexpr const char* kAssign = R"({"action":"assign","ids":["t-north","t-2"],"assignee":"a"})";
    LONGS_EQUAL(403, api.post(kPath, api.auditor, kAssign).status);
    LONGS_EQUAL(200, api.post(kPath, api.north, kAssign).status);
    LONGS_EQUAL(2, api.taken.size());
    const auto& second = std::get<WorkOnTicket>(api.taken[1]);
    STRCMP_EQUAL("t-2", second.ticket_id.c_str());
    STRCMP_EQUAL("north", second.scope.centre.c_str());
    LONGS_EQUAL(2, api.body()["items"].size());
    api.taken.clear();
    api.engine_reply = fail(Errc::not_found, "no ticket t-2");
    LONGS_EQUAL(
        200, api.post(kPath, api.maker, R"({"items":[{"id":"t-2","action":"comment","text":"x"}]})")
                 .status);
    LONGS_EQUAL(404, api.body()["items"][0]["status"]);
    STRCMP_EQUAL("t-2", api.body()["items"][0]["id"].get<std::string>().c_str());
    api.taken.clear();
    LONGS_EQUAL(422, api.post(kPath, api.maker, R"({"items":[{"id":"t-2"}]})").status);
    STRCMP_EQUAL("action", api.field().c_str());
    LONGS_EQUAL(422, api.post(kPath, api.maker, R"({"action":"comment","text":"x"})").status);
    LONGS_EQUAL(422, api.post(kPath, api.maker, R"({"ids":[],"action":"nap"})").status);
    LONGS_EQUAL(200, api.post(kPath, api.maker, R"({"items":[]})").status);
    std::string ids = "\"t\"";
    for (int i = 0; i < 500; ++i) ids += ",\"t\"";
    LONGS_EQUAL(413,
                api.post(kPath, api.maker, R"({"action":"comment","text":"x","ids":[)" + ids + "]}")
                    .status);
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, tell_a_lost_update_from_a_refused_one) {
    api.engine_reply = fail(Errc::conflict, "the ticket is at version 8");
    LONGS_EQUAL(412, api.ask("POST", "/api/v1/tickets/t-north/transition", api.maker, kTransition,
                             {{"if-match", "\"7\""}})
                         .status);
    STRCMP_EQUAL("If-Match", api.field().c_str());
    LONGS_EQUAL(409, api.post("/api/v1/tickets/t-north/transition", api.maker, kTransition).status);
    LONGS_EQUAL(400, api.ask("POST", "/api/v1/tickets/t-north/transition", api.maker, kTransition,
                             {{"if-match", "7"}})
                         .status);
}

TEST(ApiWrites, record_contacts_both_ways) {
    LONGS_EQUAL(
        201,
        api.post(
               "/api/v1/contacts", api.maker,
               R"({"direction":"inbound","contact_id":"c-1","device_id":"wm-1","component":"drain_pump"})")
            .status);
    CHECK_TRUE(std::holds_alternative<InboundContact>(api.taken.at(0)));
    LONGS_EQUAL(
        201,
        api.post(
               "/api/v1/contacts", api.maker,
               R"({"direction":"outbound","contact_id":"c-2","ticket_id":"t-north","result":"reached"})")
            .status);
    CHECK_TRUE(std::holds_alternative<OutboundContact>(api.taken.at(1)));
}

TEST(ApiWrites, answer_a_repeat_as_a_repeat) {
    api.engine_reply = CommandReply{CommandReply::Kind::unchanged, "o-1", "t-north"};
    LONGS_EQUAL(200, api.post("/api/v1/outcomes", api.maker, kOutcome).status);
    STRCMP_EQUAL("unchanged", api.body()["kind"].get<std::string>().c_str());
}

TEST(ApiWrites, name_the_member_that_is_wrong) {
    const std::tuple<const char*, const char*, const char*> wrong[] = {
        {"/api/v1/outcomes", R"({"ticket_id":"t-north","code":"no_fault_found"})", "id"},
        {"/api/v1/outcomes", R"({"id":"o","ticket_id":"t-north","code":"nope"})", "code"},
        {"/api/v1/outcomes", R"({"id":"o","ticket_id":5,"code":"no_fault_found"})", "ticket_id"},
        {"/api/v1/outcomes",
         R"({"id":"o","ticket_id":"t-north","code":"no_fault_found","visit_count":-1})",
         "visit_count"},
        {"/api/v1/outcomes",
         R"({"id":"o","ticket_id":"t-north","code":"no_fault_found","labour_min":1e300})",
         "labour_min"},
        {"/api/v1/outcomes",
         R"({"id":"o","ticket_id":"t-north","code":"no_fault_found","at":"soon"})", "at"},
        {"/api/v1/outcomes",
         R"({"id":"o","ticket_id":"t-north","code":"no_fault_found","colour":1})", "colour"},
        {"/api/v1/contacts", R"({"direction":"sideways","contact_id":"c"})", "direction"},
        {"/api/v1/tickets/t-north/transition", R"({"to":"gone"})", "to"},
        {"/api/v1/devices", R"({"device_id":"a"})", "model"},
    };
    for (const auto& [target, body, member] : wrong) {
        LONGS_EQUAL_TEXT(422, api.post(target, api.maker, body).status, body);
        STRCMP_EQUAL_TEXT(member, api.field().c_str(), body);
    }
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, survive_bodies_that_are_no_json) {
    const std::string deep(200'000, '[');
    for (const std::string& body : {std::string(), std::string("{"), std::string("nul"), deep,
                                    std::string("\"\xff\xfe\""), std::string("[1,2,,]")}) {
        LONGS_EQUAL(400, api.post("/api/v1/outcomes", api.maker, body).status);
    }
    for (const char* body : {"null", "5", "\"text\"", "[]", "[[]]"}) {
        LONGS_EQUAL_TEXT(422, api.post("/api/v1/outcomes", api.maker, body).status, body);
    }
    LONGS_EQUAL(415, api.ask("POST", "/api/v1/outcomes", api.maker, kOutcome,
                             {{"content-type", "text/plain"}})
                         .status);
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, are_refused_while_too_many_wait_or_the_program_stops) {
    std::vector<Command> eleven(11, RegisterDevice{});
    CHECK_FALSE(api.commands
                    .submit(
                        eleven, [](auto, Commit&) {}, [] {})
                    .has_value());
    api.commands.close();
    LONGS_EQUAL(503, api.post("/api/v1/outcomes", api.maker, kOutcome).status);
}

TEST_GROUP(CommandQueue) {
    aftercare::collector::CommandQueue queue;
};

TEST(CommandQueue, answers_a_submission_once_all_of_it_is_answered) {
    std::size_t decided = 0;
    int answers = 0;
    std::vector<Command> two(2, RegisterDevice{});
    const auto count = [&](auto replies, Commit&) { decided = replies.size(); };
    CHECK_TRUE(queue.submit(two, count, [&] { ++answers; }).has_value());
    std::vector<PendingCommand> pending;
    queue.take(pending);
    LONGS_EQUAL(2, pending.size());
    Commit commit;
    pending[0].decided(CommandReply{}, commit);
    LONGS_EQUAL(0, decided);
    pending[1].decided(fail(Errc::invalid, "no"), commit);
    LONGS_EQUAL(2, decided);
    pending[1].done(CommandReply{});
    LONGS_EQUAL(0, answers);
    pending[0].done(fail(Errc::invalid, "no"));
    LONGS_EQUAL(1, answers);
}

TEST_GROUP(ApiToken) {
    FakeData data;
    FakeTokens tokens{data};
    const WallTime now = wall_from_unix_ms(0);
};

TEST(ApiToken, is_kept_as_its_hash_only) {
    const auto token = create_token(tokens, {"desk", Role::centre, "acme", "north"}, now);
    CHECK_TRUE(token.has_value());
    LONGS_EQUAL(68, token->size());
    STRCMP_EQUAL(token_sha256(*token).c_str(), data.tokens.at(0).sha256.c_str());
    CHECK_TRUE(data.tokens[0].sha256.find(*token) == std::string::npos);
    // FIPS 180-2, appendix B.1.
    STRCMP_EQUAL("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                 token_sha256("abc").c_str());
    CHECK_FALSE(*create_token(tokens, {"", Role::maker, "acme", ""}, now) ==
                *create_token(tokens, {"", Role::maker, "acme", ""}, now));
}

TEST(ApiToken, needs_ids_and_a_centre_exactly_where_the_role_has_one) {
    CHECK_FALSE(create_token(tokens, {"", Role::maker, "a b", ""}, now).has_value());
    CHECK_FALSE(create_token(tokens, {"", Role::centre, "acme", ""}, now).has_value());
    CHECK_FALSE(create_token(tokens, {"", Role::maker, "acme", "north"}, now).has_value());
    LONGS_EQUAL(0, data.tokens.size());
}

TEST_GROUP(ApiQuarantine) {
    ApiFixture api;

    void keep(std::uint64_t ordinal, const char* tenant, std::size_t size_bytes = 3) {
        QuarantineSample sample;
        sample.key = {tenant, RefusalReason::unknown_device, ordinal};
        sample.detail = "register it first";
        sample.topic = std::string("aftercare/v1/") + tenant + "/00/wm-9/up";
        sample.bytes = "\x01\x02\x03";
        sample.size_bytes = size_bytes;
        sample.received_at = api.now - milliseconds{1000};
        api.data.samples.insert(api.data.samples.begin(), sample);
    }
    void setup() override {
        api.data.summaries = {
            {"", RefusalReason::bad_topic, 9, api.now, "what is it"},
            {"acme", RefusalReason::unknown_device, 70, api.now, "register it first"},
            {"rival", RefusalReason::unknown_device, 1, api.now, "register it first"}};
        keep(1, "rival");
        keep(2, "acme");
        keep(3, "acme");
        keep(4, "acme", 60'000);
    }
};

TEST(ApiQuarantine, shows_what_was_refused_under_the_own_tenant_only) {
    LONGS_EQUAL(200, api.get("/api/v1/quarantine", api.auditor).status);
    LONGS_EQUAL(1, api.body()["items"].size());
    const auto item = api.body()["items"][0];
    STRCMP_EQUAL("unknown_device", item["reason"].get<std::string>().c_str());
    LONGS_EQUAL(70, item["count"]);
    LONGS_EQUAL(3, item["samples"].size());
    STRCMP_EQUAL("4", item["samples"][0]["id"].get<std::string>().c_str());
    CHECK_FALSE(item["samples"][0]["whole"].get<bool>());
    LONGS_EQUAL(403, api.get("/api/v1/quarantine", api.north).status);
}

TEST(ApiQuarantine, tries_whole_messages_again_in_the_order_of_their_arrival) {
    LONGS_EQUAL(200, api.post("/api/v1/quarantine/unknown_device/retry", api.maker, "").status);
    LONGS_EQUAL(2, api.taken.size());
    LONGS_EQUAL(2, std::get<RetryRefused>(api.taken[0]).key.ordinal);
    LONGS_EQUAL(3, std::get<RetryRefused>(api.taken[1]).key.ordinal);
    CHECK_TRUE(std::get<RetryRefused>(api.taken[0]).received_at == api.now - milliseconds{1000});
    LONGS_EQUAL(1, api.body()["kept_in_part"]);
    STRCMP_EQUAL("now", api.body()["items"][0]["stored"].get<std::string>().c_str());
    STRCMP_EQUAL("2", api.body()["items"][0]["id"].get<std::string>().c_str());
}

TEST(ApiQuarantine, is_tried_again_by_a_maker_only_and_by_a_known_reason) {
    const char* path = "/api/v1/quarantine/unknown_device/retry";
    LONGS_EQUAL(403, api.post(path, api.auditor, "").status);
    LONGS_EQUAL(403, api.post(path, api.north, "").status);
    LONGS_EQUAL(404, api.post("/api/v1/quarantine/bad_mood/retry", api.maker, "").status);
    LONGS_EQUAL(200, api.post("/api/v1/quarantine/bad_time/retry", api.maker, "").status);
    LONGS_EQUAL(0, api.body()["items"].size());
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiWrites, change_a_rule_s_standing_for_makers_only_and_with_a_reason) {
    constexpr const char* kPath = "/api/v1/rules/drain_pump_clogging/standing";
    constexpr const char* kPromote = R"({"mode":"live","reason":"19 of 20 in the trial"})";
    LONGS_EQUAL(403, api.post(kPath, api.auditor, kPromote).status);
    LONGS_EQUAL(403, api.post(kPath, api.north, kPromote).status);
    CHECK(api.taken.empty());
    api.engine_reply = CommandReply{CommandReply::Kind::updated, "drain_pump_clogging", ""};
    LONGS_EQUAL(200, api.post(kPath, api.maker, kPromote).status);
    const auto& change = std::get<ChangeRule>(api.taken.at(0));
    STRCMP_EQUAL("drain_pump_clogging", change.rule_id.c_str());
    STRCMP_EQUAL("19 of 20 in the trial", change.why.c_str());
    CHECK(change.to == RuleMode::live && change.who.rfind("api:", 0) == 0);
    LONGS_EQUAL(422, api.post(kPath, api.maker, R"({"mode":"asleep","reason":"x"})").status);
    STRCMP_EQUAL("mode", api.field().c_str());
    LONGS_EQUAL(422, api.post(kPath, api.maker, R"({"mode":"shelved"})").status);
    STRCMP_EQUAL("reason", api.field().c_str());
}

TEST(ApiWrites, let_makers_put_other_rules_in_force_and_say_what_that_changed) {
    constexpr const char* kPath = "/api/v1/rules/reload";
    api.reloaded = RulesReloaded{.packs = {{"washers.toml", "washers", 3}},
                                 .change = {.kept = 5,
                                            .altered = {"heater"},
                                            .restarted = {"pump"},
                                            .added = {"door"},
                                            .removed = {"valve"}}};
    LONGS_EQUAL(403, api.post(kPath, api.auditor, "").status);
    LONGS_EQUAL(403, api.post(kPath, api.north, "").status);
    CHECK(api.reloads.empty());
    LONGS_EQUAL(200, api.post(kPath, api.maker, "").status);
    STRCMP_EQUAL(R"({"added":["door"],"altered":["heater"],"packs":[{"file":"washers.toml",)"
                 R"("id":"washers","version":3}],"removed":["valve"],"restarted":["pump"],)"
                 R"("unchanged_count":4})",
                 api.body().dump().c_str());
    LONGS_EQUAL(0, api.reloads.at(0).rfind("api:", 0));
}

TEST(ApiWrites, tell_where_a_rule_pack_has_its_mistake) {
    api.reloaded = fail(Errc::invalid, "rules.toml:9:3: count: allowed are 1 … 32");
    LONGS_EQUAL(422, api.post("/api/v1/rules/reload", api.maker, "").status);
    STRCMP_CONTAINS("rules.toml:9:3", api.body()["detail"].get<std::string>().c_str());
}
