#include <filesystem>
#include <nlohmann/json.hpp>

#include "collector/io/sqlite/sqlite_store.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "common/time_text.hpp"
#include "tests/unit/collector_cli/cli_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(CommandLine) {
    CliWorld world;
    std::string db = world.path("a.db");

    void make_database() {
        const std::string csv = world.file("devices.csv", "device_id,model\nwm-1,wm\nwm-2,wm\n");
        LONGS_EQUAL(
            0, world.run({"import", "devices", csv, "--db", db, "--tenant", "acme"}).exit_code);
    }
};

TEST(CommandLine, help_and_version_go_to_stdout_with_an_example_each) {
    const std::vector<std::vector<std::string>> kCommands{{},
                                                          {"run"},
                                                          {"kpi"},
                                                          {"tickets", "list"},
                                                          {"tickets", "show"},
                                                          {"problems", "list"},
                                                          {"problems", "show"},
                                                          {"devices", "list"},
                                                          {"devices", "show"},
                                                          {"devices", "telemetry"},
                                                          {"import", "devices"},
                                                          {"import", "outcomes"},
                                                          {"rules", "check"},
                                                          {"catalogue", "check"},
                                                          {"rules", "report"},
                                                          {"rules", "promote"},
                                                          {"rules", "shelve"},
                                                          {"rules", "reload"},
                                                          {"token", "create"},
                                                          {"token", "list"},
                                                          {"token", "revoke"},
                                                          {"verify"},
                                                          {"backup"},
                                                          {"restore"},
                                                          {"quarantine", "list"},
                                                          {"quarantine", "show"},
                                                          {"quarantine", "retry"},
                                                          {"doctor"}};
    for (std::vector<std::string> command : kCommands) {
        command.emplace_back("--help");
        const CliRun help = world.run(command);
        LONGS_EQUAL_TEXT(0, help.exit_code, command[0].c_str());
        STRCMP_CONTAINS_TEXT("Example:\n  aftercare-collector ", help.out.c_str(),
                             command[0].c_str());
        STRCMP_EQUAL("", help.err.c_str());
    }
    STRCMP_CONTAINS("aftercare-collector ", world.run({"--version"}).out.c_str());
}

TEST(CommandLine, mistakes_of_usage_exit_64_and_keep_stdout_clean) {
    make_database();
    const std::vector<std::vector<std::string>> kMistakes{
        {},
        {"dance"},
        {"kpi"},
        {"kpi", "--db", db, "--from", "yesterday"},
        {"kpi", "--db", db, "--by", "colour"},
        {"kpi", "--db", db, "--rows", "happiness"},
        {"kpi", "--db", db, "--from", "2026-02-01", "--to", "2026-01-01"},
        {"tickets", "list", "--db", db, "--json", "--csv"},
        {"doctor"},
        {"token", "create", "--db", db, "--role", "king", "--tenant", "acme"}};
    for (const auto& mistake : kMistakes) {
        const CliRun run = world.run(mistake);
        LONGS_EQUAL_TEXT(64, run.exit_code, run.err.c_str());
        STRCMP_EQUAL("", run.out.c_str());
        CHECK_TRUE(!run.err.empty());
    }
}

TEST(CommandLine, a_missing_database_exits_74_and_is_not_made) {
    const CliRun run = world.run({"kpi", "--db", db});
    LONGS_EQUAL(74, run.exit_code);
    STRCMP_CONTAINS("a.db", run.err.c_str());
    CHECK_FALSE(std::ifstream(db).good());
}

TEST(CommandLine, kpi_json_has_every_figure_with_null_for_undefined) {
    make_database();
    const CliRun run = world.run({"kpi", "--db", db, "--json", "--daily"});
    LONGS_EQUAL(0, run.exit_code);
    const auto json = nlohmann::json::parse(run.out);
    LONGS_EQUAL(kpi_catalogue({30, 60, 90}).size(), json["items"].size());
    STRCMP_EQUAL("proactive_contact_rate", json["items"][0]["id"].get<std::string>().c_str());
    CHECK_TRUE(json["items"][0]["value"].is_null());
    CHECK_TRUE(json["volume_by_day"].is_array());
}

