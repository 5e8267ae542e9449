// What the agent costs on Linux: aftercare-agent fed on stdin beside a plain Paho C++ publisher
// that hands the same records to the same broker, one QoS-1 publish a report. CPU is user + system
// of the measured process alone; the broker and the collector's part (this process) do not count.
//     agent_bench [--records N] [--rounds N] [--batch N] [--json FILE]
#include <mqtt/async_client.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "common/topic.hpp"
#include "proto/codec.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/scratch_dir.hpp"

namespace {

using namespace aftercare;
using namespace std::chrono_literals;

constexpr std::uint32_t kMetrics = 6;
constexpr std::uint64_t kUnacknowledgedMax = 400;  ///< a spool of 256 KiB holds many more
constexpr auto kRoundTimeout = 120s;

struct Cost {
    double cpu_us_per_record = 0;
    double rss_kib = 0;
    double private_dirty_kib = 0;
};

float value_of(std::uint32_t record, std::uint32_t metric) {
    return 20.0F + static_cast<float>((record * metric) % 97) / 7.0F;
}

std::string feed_line(std::uint32_t record) {
    std::string line = R"({"kind":"reading","window_ms":900000,"metrics":[)";
    for (std::uint32_t metric = 1; metric <= kMetrics; ++metric) {
        char text[160];
        const double value = static_cast<double>(value_of(record, metric));
        std::snprintf(text, sizeof text,
                      R"(%s{"id":%u,"n":90,"mean":%.3f,"min":%.3f,"max":%.3f,"last":%.3f})",
                      metric == 1 ? "" : ",", metric, value, value - 1, value + 1, value);
        line += text;
    }
    return line + "]}\n";
}

Record same_record(std::uint32_t number) {
    Reading reading{.window_ms = 900'000};
    for (std::uint32_t metric = 1; metric <= kMetrics; ++metric) {
        const float value = value_of(number, metric);
        reading.metrics.add({.metric_id = metric,
                             .n = 90,
                             .mean = value,
                             .min = value - 1,
                             .max = value + 1,
                             .last = value});
    }
    Record record;
    record.seq = number + 1;
    record.boot = 1;
    record.uptime_ms = number * 10ULL;
    record.body = reading;
    return record;
}

/// Resident and private dirty kibibytes of a process. Source: proc(5), smaps_rollup.
std::pair<double, double> memory_of(pid_t pid) {
    std::ifstream rollup{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
    std::map<std::string, double> kib;
    for (std::string line; std::getline(rollup, line);) {
        std::istringstream words{line};
        std::string name;
        double value = 0;
        if (words >> name >> value) kib[name] = value;
    }
    return {kib["Rss:"], kib["Private_Dirty:"]};
}

/// User + system microseconds so far. Source: proc(5), fields 14 and 15 of stat.
double cpu_us_of(pid_t pid) {
    std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text{std::istreambuf_iterator<char>{stat}, {}};
    std::istringstream rest{text.substr(text.rfind(')') + 2)};
    std::string skipped;
    for (int field = 3; field < 14; ++field) rest >> skipped;
    double user = 0;
    double system = 0;
    rest >> user >> system;
    return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double cpu_us_of_self() {
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    const auto us = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    return us(use.ru_utime) + us(use.ru_stime);
}

/// The yardstick, a process of its own: records to protobuf, a publish a batch, no spool, no
/// acknowledgement beyond the broker's.
int plain_publisher(const std::string& url, std::uint32_t records, std::uint32_t batch) {
    mqtt::async_client client{"tcp://" + url.substr(7), "plain",
                              mqtt::create_options{MQTTVERSION_5}};
    mqtt::connect_options options;
    options.set_mqtt_version(MQTTVERSION_5);
    options.set_clean_start(true);
    options.set_max_inflight(32);
    client.connect(options)->wait();
    const std::string topic{format_topic("brand", "wm-1", Leg::up).view()};
    proto::Codec codec;
    const double before_us = cpu_us_of_self();
    std::vector<mqtt::delivery_token_ptr> tokens;
    Report report;
    report.header.device_id = "wm-1";
    report.header.model = "WM-200";
    report.header.firmware = "1";
    report.header.stream_id = 1;
    report.header.lane = Lane::bulk;
    for (std::uint32_t next = 0; next < records;) {
        report.records.clear();
        report.header.first_seq = report.header.oldest_seq = next + 1;
        while (report.records.size() < batch && next < records) {
            report.records.push_back(same_record(next++));
        }
        const std::string bytes = codec.encode_report(report);
        tokens.push_back(client.publish(topic, bytes.data(), bytes.size(), 1, false));
        if (tokens.size() < 16) continue;
        tokens.front()->wait();
        tokens.erase(tokens.begin());
    }
    for (const auto& token : tokens) token->wait();
    const auto [rss, dirty] = memory_of(::getpid());
    std::printf("%f %f %f\n", (cpu_us_of_self() - before_us) / records, rss, dirty);
    client.disconnect()->wait();
    return 0;
}

/// The collector's part: takes reports, tells the device what is stored.
class Collector final : public virtual mqtt::callback {
  public:
    explicit Collector(const std::string& url)
        : client_("tcp://" + url.substr(7), "collector", mqtt::create_options{MQTTVERSION_5}) {
        mqtt::connect_options options;
        options.set_mqtt_version(MQTTVERSION_5);
        options.set_clean_start(true);
        client_.set_callback(*this);
        client_.connect(options)->wait();
        client_.subscribe(std::string(format_topic("brand", "wm-1", Leg::up).view()), 1)->wait();
    }
    ~Collector() override { client_.disconnect()->wait(); }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /// One acknowledgement for all that came since the last.
    void acknowledge() {
        const std::lock_guard lock{mutex_};
        if (!news_) return;
        news_ = false;
        const std::string bytes = codec_.encode_downlink(ack_);
        client_.publish(std::string(format_topic("brand", "wm-1", Leg::down).view()), bytes.data(),
                        bytes.size(), 0, false);
    }
    std::uint64_t through(Lane lane) {
        const std::lock_guard lock{mutex_};
        return ack_.through[index(lane)];
    }

  private:
    void message_arrived(mqtt::const_message_ptr message) override {
        const std::lock_guard lock{mutex_};
        const std::string& bytes = message->get_payload();
        if (!codec_.decode_report(std::as_bytes(std::span{bytes.data(), bytes.size()}), report_)) {
            return;
        }
        ack_.stream_id = report_.header.stream_id;
        Seq& through = ack_.through[index(report_.header.lane)];
        if (!report_.records.empty()) through = std::max(through, report_.records.back().seq);
        news_ = true;
    }

    mqtt::async_client client_;
    std::mutex mutex_;
    proto::Codec codec_;
    Report report_;
    Ack ack_;
    bool news_ = false;
};

template <class Done>
bool wait(Collector& collector, Done done) {
    const auto end = std::chrono::steady_clock::now() + kRoundTimeout;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        collector.acknowledge();
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

Result<Cost> measure_agent(const test::Broker& broker, std::uint32_t records, std::uint32_t batch) {
    const test::ScratchDir dir{"agent_bench"};
    Collector collector{broker.url()};
    std::ofstream(dir / "agent.toml")
        << "[device]\ntenant = \"brand\"\nid = \"wm-1\"\nmodel = \"WM-200\"\nfirmware = \"1\"\n"
        << "[broker]\nurl = \"" << broker.url() << "\"\n[spool]\npath = \""
        << (dir / "spool").string() << "\"\n[report]\nrecords_max = " << batch
        << "\nflush_delay = \"1s\"\n";
    auto agent = test::Process::start(
        {.command = {AFTERCARE_AGENT, "run", "--config", (dir / "agent.toml").string(), "--stdin"},
         .log_dir = dir.path(),
         .name = "agent",
         .stdin_pipe = true});
    if (!agent) return fail(agent.error());
    if (!wait(collector, [&] { return collector.through(Lane::urgent) > 0; })) {
        return fail(Errc::unavailable, "the agent did not come online: " + agent->err());
    }
    const double before_us = cpu_us_of(agent->pid());
    for (std::uint32_t next = 0; next < records;) {
        std::string lines;
        for (std::uint32_t i = 0; i < batch && next < records; ++i) lines += feed_line(next++);
        if (!agent->write(lines))
            return fail(Errc::unavailable, "the agent ended: " + agent->err());
        const bool kept_up = wait(
            collector, [&] { return next - collector.through(Lane::bulk) <= kUnacknowledgedMax; });
        if (!kept_up) return fail(Errc::unavailable, "the agent does not keep up");
    }
    if (!wait(collector, [&] { return collector.through(Lane::bulk) >= records; })) {
        return fail(Errc::unavailable, "the agent did not deliver everything");
    }
    const double spent_us = cpu_us_of(agent->pid()) - before_us;
    const auto [rss, dirty] = memory_of(agent->pid());
    agent->close_stdin();
    if (auto ended = agent->wait(20s); !ended) return fail(ended.error());
    return Cost{spent_us / records, rss, dirty};
}

Result<Cost> measure_plain(const test::Broker& broker, std::uint32_t records, std::uint32_t batch) {
    const test::ScratchDir dir{"agent_bench"};
    const auto done =
        test::run_program({.command = {"/proc/self/exe", "--plain", broker.url(), "--records",
                                       std::to_string(records), "--batch", std::to_string(batch)},
                           .log_dir = dir.path(),
                           .name = "plain"},
                          kRoundTimeout);
    if (!done) return fail(done.error());
    Cost cost;
    std::istringstream numbers{done->out};
    if (!(numbers >> cost.cpu_us_per_record >> cost.rss_kib >> cost.private_dirty_kib)) {
        return fail(Errc::unavailable, "the plain publisher failed: " + done->err);
    }
    return cost;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Cost median(const std::vector<Cost>& costs) {
    const auto of = [&](double Cost::*member) {
        std::vector<double> values;
        for (const Cost& cost : costs) values.push_back(cost.*member);
        return median(values);
    };
    return {of(&Cost::cpu_us_per_record), of(&Cost::rss_kib), of(&Cost::private_dirty_kib)};
}

nlohmann::ordered_json to_json(const std::vector<Cost>& costs) {
    const auto one = [](const Cost& cost) {
        return nlohmann::ordered_json{{"cpu_us_per_record", cost.cpu_us_per_record},
                                      {"rss_kib", cost.rss_kib},
                                      {"private_dirty_kib", cost.private_dirty_kib}};
    };
    nlohmann::ordered_json rounds;
    for (const Cost& cost : costs) rounds.push_back(one(cost));
    return {{"median", one(median(costs))}, {"rounds", rounds}};
}

int compare(std::uint32_t records, std::uint32_t rounds, std::uint32_t batch,
            const std::string& json_file) {
    const test::ScratchDir dir{"agent_bench_broker"};
    auto broker = test::Broker::start({.dir = dir.path(), .persistence = false});
    if (!broker) {
        std::fprintf(stderr, "agent_bench: %s\n", broker.error().message.c_str());
        return 1;
    }
    struct Subject {
        const char* name;
        std::function<Result<Cost>()> measure;
        std::vector<Cost> costs;
    };
    std::vector<Subject> subjects{
        {"aftercare-agent", [&] { return measure_agent(*broker, records, batch); }, {}},
        {"plain Paho C++", [&] { return measure_plain(*broker, records, batch); }, {}},
        {"plain Paho C++, one record a publish",
         [&] { return measure_plain(*broker, records, 1); },
         {}}};
    for (std::uint32_t round = 0; round < rounds; ++round) {
        for (Subject& subject : subjects) {
            auto cost = subject.measure();
            if (!cost) {
                std::fprintf(stderr, "agent_bench: %s: %s\n", subject.name,
                             cost.error().message.c_str());
                return 1;
            }
            subject.costs.push_back(*cost);
        }
    }
    std::printf(
        "| %u records, %u a report, median of %u | CPU us a record | RSS MiB | private dirty "
        "MiB |\n|---|---|---|---|\n",
        records, batch, rounds);
    nlohmann::ordered_json json{{"records", records}, {"batch", batch}, {"rounds", rounds}};
    for (const Subject& subject : subjects) {
        const Cost cost = median(subject.costs);
        std::printf("| %s | %.1f | %.1f | %.2f |\n", subject.name, cost.cpu_us_per_record,
                    cost.rss_kib / 1024, cost.private_dirty_kib / 1024);
        json[subject.name] = to_json(subject.costs);
    }
    if (!json_file.empty()) std::ofstream(json_file) << json.dump(2) << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"What a record costs the appliance: aftercare-agent beside a plain publisher."};
    std::uint32_t records = 20'000;
    std::uint32_t rounds = 5;
    std::uint32_t batch = 20;
    std::string json_file;
    std::string plain_url;
    app.add_option("--records", records, "records a round")->capture_default_str();
    app.add_option("--rounds", rounds, "rounds, interleaved")->capture_default_str();
    app.add_option("--batch", batch, "records a report")->capture_default_str();
    app.add_option("--json", json_file, "write all rounds here");
    app.add_option("--plain", plain_url, "be the plain publisher for this broker (internal)");
    CLI11_PARSE(app, argc, argv);
    try {
        if (!plain_url.empty()) return plain_publisher(plain_url, records, batch);
        return compare(records, rounds, batch, json_file);
    } catch (const mqtt::exception& error) {
        std::fprintf(stderr, "agent_bench: %s\n", error.what());
        return 1;
    }
}
