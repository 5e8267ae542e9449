#include "tests/e2e/console/desk_world.hpp"

#include <fstream>

#include "common/time_text.hpp"
#include "proto/codec.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using nlohmann::json;

namespace aftercare::test {
namespace {

constexpr std::chrono::seconds kPatience{30};

constexpr const char* kCatalogue = R"([[model]]
id = "WM-1"
family = "washing_machine"
title = "Washer"
component = [ { id = 1, name = "drain_pump" }, { id = 2, name = "door_lock" } ]
metric = [ { id = 1, name = "drain_duration_s", unit = "s", title = "Drain time", range = [0, 300] } ]
fault = [ { id = 19, name = "E19", title = "Door stays locked", severity = "major", component = "door_lock" } ]
counter = [ { id = 1, name = "cycles_count" } ]
[[model.failure_mode]]
id = "drain_pump_blocked"
component = "drain_pump"
title = "Drain pump blocked"
remote_remedy = "Have the filter cleaned"
parts = ["P-77"]
labour_min = 40
[[model.failure_mode]]
id = "door_lock_stuck"
component = "door_lock"
title = "Door lock sticks"
)";

constexpr const char* kRules = R"([pack]
id = "washers"
version = 1
[[rule]]
id = "slow_drain"
title = "Draining takes too long"
component = "drain_pump"
failure_mode = "drain_pump_blocked"
horizon = "14d"
severity = "major"
precision_floor = 0.8  # one visit for nothing, 0 to 79 %, shelves it
decided_min = 1
when = { threshold = "drain_duration_s", limit = 60, duration = "7h" }
[[rule]]
id = "door"
title = "Door lock fails"
component = "door_lock"
failure_mode = "door_lock_stuck"
horizon = "14d"
mode = "live"
when = { fault_count = ["E19"] }
)";

// [tenants] is open, so that sections can follow.
constexpr const char* kSections = R"(
[rules]
file = "rules.toml"
[problems]
start_devices = 5
start_share = 0.5
[[centre]]
id = "north"
name = "Service North"
regions = ["DE-N"]
capacity_per_day = 40
languages = ["de"]
[[centre]]
id = "south"
name = "Service <b>South</b>"
regions = ["DE-S"]
[sla]
first_response_target = "4h"
resolution_target = "3d"
)";

Report report_of(const std::string& device, const std::string& firmware, Lane lane) {
    Report report;
    report.header.device_id = std::string_view(device);
    report.header.model = "WM-1";
    report.header.firmware = std::string_view(firmware);
    report.header.stream_id = 77;
    report.header.lane = lane;
    report.header.first_seq = report.header.oldest_seq = 1;
    report.header.boot = 1;
    report.header.uptime_ms = 86'400'000;
    report.header.consent_epoch = 1;
    return report;
}

Record reading_of(float seconds, Seq seq, std::uint64_t uptime_ms) {
    Reading reading;
    reading.window_ms = 60'000;
    reading.metrics.add(
        {.metric_id = 1, .mean = seconds, .min = seconds, .max = seconds, .last = seconds});
    return {.seq = seq, .boot = 1, .uptime_ms = uptime_ms, .body = reading};
}

}  // namespace

DeskWorld::DeskWorld() {
    auto broker = Broker::start({.dir = dir_.path()});
    CHECK_TEXT(broker.has_value(), broker ? "" : broker.error().message.c_str());
    broker_ = std::move(*broker);
    collector_ = std::make_unique<RunningCollector>(broker_->url(), "", kSections);
    std::ofstream(collector_->dir() / "catalogue.toml") << kCatalogue;
    std::ofstream(collector_->dir() / "rules.toml") << kRules;
    maker_ = collector_->make_token("maker");
    auditor_ = collector_->make_token("auditor");
    north_ = collector_->make_token("centre", "north");
    CHECK_TRUE(collector_->start());
    CHECK_TRUE_TEXT(collector_->wait_until_ready(), collector_->log().c_str());
    hand_ = std::make_unique<Hand>(broker_->url());
}

std::string DeskWorld::token_of(const std::string& name) const {
    const Finished made = collector_->command(
        {"token", "create", "--role", "maker", "--tenant", "acme", "--name", name});
    LONGS_EQUAL_TEXT(0, made.status.code, made.err.c_str());
    return made.out.substr(0, made.out.find('\n'));
}

void DeskWorld::revoke(const std::string& name) const {
    LONGS_EQUAL(0, collector_->command({"token", "revoke", name}).status.code);
}

void DeskWorld::go_down() {
    LONGS_EQUAL(0, collector_->stop());
}

void DeskWorld::come_back() {
    CHECK_TRUE(collector_->launch_on(static_cast<std::uint16_t>(collector_->port())));
    CHECK_TRUE(collector_->wait_until_ready());
}