TEST(CommandLine, kpi_csv_and_table_show_the_same_figures) {
    make_database();
    const CliRun csv = world.run({"kpi", "--db", db, "--csv"});
    STRCMP_CONTAINS("dimension,dimension_value,id,", csv.out.c_str());
    STRCMP_CONTAINS("\n,,fcr_net,resolution,", csv.out.c_str());
    const CliRun table = world.run({"kpi", "--db", db});
    STRCMP_CONTAINS("First-contact resolution, net", table.out.c_str());
    STRCMP_CONTAINS("0 / 0", table.out.c_str());
}

TEST(CommandLine, lists_of_nothing_are_still_well_formed) {
    make_database();
    STRCMP_EQUAL(
        "ticket_id,tenant,device_id,component,failure_mode,origin,rule,opened_at,"
        "contacted_at,resolved_at,state,outcome,probability,horizon_h,centre,assignee,"
        "escalation_level,queue,merged_into\n",
        world.run({"tickets", "list", "--db", db, "--csv"}).out.c_str());
    const auto json =
        nlohmann::json::parse(world.run({"tickets", "list", "--db", db, "--json"}).out);
    CHECK_TRUE(json["items"].empty());
}

TEST(CommandLine, a_ticket_shows_what_was_promised_and_how_much_of_it_is_spent) {
    make_database();
    const WallTime opened_at = *parse_rfc3339("2026-11-23T08:00:00Z");
    Commit commit;
    Ticket ticket{.id = "T1", .tenant = "acme", .device_no = 1, .device_id = "wm-1"};
    ticket.evidence_json = "[]";
    ticket.detected_at = ticket.opened_at = opened_at;
    ticket.state = TicketState::on_hold;
    ticket.version = 1;
    ticket.sla.terms = "gold/berlin#1";
    ticket.sla.first_response = {.spent = hours_ms(3), .due_at = opened_at + hours_ms(2)};
    ticket.sla.first_response.at_risk = ticket.sla.first_response.breached = true;
    ticket.sla.resolution = {.spent = hours_ms(6.5), .at_risk = true};
    commit.tickets.push_back(ticket);
    CHECK_TRUE(SqliteStore::open(db, {.durable = false}).value()->apply(commit).has_value());
    const std::string shown = world.run({"tickets", "show", "T1", "--db", db}).out;
    STRCMP_CONTAINS("gold/berlin, clock paused", shown.c_str());
    STRCMP_CONTAINS("due 2026-11-23 10:00, 3h spent, breached", shown.c_str());
    STRCMP_CONTAINS("nothing due, 6h30m spent, at risk", shown.c_str());
    STRCMP_CONTAINS("T1",
                    world.run({"tickets", "list", "--sla", "breached", "--db", db}).out.c_str());
    LONGS_EQUAL(65, world.run({"tickets", "list", "--sla", "late", "--db", db}).exit_code);
}

TEST(CommandLine, an_unknown_ticket_or_device_exits_65) {
    make_database();
    LONGS_EQUAL(65, world.run({"tickets", "show", "T0", "--db", db}).exit_code);
    const CliRun run = world.run({"devices", "show", "wm-9", "--db", db});
    LONGS_EQUAL(65, run.exit_code);
    STRCMP_CONTAINS("wm-9", run.err.c_str());
}

