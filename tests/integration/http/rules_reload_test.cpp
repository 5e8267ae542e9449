// SIGHUP and its twin over HTTP, on the real program: a good rule pack comes into force, a bad one
// changes nothing.
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/integration/http/running_collector.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;

namespace {

constexpr auto kModel = R"([[model]]
id = "WM-7"
fault = [ { id = 20, name = "E20" } ]
component = [ { id = 1, name = "pump" } ]
failure_mode = [ { id = "pump_blocked", component = "pump" } ]
)";

std::string rules(int version, const std::string& count) {
    return "[pack]\nid = \"washers\"\nversion = " + std::to_string(version) +
           "\n[[rule]]\nid = \"pump\"\ncomponent = \"pump\"\nfailure_mode = \"pump_blocked\"\n"
           "horizon = \"48h\"\nwhen = { fault_count = [\"E20\"], window = \"7d\", count = " +
           count + " }\n";
}

}  // namespace

TEST_GROUP(RulesReload) {
    ScratchDir broker_dir{"broker"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;

    void setup() override {
        auto started = Broker::start({.dir = broker_dir.path()});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        collector = std::make_unique<RunningCollector>(broker->url());
        std::ofstream(collector->dir() / "catalogue.toml") << kModel;
        std::ofstream(collector->dir() / "collector.toml", std::ios::app)
            << "[rules]\nfile = \"rules.toml\"\n";
        write(rules(1, "2"));
        CHECK_TRUE(collector->start());
        CHECK_TRUE_TEXT(collector->wait_until_ready(), collector->log().c_str());
    }
    void write(const std::string& text) const {
        std::ofstream(collector->dir() / "rules.toml") << text;
    }
    void hang_up() const {
        LONGS_EQUAL(0, ::kill(collector->pid(), SIGHUP));
    }
};

// promise: rules-reload
TEST(RulesReload, takes_a_good_pack_and_refuses_a_bad_one_with_line_and_column) {
    write(rules(2, "0"));
    hang_up();
    CHECK_TRUE_TEXT(collector->wait_for_metric("rules_refused_total", 1), collector->log().c_str());
    LONGS_EQUAL(0, collector->metric("rules_reloaded_total"));
    STRCMP_CONTAINS("rules.toml:9:", collector->log().c_str());
    STRCMP_CONTAINS("the rules of before stay in force", collector->log().c_str());

    write(rules(2, "3"));
    hang_up();
    CHECK_TRUE_TEXT(collector->wait_for_metric("rules_reloaded_total", 1),
                    collector->log().c_str());
    STRCMP_CONTAINS("0 unchanged keep their memory; changed and begun afresh: pump; new: none",
                    collector->log().c_str());
    LONGS_EQUAL(1, collector->metric("rules_refused_total"));

    const std::string url = "http://127.0.0.1:" + std::to_string(collector->port());
    std::ofstream(collector->dir() / "token") << collector->make_token("maker");
    const std::vector<std::string> reload{"rules", "reload",       "--url",
                                          url,     "--token-file", collector->dir() / "token"};
    write(rules(3, "0"));
    const Finished refused = collector->program(reload);
    LONGS_EQUAL(78, refused.status.code);
    STRCMP_CONTAINS("rules.toml:9:", refused.err.c_str());
    write(rules(3, "4"));
    const Finished taken = collector->program(reload);
    CHECK_TRUE_TEXT(taken.status.clean(), taken.err.c_str());
    STRCMP_CONTAINS("rules.toml: washers version 3 is in force\nchanged, begun afresh: pump\n",
                    taken.out.c_str());
    LONGS_EQUAL(2, collector->metric("rules_reloaded_total"));
    LONGS_EQUAL(0, collector->stop());
    const Finished verified = collector->command({"verify"});
    CHECK_TRUE_TEXT(verified.status.clean(), verified.err.c_str());
}
