// A hostile client at full speed beside honest appliances, under the shipped access rules and
// limits of the broker: the honest ones lose no record and their delay stays bounded, every refusal
// is counted, and neither memory nor disk grows with the garbage.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <thread>

#include "common/rng.hpp"
#include "proto/codec.hpp"
#include "tests/integration/http/running_collector.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kVictims = 5;
constexpr std::size_t kQuietRounds = 20;
constexpr std::size_t kFloodMessages = AFTERCARE_FLOOD_MESSAGES;
constexpr std::size_t kStrangerMessages = 2'000;
constexpr const char* kPassword = "secret";
/// As an appliance does, whose broker may drop messages behind a flood.
constexpr seconds kSendAgainAfter{3};
/// Far beyond what the broker's bounded queue explains; the measured delay is printed.
constexpr seconds kDelayMax{120};
/// The collector's queue holds 64 MiB by default; garbage beyond it waits in the broker.
constexpr double kResidentBytesMax = 250e6;
/// 14 MiB of samples in quarantine (64 of 16 KiB for each reason), a log of 2,000 pages (8 MiB)
/// between checkpoints and one commit of 100 samples on top of it, and what the others sent.
constexpr double kDatabaseBytesMax = 28e6;

std::string read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The lines of the shipped template that bound what a client may do.
std::string shipped_limits() {
    std::istringstream lines(read(AFTERCARE_SOURCE_DIR "/deploy/mosquitto/mosquitto.conf"));
    static const std::regex limit(
        "(max_queued_messages|max_queued_bytes|max_inflight_messages|max_packet_size|"
        "message_size_limit) .*");
    std::string limits;
    for (std::string line; std::getline(lines, line);) {
        if (std::regex_match(line, limit)) limits += line + "\n";
    }
    return limits;
}

