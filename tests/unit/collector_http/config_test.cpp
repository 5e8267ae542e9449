#include "collector/io/live/config.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "collector/core/sla/policy.hpp"
#include "collector/io/live/centre_config.hpp"
#include "common/time_text.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(Config){static std::string mistake(const char* text){
    const auto config = parse_config(text, "lab/collector.toml");
return config ? "accepted" : config.error().message;
}
static CollectorConfig config(const char* text) {
    auto parsed = parse_config(text, "lab/collector.toml");
    CHECK_TRUE_TEXT(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
    return *parsed;
}
}
;

TEST(Config, reads_every_section_and_takes_files_from_beside_itself) {
    const CollectorConfig c = config(R"([broker]
url = "mqtts://broker.example"
client_id = "c1"
username = "collector"
password_file = "/etc/aftercare/password"
buckets = [0, 63]
[database]
path = "data/a.db"
[http]
listen = "0.0.0.0:0"
port_file = "port"
[tenants]
list = ["acme", "brand-b"]
enrolment = "open"
[catalogue]
file = ["a.toml", "/b.toml"]
[rules]
file = "r.toml"
[intake]
reorder_reports_max = 4
ack_delay_lazy = "2s"
[tickets]
notices = false
match_window = "10d"
[sla]
first_response_target = "4h"
[clock]
start = "2026-01-01T00:00:00Z"
epoch = "2026-11-21T20:00:00Z"
speed = 86400
[batch]
interval = "80ms"
)");
    STRCMP_EQUAL("mqtts://broker.example", c.broker.url.c_str());
    LONGS_EQUAL(2, c.broker.buckets.size());
    STRCMP_EQUAL("lab/data/a.db", c.database_path.c_str());
    STRCMP_EQUAL("/etc/aftercare/password", c.broker.password_file.c_str());
    LONGS_EQUAL(0, c.http.port);
    LONGS_EQUAL(2, c.settings.tenants.size());
    CHECK_TRUE(c.settings.open_enrolment);
    STRCMP_EQUAL("lab/a.toml", c.catalogue_files.at(0).c_str());
    STRCMP_EQUAL("/b.toml", c.catalogue_files.at(1).c_str());
    LONGS_EQUAL(4, c.settings.reorder_reports_max);
    LONGS_EQUAL(2'000, c.settings.ack_delay_lazy.count());
    CHECK_FALSE(c.settings.notices);
    LONGS_EQUAL(864'000'000, c.settings.match_window.count());
    LONGS_EQUAL(14'400'000, c.settings.sla.otherwise.first_response.count());
    DOUBLES_EQUAL(86'400, c.clock.speed, 0);
    LONGS_EQUAL(80, c.batch.interval.count());
}

TEST(Config, keeps_records_for_ever_or_for_a_day_at_least) {
    const auto kept =
        config("[retention]\nreading = \"90d\"\nusage = \"1d\"\nfault = \"0s\"\n").retention;
    // In the order of RecordClass: fault, lifecycle, usage, reading.
    LONGS_EQUAL(0, kept.keep[0].count());
    LONGS_EQUAL(86'400'000, kept.keep[2].count());
    LONGS_EQUAL(7'776'000'000, kept.keep[3].count());
    STRCMP_EQUAL(
        "lab/collector.toml:2:9: [retention], key 'usage': allowed is \"0s\" (for ever), or at "
        "least 24h",
        mistake("[retention]\nusage = \"23h\"\n").c_str());
    STRCMP_CONTAINS("unknown key 'readings'", mistake("[retention]\nreadings = \"9d\"\n").c_str());
}

TEST(Config, ends_a_flood_below_what_begins_it) {
    const ProblemSettings problems =
        config("[problems]\nwindow = \"6h\"\nstart_devices = 10\nstart_share = 0.1\n")
            .settings.problems;
    CHECK(problems.guard && problems.window == hours_ms(6));
    LONGS_EQUAL(10, problems.start_devices);
    DOUBLES_EQUAL(0.1, problems.start_share, 0);
    LONGS_EQUAL(5, problems.end_devices);
    STRCMP_CONTAINS("allowed is at most start_devices",
                    mistake("[problems]\nend_devices = 21\n").c_str());
    STRCMP_CONTAINS("allowed is at most start_share",
                    mistake("[problems]\nend_share = 0.06\n").c_str());
    STRCMP_CONTAINS("allowed is at most 7d", mistake("[problems]\nwindow = \"8d\"\n").c_str());
}

TEST(Config, names_file_line_key_and_what_is_allowed) {
    STRCMP_EQUAL(
        "lab/collector.toml:3:10: [broker]: unknown key 'colour': allowed are buckets, "
        "ca_file, cert_file, client_id, key_file, password_file, url, username",
        mistake("[broker]\nurl = \"mqtt://h:1\"\ncolour = 1\n").c_str());
    STRCMP_EQUAL(
        "lab/collector.toml:2:10: [http], key 'listen': listen address \"8480\": expected "
        "host:port such as 127.0.0.1:8480",
        mistake("[http]\nlisten = \"8480\"\n").c_str());
    STRCMP_CONTAINS("expected mqtt://host:port or mqtts://host:port",
                    mistake("[broker]\nurl = \"http://h:1\"\n").c_str());
    STRCMP_CONTAINS(
        "lab/collector.toml:2:20: [intake], key 'ack_reports_lazy': 0 is out of bounds: "
        "allowed is 1 to 1024",
        mistake("[intake]\nack_reports_lazy = 0\n").c_str());
    STRCMP_CONTAINS("start and epoch come together",
                    mistake("[clock]\nstart = \"2026-01-01T00:00:00Z\"\n").c_str());
    STRCMP_CONTAINS("unknown section 'brokers': allowed are broker, database, http,",
                    mistake("[brokers]\n").c_str());
    STRCMP_CONTAINS("lab/collector.toml:2:", mistake("[broker]\nurl = \n").c_str());
    STRCMP_CONTAINS("'match_window'", mistake("[tickets]\nmatch_window = \"soon\"\n").c_str());
    STRCMP_CONTAINS("registered, open", mistake("[tenants]\nenrolment = \"maybe\"\n").c_str());
    STRCMP_CONTAINS("true or false", mistake("[tickets]\nnotices = \"no\"\n").c_str());
    STRCMP_CONTAINS("from 0 to 63", mistake("[broker]\nbuckets = [1, 64]\n").c_str());
    STRCMP_CONTAINS("expected a table", mistake("broker = 5\n").c_str());
    STRCMP_CONTAINS("\"a b\" is not an id", mistake("[tenants]\nlist = [\"a b\"]\n").c_str());
    STRCMP_CONTAINS("at least 1ms", mistake("[batch]\ninterval = \"0s\"\n").c_str());
}

TEST(Config, is_documented_with_the_defaults_it_has) {
    std::ifstream page(AFTERCARE_SOURCE_DIR "/docs/configuration.md");
    const std::string text((std::istreambuf_iterator<char>(page)), {});
    const std::size_t begin = text.find("```toml\n");
    CHECK_TRUE(begin != std::string::npos);
    std::string example = text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
    const CollectorConfig shown = config(example.c_str());
    const CollectorConfig defaults = config("");
    STRCMP_EQUAL(defaults.broker.client_id.c_str(), shown.broker.client_id.c_str());
    STRCMP_EQUAL(defaults.http.host.c_str(), shown.http.host.c_str());
    LONGS_EQUAL(defaults.http.port, shown.http.port);
    LONGS_EQUAL(defaults.http.connections_max, shown.http.connections_max);
    const Settings& a = defaults.settings;
    const Settings& b = shown.settings;
    CHECK_EQUAL(a.open_enrolment, b.open_enrolment);
    LONGS_EQUAL(a.reorder_reports_max, b.reorder_reports_max);
    LONGS_EQUAL(a.reorder_reports_total_max, b.reorder_reports_total_max);
    LONGS_EQUAL(a.ack_reports_lazy, b.ack_reports_lazy);
    LONGS_EQUAL(a.ack_delay_lazy.count(), b.ack_delay_lazy.count());
    LONGS_EQUAL(a.recurrence_window.count(), b.recurrence_window.count());
    LONGS_EQUAL(a.match_window.count(), b.match_window.count());
    LONGS_EQUAL(a.contact_gap_min.count(), b.contact_gap_min.count());
    LONGS_EQUAL(a.close_after.count(), b.close_after.count());
    CHECK_EQUAL(a.notices, b.notices);
    LONGS_EQUAL(a.sla.otherwise.first_response.count(), b.sla.otherwise.first_response.count());
    LONGS_EQUAL(a.sla.otherwise.resolution.count(), b.sla.otherwise.resolution.count());
    LONGS_EQUAL(a.sla.otherwise.at_risk_percent, b.sla.otherwise.at_risk_percent);
    LONGS_EQUAL(defaults.batch.interval.count(), shown.batch.interval.count());
    LONGS_EQUAL(defaults.batch.reports_max, shown.batch.reports_max);
    LONGS_EQUAL(defaults.batch.bytes_max, shown.batch.bytes_max);
    LONGS_EQUAL(defaults.batch.queue_reports_max, shown.batch.queue_reports_max);
    LONGS_EQUAL(defaults.batch.queue_bytes_max, shown.batch.queue_bytes_max);
    DOUBLES_EQUAL(defaults.clock.speed, shown.clock.speed, 0);

    // Uncommenting every optional key is still a valid file: none is misspelt or forgotten.
    for (std::size_t at = 0; (at = example.find("\n# ", at)) != std::string::npos;) {
        example.erase(at + 1, 2);
    }
    const CollectorConfig full = config(example.c_str());
    LONGS_EQUAL(3, full.broker.buckets.size());
    CHECK_TRUE(full.clock_scaled);
}

TEST(Config, of_service_levels_is_read_as_documented) {
    std::ifstream page(AFTERCARE_SOURCE_DIR "/docs/configuration.md");
    const std::string text((std::istreambuf_iterator<char>(page)), {});
    const std::size_t begin = text.find("```toml\n", text.find("## Service levels"));
    const std::string example = text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
    const test::ScratchDir folder("sla-config");
    std::ofstream(folder / "holidays.ics") << "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"
                                              "DTSTART;VALUE=DATE:20361225\nRRULE:FREQ=YEARLY\n"
                                              "END:VEVENT\nEND:VCALENDAR\n";
    const auto parsed = parse_config(example, (folder / "collector.toml").string());
    CHECK_TRUE_TEXT(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
    const SlaSettings& sla = parsed->settings.sla;
    CHECK_TRUE(sla.calendar("berlin") != nullptr);
    const Calendar& berlin = *sla.calendar("berlin");
    LONGS_EQUAL(2, berlin.week[4].size());
    LONGS_EQUAL(600, berlin.week[5].at(0).from_min);
    LONGS_EQUAL(0, berlin.week[6].size());
    CHECK(berlin.holidays == (std::vector<std::string>{"2026-12-24", "2036-12-25", "2037-12-25"}));
    CHECK(berlin.offsets.size() > 70);
    LONGS_EQUAL(2, sla.policies.size());
    CHECK(sla.policies[0].severities == (std::vector{Severity::major, Severity::critical}));
    LONGS_EQUAL(75, sla.policies[0].at_risk_percent);
    CHECK(sla.policies[1].first_response == sla.otherwise.first_response);
    CHECK(sla.policies[1].resolution == hours_ms(24));
    SlaTermsBook book(sla);
    Ticket ticket{.tenant = "acme", .severity = Severity::major, .centre = "north"};
    STRCMP_EQUAL("berlin", book.in_force(ticket).calendar_name.c_str());
    STRCMP_EQUAL("default", book.in_force(ticket).policy.c_str());
}

// promise: config-mistake
TEST(Config, of_service_levels_names_what_is_wrong_with_them) {
    const std::string calendar = "[[calendar]]\nname = \"a\"\nzone = \"UTC\"\n";
    const auto wrong = [&](const std::string& more) { return mistake((calendar + more).c_str()); };
    STRCMP_CONTAINS("collector.toml:3:8: [[calendar]], key 'zone': unknown time zone \"Mars\"",
                    mistake("[[calendar]]\nname = \"a\"\nzone = \"Mars\"\n"
                            "workdays = [\"09:00-12:00\"]\n")
                        .c_str());
    STRCMP_CONTAINS("collector.toml:4:10: [[calendar]], key 'monday': '9-12': expected hours",
                    wrong("monday = [\"9-12\"]\n").c_str());
    STRCMP_CONTAINS("Monday: service hours must be sorted",
                    wrong("monday = [\"13:00-17:00\", \"09:00-12:00\"]\n").c_str());
    STRCMP_CONTAINS("no hours are given", wrong("").c_str());
    STRCMP_CONTAINS("unknown key 'mondays'", wrong("mondays = [\"09:00-12:00\"]\n").c_str());
    STRCMP_CONTAINS("holiday \"2026-02-30\"",
                    wrong("friday = []\nholidays = [\"2026-02-30\"]\n").c_str());
    STRCMP_CONTAINS("collector.toml:5:16: [[calendar]], key 'holidays_ics': lab/none.ics: cannot",
                    wrong("friday = []\nholidays_ics = \"none.ics\"\n").c_str());
    STRCMP_CONTAINS("there is a calendar 'a' already",
                    wrong("friday = []\n" + calendar + "friday = []\n").c_str());
    STRCMP_CONTAINS(
        "collector.toml:2:12: [sla], key 'calendar': there is no calendar 'b': "
        "allowed are always",
        mistake("[sla]\ncalendar = \"b\"\n").c_str());
    STRCMP_CONTAINS("'grave' is unknown: allowed are info, minor, major, critical",
                    mistake("[[sla.policy]]\nid = \"p\"\nseverity = [\"grave\"]\n").c_str());
    STRCMP_CONTAINS("no policy below it is ever reached",
                    mistake("[[sla.policy]]\nid = \"p\"\n[[sla.policy]]\nid = \"q\"\n").c_str());
    STRCMP_CONTAINS("there is a policy 'default' already",
                    mistake("[[sla.policy]]\nid = \"default\"\n").c_str());
    STRCMP_CONTAINS("at least 1ms",
                    mistake("[[sla.policy]]\nid = \"p\"\nresolution_target = \"0s\"\n").c_str());
    STRCMP_CONTAINS("0 is out of bounds", mistake("[sla]\nat_risk_percent = 0\n").c_str());
    STRCMP_CONTAINS("there is a centre 'n' already",
                    mistake("[[centre]]\nid = \"n\"\ncalendar = \"always\"\n"
                            "[[centre]]\nid = \"n\"\ntenant = \"t\"\ncalendar = \"always\"\n")
                        .c_str());
}

TEST(Config, of_service_centres_is_read_as_documented) {
    std::ifstream page(AFTERCARE_SOURCE_DIR "/docs/configuration.md");
    const std::string text((std::istreambuf_iterator<char>(page)), {});
    const std::size_t begin = text.find("```toml\n", text.find("## Service centres"));
    const std::string example = text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
    const CollectorConfig read = config(
        ("[[calendar]]\nname = \"berlin\"\nzone = \"UTC\"\nfriday = []\n" + example).c_str());
    const ServiceCentre& north = read.settings.sla.centres.at(0);
    STRCMP_EQUAL("Service North", north.name.c_str());
    CHECK(north.regions == (std::vector<std::string>{"DE-N", "DE-HH"}));
    CHECK(north.languages == (std::vector<std::string>{"de", "en"}));
    LONGS_EQUAL(12, north.jobs_per_day_max);
    CHECK(north.routes() && north.delivery == Delivery::console);
    ModelInfo model{.id = "WM", .family = "washing_machine"};
    model.failure_modes = {{.id = "m", .skill = "white_goods"}};
    CHECK_TRUE(check_centres(read.catalogue_names, {{model}}).has_value());
}

// promise: config-mistake
TEST(Config, of_service_centres_names_where_it_names_what_the_catalogue_does_not_know) {
    const CollectorConfig read = config(
        "[[centre]]\nid = \"north\"\nfamilies = [\"washer\",\n  \"washing_machine\"]\n"
        "[[centre]]\nid = \"south\"\nskills = [\"gas\"]\n");
    ModelInfo model{.id = "WM", .family = "washer"};
    model.failure_modes = {{.id = "m", .skill = "white_goods"}, {.id = "n", .skill = "cooling"}};
    STRCMP_EQUAL(
        "lab/collector.toml:4:3: [[centre]], key 'families': no model of the catalogue has "
        "'washing_machine': allowed are washer\n"
        "lab/collector.toml:7:11: [[centre]], key 'skills': no failure mode of the catalogue has "
        "'gas': allowed are cooling, white_goods",
        check_centres(read.catalogue_names, {{model}}).error().message.c_str());
    STRCMP_CONTAINS("allowed are none, for the catalogue names none",
                    check_centres(read.catalogue_names, {}).error().message.c_str());
}

// promise: config-mistake
TEST(Config, of_service_centres_names_what_is_wrong_with_them) {
    const auto wrong = [&](const std::string& more) {
        return mistake(("[tenants]\nlist = [\"acme\", \"beta\"]\n[[centre]]\n" + more).c_str());
    };
    STRCMP_CONTAINS(
        "collector.toml:5:10: [[centre]], key 'tenant': 'acne' is not in [tenants] list: "
        "allowed are acme, beta",
        wrong("id = \"n\"\ntenant = \"acne\"\n").c_str());
    STRCMP_CONTAINS("lacks the key 'id'", wrong("calendar = \"always\"\n").c_str());
    STRCMP_CONTAINS(
        "collector.toml:5:20: [[centre]], key 'languages': 'German' is no language: allowed are "
        "tags such as de or pt-BR",
        wrong("id = \"n\"\nlanguages = [\"de\", \"German\"]\n").c_str());
    STRCMP_CONTAINS("'de' twice", wrong("id = \"n\"\nlanguages = [\"de\", \"de\"]\n").c_str());
    STRCMP_CONTAINS("every element is a text in quotes",
                    wrong("id = \"n\"\nregions = [\"\"]\n").c_str());
    STRCMP_CONTAINS("0 is out of bounds", wrong("id = \"n\"\ncapacity_per_day = 0\n").c_str());
    STRCMP_CONTAINS("console, mqtt", wrong("id = \"n\"\ndelivery = \"fax\"\n").c_str());
    STRCMP_CONTAINS("unknown key 'region'", wrong("id = \"n\"\nregion = \"x\"\n").c_str());
}

TEST(Config, tells_all_mistakes_at_once) {
    const std::string text = mistake("[broker]\nurl = 5\n[sla]\ncolour = 1\n");
    STRCMP_CONTAINS("lab/collector.toml:2:", text.c_str());
    STRCMP_CONTAINS("\nlab/collector.toml:4:", text.c_str());
}

TEST_GROUP(ConfigOptions) {
    const WallTime now = wall_from_unix_ms(1'000'000);
    RunOptions options{.broker_url = "mqtt://127.0.0.1:1", .database_path = "x.db"};
    CollectorConfig config;
    void setup() override {
        config.settings.tenants = {"acme"};
    }
    std::string refusal() {
        const auto result = with_options(config, options, now);
        return result ? "accepted" : result.error().message;
    }
};

TEST(ConfigOptions, let_the_command_line_win) {
    config.broker.url = "mqtt://localhost:9";
    options.listen = "127.0.0.1:0";
    options.clock_start = wall_from_unix_ms(5'000);
    options.clock_speed = 2.0;
    const auto result = with_options(config, options, now);
    CHECK_TRUE(result.has_value());
    STRCMP_EQUAL("mqtt://127.0.0.1:1", result->broker.url.c_str());
    LONGS_EQUAL(0, result->http.port);
    // Two real seconds after the epoch (now) are four virtual ones after the start.
    LONGS_EQUAL(9'000, unix_ms(result->clock.at(now + milliseconds{2'000})));
}

TEST(ConfigOptions, run_on_the_real_clock_unless_told_otherwise) {
    const auto result = with_options(config, options, now);
    CHECK_TRUE(result.has_value());
    LONGS_EQUAL(1'002'000, unix_ms(result->clock.at(now + milliseconds{2'000})));
    CHECK_FALSE(result->clock_scaled);
}

TEST(ConfigOptions, refuse_a_broker_that_lets_strangers_in) {
    options.broker_url = "mqtt://broker.example:1883";
    STRCMP_CONTAINS("plain text over the network", refusal().c_str());
    options.broker_url = "mqtts://broker.example";
    STRCMP_CONTAINS("without a login", refusal().c_str());
    options.insecure_lab = true;
    STRCMP_EQUAL("accepted", refusal().c_str());
    options.insecure_lab = false;
    config.broker.username = "collector";
    STRCMP_EQUAL("accepted", refusal().c_str());
}

TEST(ConfigOptions, say_what_is_missing) {
    options.broker_url.clear();
    STRCMP_CONTAINS("[broker] url is missing", refusal().c_str());
    options.broker_url = "mqtt://127.0.0.1:1";
    options.database_path.clear();
    STRCMP_CONTAINS("[database] path is missing", refusal().c_str());
    options.database_path = "x.db";
    config.settings.tenants.clear();
    STRCMP_CONTAINS("[tenants] list is missing", refusal().c_str());
}

TEST_GROUP(SecretFile) {
    std::string file;
    void setup() override {
        char name[] = "/tmp/aftercare-secret-XXXXXX";
        const int descriptor = ::mkstemp(name);
        CHECK_TRUE(descriptor >= 0);
        ::close(descriptor);
        file = name;
        std::ofstream(file) << "s3cret\n";
    }
    void teardown() override {
        std::filesystem::remove(file);
    }
};

TEST(SecretFile, loses_only_its_final_newline) {
    const auto secret = read_secret(file);
    CHECK_TRUE(secret.has_value());
    STRCMP_EQUAL("s3cret", secret->c_str());
}

TEST(SecretFile, is_refused_when_others_may_read_it) {
    LONGS_EQUAL(0, ::chmod(file.c_str(), 0604));
    const auto secret = read_secret(file);
    CHECK_FALSE(secret.has_value());
    STRCMP_CONTAINS("chmod 0600", secret.error().message.c_str());
}