json DeskWorld::get(const std::string& path) const {
    const HttpReply reply = collector_->get(path, maker_);
    LONGS_EQUAL_TEXT(200, reply.status, (path + " " + reply.body).c_str());
    return json::parse(reply.body);
}

json DeskWorld::post(const std::string& path, const json& body) const {
    const HttpReply reply = collector_->post(path, maker_, body.dump());
    CHECK_TEXT(reply.status / 100 == 2, (path + " " + reply.body).c_str());
    return json::parse(reply.body);
}

void DeskWorld::add_device(const std::string& id, const std::string& region,
                           const std::string& firmware) {
    post("/api/v1/devices", {{"device_id", id},
                             {"model", "WM-1"},
                             {"firmware", firmware},
                             {"region", region},
                             {"serial", "S-" + id},
                             {"installed_at", "2026-01-01T00:00:00Z"}});
}

std::string DeskWorld::slow_drain(const std::string& device, const std::string& region) {
    add_device(device, region, "1.4");
    Report report = report_of(device, "1.4", Lane::bulk);
    const float seconds[] = {48, 52, 50, 55, 61, 66, 70, 78, 86, 97, 110};
    for (const float value : seconds) {
        const auto seq = static_cast<Seq>(report.records.size() + 1);
        report.records.push_back(reading_of(value, seq, 7'200'000 * seq));
    }
    hand_->publish(up_topic("acme", device), proto::Codec().encode_report(report));
    std::string id;
    const bool opened = wait_until(
        [&] {
            const json items = get("/api/v1/tickets?device_id=" + device)["items"];
            if (!items.empty()) id = items[0]["id"];
            return !id.empty();
        },
        kPatience);
    CHECK_TRUE_TEXT(opened, collector_->log().c_str());
    return id;
}

void DeskWorld::drains_well(const std::string& device, const std::string& ticket_id) {
    Report report = report_of(device, "1.4", Lane::bulk);
    report.header.first_seq = 12;
    report.header.uptime_ms += 60'000;
    report.records.push_back(reading_of(50, 12, report.header.uptime_ms));
    hand_->publish(up_topic("acme", device), proto::Codec().encode_report(report));
    CHECK_TRUE(wait_until([&] { return !ticket(ticket_id)["watch"].is_null(); }, kPatience));
}

std::string DeskWorld::call(const std::string& device, const std::string& component,
                            const std::string& failure_mode, const std::string& note,
                            const std::string& region) {
    add_device(device, region, "1.4");
    return post("/api/v1/contacts", {{"direction", "inbound"},
                                     {"contact_id", "call-" + std::to_string(++number_)},
                                     {"device_id", device},
                                     {"channel", "phone"},
                                     {"component", component},
                                     {"failure_mode", failure_mode},
                                     {"note", note}})["ticket_id"];
}

std::string DeskWorld::flood() {
    for (int i = 1; i <= 5; ++i) {
        const std::string device = "bad-" + std::to_string(i);
        add_device(device, "DE-N", "2.0");
        Report report = report_of(device, "2.0", Lane::urgent);
        report.records.push_back(
            {.seq = 1,
             .boot = 1,
             .uptime_ms = 80'000'000,
             .body = Fault{.code = 19, .state = FaultState::occurred, .occurrences = 1}});
        hand_->publish(up_topic("acme", device), proto::Codec().encode_report(report));
    }
    std::string id;
    const bool begun = wait_until(
        [&] {
            const json items = get("/api/v1/problems")["items"];
            if (!items.empty()) id = items[0]["id"];
            return !id.empty();
        },
        kPatience);
    CHECK_TRUE_TEXT(begun, collector_->log().c_str());
    return id;
}

std::string DeskWorld::doubtful_outcome(std::vector<std::string>& tickets) {
    // Names the failure mode of one ticket of five days ago, 0.95 · (1 − ½ · 5/30) = 0.87, and the
    // component of one of now, 0.80: too near.
    tickets = {call("twice", "drain_pump", "")};
    const auto before = std::chrono::system_clock::now() - std::chrono::hours{24 * 5};
    const std::string at = format_rfc3339(wall_from_unix_ms(
        std::chrono::duration_cast<milliseconds>(before.time_since_epoch()).count()));
    tickets.push_back(post("/api/v1/contacts", {{"direction", "inbound"},
                                                {"contact_id", "call-" + std::to_string(++number_)},
                                                {"device_id", "twice"},
                                                {"at", at},
                                                {"component", "hose"},
                                                {"failure_mode", "hose_loose"}})["ticket_id"]);
    const std::string id = "visit-" + std::to_string(++number_);
    post("/api/v1/outcomes", {{"id", id},
                              {"device_id", "twice"},
                              {"code", "failure_repaired"},
                              {"component", "drain_pump"},
                              {"failure_mode", "hose_loose"},
                              {"note", "was in the drain"}});
    LONGS_EQUAL(1, get("/api/v1/outcomes?review=open")["items"].size());
    return id;
}

}  // namespace aftercare::test