Report report_of(const std::string& device, Seq seq) {
    Report report;
    report.header.device_id = std::string_view(device);
    report.header.model = "WM-1";
    report.header.firmware = "1.0";
    report.header.stream_id = 77;
    report.header.lane = Lane::bulk;
    report.header.first_seq = seq;
    report.header.oldest_seq = 1;
    report.header.boot = 1;
    report.header.uptime_ms = 10'000'000;
    Reading reading;
    reading.window_ms = 60'000;
    reading.metrics.add({.metric_id = 1, .mean = 2, .min = 1, .max = 3, .last = 2});
    report.records.push_back({.seq = seq, .boot = 1, .uptime_ms = 1'000 * seq, .body = reading});
    return report;
}

std::string with_value(float value) {
    Report report = report_of("mal-1", 2);
    std::get<Reading>(report.records[0].body).metrics.items[0].mean = value;
    return proto::Codec().encode_report(report);
}

std::string of_version(std::uint32_t version) {
    Report report = report_of("mal-1", 2);
    report.header.schema_version = version;
    return proto::Codec().encode_report(report);
}

struct Attack {
    std::string topic;
    std::string payload;
    const char* reason;  ///< "" = a record that was stored before
};

std::vector<Attack> attacks() {
    const std::string own = up_topic("acme", "mal-1");
    const std::string valid = proto::Codec().encode_report(report_of("mal-1", 1));
    std::string noise(2'000, '\0');
    Rng rng(7);
    for (char& c : noise) c = static_cast<char>(rng.below(256));
    const std::string wrong_bucket =
        own.substr(0, 18) + (own[18] == '0' ? '1' : '0') + own.substr(19);
    return {
        {own, "\x12\xff\xff\xff\x7f" + noise, "bad_protobuf"},
        {own, std::string(5'000, '\x0b'), "bad_protobuf"},  // 5,000 groups, one in another
        {own, std::string(60'000, '\xff'), "bad_protobuf"},
        {wrong_bucket, valid, "wrong_bucket"},
        {up_topic("rival", "mal-1"), valid, "unknown_tenant"},
        {own, proto::Codec().encode_report(report_of("wm-1", 9'999)), "device_mismatch"},
        {own, of_version(2), "bad_schema_version"},
        {own, with_value(std::numeric_limits<float>::quiet_NaN()), "bad_value"},
        {own, with_value(std::numeric_limits<float>::infinity()), "bad_value"},
        {own, valid, ""},
    };
}

double percentile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

}  // namespace

TEST_GROUP(HostileClient) {
    ScratchDir broker_dir{"broker"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;
    std::deque<Hand> victims;
    Seq next_seq = 1;  ///< of every victim alike
    std::size_t sent_again = 0;

    void setup() override {
        std::string users = std::string("collector:") + kPassword + "\nmal-1:" + kPassword +
                            "\nmal-2:" + kPassword + "\n";
        for (std::size_t i = 1; i <= kVictims; ++i) users += victim(i) + ":" + kPassword + "\n";
        const std::string passwords = (broker_dir / "passwords").string();
        std::ofstream(passwords) << users;
        CHECK(run_program({.command = {"mosquitto_passwd", "-U", passwords},
                           .log_dir = broker_dir.path(),
                           .name = "passwd"},
                          seconds{20})
                  ->status.clean());
        auto started = Broker::start({.dir = broker_dir.path(),
                                      .extra_configuration = "password_file " + passwords +
                                                             "\nacl_file " AFTERCARE_SOURCE_DIR
                                                             "/deploy/mosquitto/acl\n" +
                                                             shipped_limits(),
                                      .anonymous = false,
                                      .queue = BrokerQueue::defaults});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        std::ofstream(broker_dir / "collector-password") << kPassword << "\n";
        std::filesystem::permissions(broker_dir / "collector-password",
                                     std::filesystem::perms::owner_read);
        collector = std::make_unique<RunningCollector>(
            broker->url(), "username = \"collector\"\npassword_file = \"" +
                               (broker_dir / "collector-password").string() + "\"\n");
        const std::string token = collector->make_token("maker");
        CHECK(collector->start());
        CHECK_TEXT(collector->wait_until_ready(), collector->log().c_str());
        register_device(token, "mal-1");
        for (std::size_t i = 1; i <= kVictims; ++i) {
            register_device(token, victim(i));
            victims.emplace_back(broker->url(), victim(i), kPassword);
            victims.back().listen("aftercare/v1/acme/+/" + victim(i) + "/down");
        }
    }
    static std::string victim(std::size_t number) {
        return "wm-" + std::to_string(number);
    }
    void register_device(const std::string& token, const std::string& id) {
        const HttpReply reply = collector->post("/api/v1/devices", token,
                                                R"({"device_id":")" + id + R"(","model":"WM-1"})");
        LONGS_EQUAL_TEXT(201, reply.status, reply.body.c_str());
    }
    void send(std::size_t index, Seq seq) {
        const std::string id = victim(index + 1);
        victims[index].hand_over(up_topic("acme", id), report_bytes(id, seq, 1, 1));
    }
    /// Every victim sends a report and waits for its acknowledgement; their delays in seconds.
    void round(std::vector<double> & delays) {
        const auto began = std::chrono::steady_clock::now();
        std::vector<std::size_t> heard;
        for (std::size_t i = 0; i < kVictims; ++i) {
            heard.push_back(victims[i].heard());
            send(i, next_seq);
        }
        ++next_seq;
        for (std::size_t i = 0; i < kVictims; ++i) {
            const auto acknowledged = [&] { return victims[i].heard() > heard[i]; };
            while (!wait_until(acknowledged, kSendAgainAfter, milliseconds{1})) {
                CHECK_TEXT(std::chrono::steady_clock::now() - began < kDelayMax,
                           (victim(i + 1) + " waits for more than two minutes").c_str());
                send(i, next_seq - 1);
                ++sent_again;
            }
            const std::chrono::duration<double> delay = std::chrono::steady_clock::now() - began;
            delays.push_back(delay.count());
        }
    }
    double refused(const std::string& reason) const {
        return collector->metric("quarantined_total{reason=\"" + reason + "\"}");
    }
    static void tell(const char* when, const std::vector<double>& delays) {
        std::printf("  report to ack %s: p50 %.0f ms, p99 %.0f ms, %zu reports\n", when,
                    1e3 * percentile(delays, .5), 1e3 * percentile(delays, .99), delays.size());
    }
};

// promise: hostile-client
TEST(HostileClient, costs_others_no_record_and_a_bounded_delay) {
    std::vector<double> quiet;
    for (std::size_t i = 0; i < kQuietRounds; ++i) round(quiet);

    std::map<std::string, double> expected{{"unknown_device", kStrangerMessages}};
    const std::vector<Attack> kinds = attacks();
    for (std::size_t i = 0; i < kFloodMessages; ++i) ++expected[kinds[i % kinds.size()].reason];
    std::atomic<int> floods = 2;
    const auto began = std::chrono::steady_clock::now();
    std::thread known([&] {
        Hand flood(broker->url(), "mal-1", kPassword);
        for (std::size_t i = 0; i < kFloodMessages; ++i) {
            flood.hand_over(kinds[i % kinds.size()].topic, kinds[i % kinds.size()].payload);
        }
        flood.await_all();
        --floods;
    });
    std::thread stranger([&] {
        Hand flood(broker->url(), "mal-2", kPassword);
        const std::string report = report_bytes("mal-2", 1, 1, 1);
        for (std::size_t i = 0; i < kStrangerMessages; ++i) {
            flood.hand_over(up_topic("acme", "mal-2"), report);
        }
        flood.await_all();
        --floods;
    });
    std::vector<double> under_attack;
    while (floods > 0) round(under_attack);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - began;
    known.join();
    stranger.join();

    expected.erase("");  // stored once; the others are duplicates, as far as the broker let them in
    round(under_attack);  // still served, after all of it
    const bool dropped = broker->has_dropped();
    for (const auto& [reason, count] : expected) {
        // What the broker dropped behind the flood never arrived; all else is counted.
        if (dropped) {
            CHECK_TEXT(refused(reason) <= count, reason.c_str());
        } else {
            CHECK_TEXT(
                collector->wait_for_metric("quarantined_total{reason=\"" + reason + "\"}", count),
                reason.c_str());
            DOUBLES_EQUAL_TEXT(count, refused(reason), 0, reason.c_str());
        }
    }
    DOUBLES_EQUAL(static_cast<double>(kVictims * (next_seq - 1) + 1),
                  collector->metric("records_total"), 0);
    DOUBLES_EQUAL(0, collector->metric("gap_records_total"), 0);
    tell("alone", quiet);
    tell("under attack", under_attack);
    std::printf(
        "  %.0f hostile messages a second, %zu reports sent again; collector resident %.0f MB, "
        "database %.1f MB\n",
        static_cast<double>(kFloodMessages + kStrangerMessages) / spent.count(), sent_again,
        collector->foreign_metric("process_resident_memory_bytes") / 1e6,
        collector->metric("database_bytes") / 1e6);
    CHECK(collector->foreign_metric("process_resident_memory_bytes") < kResidentBytesMax);
    CHECK(collector->metric("database_bytes") + collector->metric("database_log_bytes") <
          kDatabaseBytesMax);
    LONGS_EQUAL(0, collector->stop());
    const Finished verified = collector->command({"verify"});
    LONGS_EQUAL_TEXT(0, verified.status.code, (verified.out + verified.err).c_str());
}

// promise: hostile-client
TEST(HostileClient, can_neither_speak_for_another_device_nor_exceed_the_packet_limit) {
    std::vector<double> delays;
    round(delays);
    const auto attempt = [&](const std::string& topic, const std::string& payload) {
        Hand(broker->url(), "mal-1", kPassword).attempt(topic, payload);
    };
    attempt(up_topic("acme", "wm-1"), report_bytes("wm-1", 1'000, 1, 1'000));
    attempt(up_topic("acme", "mal-1"), std::string(70'000, 'x'));
    attempt(up_topic("acme", "mal-1"), std::string(256 * 1024, 'x'));
    attempt("aftercare/v1/acme/" + up_topic("acme", "wm-1").substr(18, 2) + "/wm-1/down", "x");
    round(delays);
    DOUBLES_EQUAL(static_cast<double>(2 * kVictims), collector->metric("records_total"), 0);
    DOUBLES_EQUAL(0, collector->metric("gap_records_total"), 0);
    DOUBLES_EQUAL(0, refused("too_large"), 0);
}