TEST(CommandLine, telemetry_is_asked_for_by_the_names_of_the_kept_catalogue) {
    make_database();
    const std::vector<std::string> ask{"devices", "telemetry", "wm-1", "--db",
                                       db,        "--metric",  "amps"};
    const CliRun without = world.run(ask);
    LONGS_EQUAL(65, without.exit_code);
    STRCMP_CONTAINS("keeps no catalogue with model \"wm\"", without.err.c_str());
    const std::string toml = catalogue_to_toml(catalogue_for_trace({"wm"}, {"current"}, {}, {}));
    const auto store = SqliteStore::open(db).value();
    CHECK(store->keep_document(Document::catalogue, "c", 1, toml, WallTime{}).has_value());
    STRCMP_CONTAINS("model wm has no metric \"amps\"; it has current", world.run(ask).err.c_str());
    std::vector<std::string> right = ask;
    right.back() = "current";
    LONGS_EQUAL(0, world.run(right).exit_code);
    right.emplace_back("--csv");
    STRCMP_EQUAL("at,samples,mean,min,max\n", world.run(right).out.c_str());
    right.back() = "--json";
    const auto json = nlohmann::json::parse(world.run(right).out);
    STRCMP_EQUAL("current", json["metric"].get<std::string>().c_str());
    LONGS_EQUAL(0, json["points"].size());
}

TEST(CommandLine, devices_are_listed_to_the_limit_and_say_that_there_are_more) {
    make_database();
    const CliRun run = world.run({"devices", "list", "--db", db, "--limit", "1"});
    STRCMP_CONTAINS("wm-1", run.out.c_str());
    STRCMP_CONTAINS("There are more", run.err.c_str());
    const auto json =
        nlohmann::json::parse(world.run({"devices", "list", "--db", db, "--json"}).out);
    LONGS_EQUAL(2, json["items"].size());
}

TEST(CommandLine, a_token_is_printed_once_listed_without_secret_and_revoked) {
    const CliRun made = world.run(
        {"token", "create", "--db", db, "--role", "maker", "--tenant", "acme", "--name", "ci"});
    LONGS_EQUAL(0, made.exit_code);
    const std::string token = made.out.substr(0, made.out.size() - 1);
    CHECK_TRUE(token.size() > 32);
    const CliRun listed = world.run({"token", "list", "--db", db, "--json"});
    STRCMP_CONTAINS("\"ci\"", listed.out.c_str());
    CHECK_TRUE(listed.out.find(token) == std::string::npos);
    LONGS_EQUAL(0, world.run({"token", "revoke", "ci", "--db", db}).exit_code);
    const CliRun after = world.run({"token", "list", "--db", db, "--json"});
    CHECK_TRUE(nlohmann::json::parse(after.out)["items"][0]["revoked_at"].is_string());
    LONGS_EQUAL(65, world.run({"token", "revoke", "nobody", "--db", db}).exit_code);
}

TEST(CommandLine, verify_and_doctor_look_at_a_fresh_database_without_complaint) {
    make_database();
    const CliRun verify = world.run({"verify", "--db", db, "--json"});
    LONGS_EQUAL(0, verify.exit_code);
    CHECK_TRUE(nlohmann::json::parse(verify.out)["sound"].get<bool>());
    const CliRun doctor = world.run({"doctor", "--db", db, "--json"});
    LONGS_EQUAL(0, doctor.exit_code);
    const auto findings = nlohmann::json::parse(doctor.out);
    LONGS_EQUAL(2, findings["counts"]["devices"].get<int>());
    LONGS_EQUAL(2, findings["silent_devices"].get<int>());
}

TEST(CommandLine, doctor_names_what_is_wrong_and_the_way_out) {
    make_database();
    std::filesystem::permissions(db, std::filesystem::perms(0646));
    const std::string broker = world.file("mosquitto.conf",
                                          "persistence true\nmax_queued_messages 1000\n"
                                          "set_tcp_nodelay true\nallow_anonymous false\n");
    CliRun doctor = world.run({"doctor", "--db", db, "--broker-config", broker});
    LONGS_EQUAL(0, doctor.exit_code);
    STRCMP_CONTAINS("chmod 0640", doctor.out.c_str());
    STRCMP_CONTAINS("max_queued_messages is 1000", doctor.out.c_str());
    std::filesystem::resize_file(db, std::filesystem::file_size(db) / 2);
    doctor = world.run({"doctor", "--db", db, "--json"});
    LONGS_EQUAL(65, doctor.exit_code);
    const auto found = nlohmann::json::parse(doctor.out);
    CHECK_FALSE(found["healthy"].get<bool>());
    bool named = false;
    for (const auto& check : found["checks"]) {
        if (check["name"] == "integrity") named = check["health"] == "fail";
    }
    CHECK_TRUE(named);
}

