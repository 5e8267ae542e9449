// docs/agent-feed.md says what the daemon does: its session and its agent.toml are run.
#include <fstream>
#include <sstream>

#include "agent/io/config.hpp"
#include "agent/io/feed.hpp"
#include "agent/io/feed_control.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/unit/agent/appliance.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;
using namespace std::chrono_literals;

namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

/// Lines of the page's blocks in that language.
std::vector<std::string> block(const std::string& language) {
    std::istringstream page{read_file(AFTERCARE_SOURCE_DIR "/docs/agent-feed.md")};
    std::vector<std::string> lines;
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("```")) {
            inside = line == "```" + language;
        } else if (inside) {
            lines.push_back(line);
        }
    }
    return lines;
}

}  // namespace

TEST_GROUP(FeedPage) {
    test::ScratchDir dir{"feed"};

    // The page's agent.toml, with files that exist.
    std::filesystem::path config_file() {
        std::string text;
        for (const std::string& line : block("toml")) text += line + "\n";
        for (const auto* file : {"secret", "ca.pem", "device.pem", "device.key"}) {
            const std::string there = "/etc/aftercare/" + std::string(file);
            const std::string here = (dir / file).string();
            std::ofstream{here} << "x\n";
            std::filesystem::permissions(here, std::filesystem::perms::owner_read);
            text.replace(text.find(there), there.size(), here);
        }
        std::ofstream{dir / "agent.toml"} << text;
        return dir / "agent.toml";
    }
    std::string mistake(const std::string& telemetry) {
        std::ofstream{dir / "bad.toml"} << "[telemetry]\n"
                                        << telemetry
                                        << "\n[device]\ntenant = \"a\"\nid = \"b\"\nmodel = "
                                           "\"c\"\nfirmware = \"d\"\n[spool]\npath = \"e\"\n"
                                           "[broker]\nurl = \"mqtt://localhost\"\n";
        const auto loaded = load_config(dir / "bad.toml");
        CHECK_FALSE(loaded.has_value());
        const std::string& message = loaded.error().message;
        return message.substr(message.find("bad.toml"));
    }
};

TEST(FeedPage, session_is_answered_as_the_page_says) {
    test::Appliance device;
    device.wall = {1'790'000'000'000, ClockQuality::synced};
    device.auto_connect = false;
    CHECK_TRUE(device.boot());
    device.run_for(0ms);  // the records of boot and clock
    Agent& agent = *device.operator->();
    Feed feed{agent};
    FeedControl control{[](std::string) {}};
    const std::vector<std::string> lines = block("feed");
    CHECK_TRUE(lines.size() >= 40 && lines.size() % 2 == 0);
    for (std::size_t i = 0; i < lines.size(); i += 2) {
        CHECK_TRUE(lines[i].starts_with("> ") && lines[i + 1].starts_with("< "));
        const std::string line = lines[i].substr(2);
        const auto about_daemon = control.line(line, agent, [] { return std::string{}; });
        const std::string answer = about_daemon ? about_daemon->line : feed.line(line);
        STRCMP_EQUAL_TEXT(lines[i + 1].substr(2).c_str(), answer.c_str(), line.c_str());
    }
}

TEST(FeedPage, a_line_of_brackets_costs_no_stack) {
    test::Appliance device;
    device.auto_connect = false;
    CHECK_TRUE(device.boot());
    Feed feed{*device.operator->()};
    const std::string deep(kFeedLineBytesMax - 32, '[');
    STRCMP_CONTAINS("not a JSON object", feed.line("{\"kind\":" + deep + "}").c_str());
}

TEST(FeedPage, agent_toml_gives_the_kit_the_rules_that_the_page_shows) {
    const auto config = load_config(config_file());
    CHECK_TRUE_TEXT(config.has_value(), config ? "" : config.error().message.c_str());
    const TelemetrySettings& own = (*config)->telemetry;
    CHECK_TRUE(sane(own));
    LONGS_EQUAL(3'600, own.heartbeat_s);
    LONGS_EQUAL(2, own.reading_metrics.count);
    LONGS_EQUAL(1, own.snapshot_metrics.count);
    LONGS_EQUAL(60'000, own.fault_rules.items[0].clear_after_ms);

    test::Appliance device;
    CHECK_TRUE(device.boot());
    Feed feed{*device.operator->(), own};
    const std::uint64_t made = device->made_count();
    STRCMP_EQUAL("{\"ok\":true,\"windowed\":true}",
                 feed.line(R"({"kind":"sample","values":{"1":76}})").c_str());
    LONGS_EQUAL(made + 1, device->made_count());  // the threshold's fault
    feed.line(R"({"kind":"condition","code":18,"holds":true})");
    device.run_for(1s);
    LONGS_EQUAL(made + 1, device->made_count());  // debounced for 2 s
    device.run_for(2s);
    LONGS_EQUAL(made + 2, device->made_count());
}

TEST(FeedPage, a_mistake_in_the_rules_names_line_key_and_what_is_allowed) {
    const std::string rule = "fault_filter = [\n  { code = 18, storm_limit = 3 },\n";
    STRCMP_EQUAL("bad.toml:2: telemetry.heartbeat must be a duration from \"60s\" to \"30d\"",
                 mistake("heartbeat = \"1s\"").c_str());
    STRCMP_EQUAL(
        "bad.toml:2: telemetry.snapshot must be a list of at most 8 metric ids, whole numbers "
        "above 0",
        mistake("snapshot = [1, 2, 3, 4, 5, 6, 7, 8, 9]").c_str());
    STRCMP_EQUAL("bad.toml:4: telemetry.fault_filter names code 18 twice",
                 mistake(rule + "  { code = 18 } ]").c_str());
    STRCMP_EQUAL("bad.toml:4: telemetry.fault_filter.code is missing: it is a whole number above 0",
                 mistake(rule + "  { storm_limit = 3 } ]").c_str());
    STRCMP_EQUAL("bad.toml:2: telemetry.threshold.low must not be above high",
                 mistake("threshold = [ { metric = 1, code = 2, high = -3, low = 0 } ]").c_str());
    STRCMP_EQUAL(
        "bad.toml:2: telemetry.threshold.hihg is unknown; allowed are metric, code, high, low, "
        "below",
        mistake("threshold = [ { hihg = 3 } ]").c_str());
}