TEST(CommandLine, doctor_demands_private_keys_and_a_broker_that_answers) {
    make_database();
    const std::string key = world.file("key.pem", "secret");
    std::filesystem::permissions(key, std::filesystem::perms(0640));
    const std::string config =
        world.file("collector.toml",
                   "[broker]\nurl = \"mqtt://127.0.0.1:1\"\nkey_file = \"key.pem\"\n"
                   "[database]\npath = \"" +
                       db + "\"\n[tenants]\nlist = [\"acme\"]\n");
    const CliRun doctor = world.run({"doctor", "--config", config});
    LONGS_EQUAL(65, doctor.exit_code);
    STRCMP_CONTAINS(("chmod 0600 " + key).c_str(), doctor.out.c_str());
    STRCMP_CONTAINS("broker: tcp://127.0.0.1:1", doctor.out.c_str());
    STRCMP_CONTAINS("2 checks failed", doctor.err.c_str());
}

TEST(CommandLine, a_backup_is_put_back_and_what_was_there_stays) {
    make_database();
    const std::string copy = world.path("copy.db");
    LONGS_EQUAL(0, world.run({"backup", "--db", db, "--to", copy}).exit_code);
    LONGS_EQUAL(64, world.run({"backup", "--db", db, "--to", copy}).exit_code);
    const CliRun restored = world.run({"restore", "--db", db, "--from", copy, "--json"});
    LONGS_EQUAL_TEXT(0, restored.exit_code, restored.err.c_str());
    const std::string aside = nlohmann::json::parse(restored.out)["kept_aside"];
    CHECK_TRUE(std::filesystem::exists(aside));
    LONGS_EQUAL(0, world.run({"verify", "--db", db}).exit_code);
}

TEST(CommandLine, quarantine_lists_shows_and_tries_again) {
    make_database();
    {
        auto store = SqliteStore::open(db);
        Commit commit;
        commit.quarantine = {{"acme", RefusalReason::bad_protobuf, 3, "cut short",
                              "aftercare/v1/acme/00/wm-1/up", std::string("\x08\0Az", 4), 4,
                              wall_from_unix_ms(1'767'225'600'000)}};
        commit.refusal_counts = {{"", RefusalReason::bad_topic, 1},
                                 {"acme", RefusalReason::bad_protobuf, 3}};
        commit.totals.refused[static_cast<std::size_t>(RefusalReason::bad_topic)] = 1;
        commit.totals.refused[static_cast<std::size_t>(RefusalReason::bad_protobuf)] = 3;
        CHECK_TRUE((*store)->apply(commit).has_value());
    }
    const CliRun list = world.run({"quarantine", "list", "--db", db, "--json"});
    const auto items = nlohmann::json::parse(list.out)["items"];
    CHECK_TRUE(items[0]["tenant"].is_null());
    const auto& item = items[1];
    STRCMP_EQUAL("acme", item["tenant"].get<std::string>().c_str());
    LONGS_EQUAL(3, item["count"].get<int>());
    LONGS_EQUAL(1, item["kept"].get<int>());
    const CliRun shown = world.run({"quarantine", "show", "bad_protobuf", "--db", db});
    STRCMP_CONTAINS("08 00 41 7a", shown.out.c_str());
    STRCMP_CONTAINS("..Az", shown.out.c_str());
    STRCMP_CONTAINS("number 3 of acme", shown.out.c_str());
    const CliRun retried = world.run({"quarantine", "retry", "bad_protobuf", "--db", db});
    LONGS_EQUAL(65, retried.exit_code);
    STRCMP_CONTAINS("\"refused\":1", retried.out.c_str());
    STRCMP_CONTAINS("number 3 of acme: wrong_bucket", retried.err.c_str());
    LONGS_EQUAL(64, world.run({"quarantine", "show", "bad_mood", "--db", db}).exit_code);
}

TEST(CommandLine, quarantine_retry_takes_a_database_or_a_running_collector) {
    const std::string token = world.file("token", "act_x\n");
    const auto exit_of = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"quarantine", "retry", "bad_protobuf"});
        return world.run(more).exit_code;
    };
    LONGS_EQUAL(64, exit_of({}));
    LONGS_EQUAL(64, exit_of({"--url", "http://127.0.0.1:1"}));
    LONGS_EQUAL(74, exit_of({"--url", "http://127.0.0.1:1", "--token-file", token}));
    LONGS_EQUAL(74, exit_of({"--url", "ftp://127.0.0.1:1", "--token-file", token}));
}

TEST(CommandLine, a_broken_rule_pack_exits_78_and_points_at_the_line) {
    const std::string pack = world.file("bad.toml", "id = \"p\"\nversion = 1\ncolour = \"red\"\n");
    const CliRun run = world.run({"rules", "check", pack});
    LONGS_EQUAL(78, run.exit_code);
    STRCMP_CONTAINS("bad.toml:3:", run.err.c_str());
}

// promise: config-mistake
TEST(CommandLine, catalogue_check_points_at_the_line_or_shows_what_it_read) {
    const std::string bad = world.file("catalogue.toml",
                                       "[[model]]\nid = \"A\"\n[[model.failure_mode]]\n"
                                       "id = \"m\"\ncomponent = \"pump\"\n");
    const CliRun refused = world.run({"catalogue", "check", bad});
    LONGS_EQUAL(78, refused.exit_code);
    STRCMP_CONTAINS("catalogue.toml:5:13: failure_mode, key 'component'", refused.err.c_str());
    const CliRun shipped = world.run(
        {"catalogue", "check", AFTERCARE_SOURCE_DIR "/deploy/catalogue/appliances.toml", "--json"});
    LONGS_EQUAL(0, shipped.exit_code);
    const auto models = nlohmann::json::parse(shipped.out)["models"];
    LONGS_EQUAL(3, models.size());
    STRCMP_EQUAL("WM82-BRG-6206-2RS",
                 models[0]["failure_modes"][0]["parts"][0].get<std::string>().c_str());
}

TEST(CommandLine, reports_the_record_of_the_rules_and_what_a_person_made_of_them) {
    make_database();
    constexpr const char* kPack = R"([pack]
id = "p"
version = 1
[[rule]]
id = "pump"
component = "drain_pump"
failure_mode = "blocked"
horizon = "2d"
when = { fault_count = ["E18"] }
)";
    constexpr const char* kCatalogue = R"([[model]]
id = "wm"
[[model.component]]
id = 1
name = "drain_pump"
[[model.failure_mode]]
id = "blocked"
component = "drain_pump"
[[model.fault]]
id = 18
name = "E18"
)";
    {
        const auto store = SqliteStore::open(db);
        CHECK((*store)->keep_document(Document::rule_pack, "p.toml", 1, kPack, {}).has_value());
        CHECK(
            (*store)->keep_document(Document::catalogue, "c.toml", 1, kCatalogue, {}).has_value());
    }
    const CliRun shelved =
        world.run({"rules", "shelve", "pump", "--reason", "a bad batch", "--db", db});
    STRCMP_EQUAL("", shelved.err.c_str());
    STRCMP_EQUAL("pump is now shelved\n", shelved.out.c_str());
    STRCMP_CONTAINS("by cli: a bad batch", world.run({"rules", "report", "--db", db}).out.c_str());
    const auto report =
        nlohmann::json::parse(world.run({"rules", "report", "--db", db, "--json"}).out);
    STRCMP_EQUAL("shelved", report["rules"][0]["mode"].get<std::string>().c_str());
    STRCMP_EQUAL("1970-01-01T00:00:00Z", report["rules"][0]["from"].get<std::string>().c_str());
    CHECK(report["rules"][0]["to"].is_null());
    CHECK(report["rules"][0]["total"]["precision"].is_null());
    CHECK(world.run({"rules", "promote", "nobody", "--reason", "x", "--db", db}).exit_code != 0);
}
