#include "tests/bench/ingest_round.hpp"

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/broker.hpp"
#include "tests/support/exposition.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"

namespace aftercare::bench {
namespace {

using std::chrono::seconds;
using test::Process;

constexpr seconds kStartMax{60};
constexpr seconds kRoundMax{600};
constexpr std::size_t kDevicesPerPart = 5'000;

/// CPU of all threads of a process, also of those that ended.
double cpu_s(pid_t pid) {
    clockid_t clock{};
    timespec spent{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0) return 0;
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

/// A line of /proc/PID/status in MiB.
double memory_mib(pid_t pid, const std::string& key) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key + ":", 0) == 0) return std::stod(line.substr(key.size() + 1)) / 1024;
    }
    return 0;
}

/// The limits of deploy/mosquitto/mosquitto.conf; TLS and logins are left out.
constexpr const char* kShippedLimits =
    "autosave_interval 60\n"
    "max_queued_bytes 1073741824\n"
    "max_inflight_messages 2000\n"
    "max_packet_size 131072\n"
    "connection_messages false\n";

Result<Process> start_collector(const Programs& programs, const std::string& url,
                                std::uint16_t http_port, const std::filesystem::path& dir) {
    const std::string deploy = std::string(AFTERCARE_SOURCE_DIR) + "/deploy/";
    std::ofstream file(dir / "collector.toml");
    file << "[broker]\nurl = \"" << url << "\"\n"
         << "[database]\npath = \"" << (dir / "bench.db").string() << "\"\n"
         << "[http]\nlisten = \"127.0.0.1:" << http_port << "\"\n"
         << "[tenants]\nlist = [\"demo\"]\nenrolment = \"open\"\n"
         << "[catalogue]\nfile = \"" << deploy << "catalogue/appliances.toml\"\n"
         << "[rules]\nfile = \"" << deploy << "rules/appliances.toml\"\n";
    file.close();
    return Process::start(
        {.command = {programs.collector, "run", "--config", (dir / "collector.toml").string()},
         .log_dir = dir,
         .name = "consumer"});
}

Result<Process> start_consumer(Consumer consumer, const Load& load, const Programs& programs,
                               const std::string& url, std::uint16_t http_port,
                               const std::filesystem::path& dir) {
    const std::string count = std::to_string(load.report_count + load.device_count);
    switch (consumer) {
        case Consumer::collector:
        case Consumer::collector_asked:
            return start_collector(programs, url, http_port, dir);
        case Consumer::reference:
            return Process::start(
                {.command = {programs.reference, url, count, (dir / "bench.db").string()},
                 .log_dir = dir,
                 .name = "consumer",
                 .stdin_pipe = true});
        case Consumer::subscriber:
            break;
    }
    return Process::start({.command = {programs.subscriber, url, count},
                           .log_dir = dir,
                           .name = "consumer",
                           .stdin_pipe = true});
}

/// What the collector says it spent on merging and retention so far.
Result<double> housekeeping_cpu_s(std::uint16_t http_port) {
    const std::string url = "http://127.0.0.1:" + std::to_string(http_port) + "/metrics";
    const auto reply = test::http({.url = url});
    if (!reply) return fail(reply.error());
    const auto families = test::parse_exposition(reply->body);
    if (!families) return fail(families.error());
    const auto family = families->find("aftercare_collector_housekeeping_seconds_total");
    if (family == families->end()) return fail(Errc::not_found, url + ": no housekeeping");
    return family->second.samples.front().value;
}

bool is_collector(Consumer consumer) {
    return consumer == Consumer::collector || consumer == Consumer::collector_asked;
}

/// One process for each part of the fleet: libmosquitto takes three descriptors a device.
Result<std::vector<Process>> start_loads(Consumer consumer, const Load& load,
                                         const Programs& programs, std::uint16_t port,
                                         const std::filesystem::path& dir) {
    std::vector<Process> parts;
    const std::size_t count = (load.device_count + kDevicesPerPart - 1) / kDevicesPerPart;
    for (std::size_t part = 0; part < count; ++part) {
        const std::size_t devices = load.device_count / count;
        std::vector<std::string> command{
            programs.load,
            std::to_string(port),
            std::to_string(part * devices),
            std::to_string(devices),
            std::to_string(load.report_count / count),
            std::to_string(load.records_per_report),
            std::to_string(load.reports_per_s / static_cast<double>(count))};
        if (is_collector(consumer)) command.emplace_back("--acks");
        if (consumer == Consumer::collector_asked) command.emplace_back("--every-report-asks");
        auto started = Process::start({.command = command,
                                       .log_dir = dir,
                                       .name = "load-" + std::to_string(part),
                                       .stdin_pipe = true});
        if (!started) return fail(started.error());
        parts.push_back(std::move(*started));
    }
    return parts;
}

/// What the parts tell together: sums, the mean of the medians, the worst of the tails.
Status take_told(std::vector<Process>& parts, Round& round) {
    for (Process& part : parts) {
        if (const auto ended = part.wait(kStartMax); !ended) return fail(ended.error());
        const std::string out = part.out();
        const auto told = nlohmann::json::parse(out.substr(out.find('{')), nullptr, false);
        if (told.is_discarded()) return fail(Errc::corrupt, "load printed " + out);
        round.sending_s = std::max<double>(round.sending_s, told["sending_s"]);
        round.payload_bytes += told["payload_bytes"].get<double>();
        round.acks += told["acks"].get<double>();
        round.latency_ms_p50 +=
            told["latency_ms_p50"].get<double>() / static_cast<double>(parts.size());
        round.latency_ms_p99 = std::max<double>(round.latency_ms_p99, told["latency_ms_p99"]);
    }
    return {};
}

tl::unexpected<Error> failed(const std::string& who, const Process& process) {
    return fail(Errc::unavailable, who + ": " + process.err());
}

}  // namespace

std::string_view to_string(Consumer consumer) {
    switch (consumer) {
        case Consumer::collector:
            return "collector";
        case Consumer::collector_asked:
            return "collector_every_report_asks";
        case Consumer::reference:
            return "reference";
        case Consumer::subscriber:
            break;
    }
    return "subscriber";
}

Result<Round> run_round(Consumer consumer, const Load& load, const Programs& programs,
                        const std::filesystem::path& dir) {
    auto broker = test::Broker::start({.dir = dir, .extra_configuration = kShippedLimits});
    if (!broker) return fail(broker.error());
    const std::string url = (is_collector(consumer) ? "mqtt" : "tcp") +
                            broker->url().substr(std::string("mqtt").size());
    const Result<std::uint16_t> http_port = test::free_port();
    if (!http_port) return fail(http_port.error());
    auto process = start_consumer(consumer, load, programs, url, *http_port, dir);
    if (!process) return fail(process.error());
    if (!process->wait_for(is_collector(consumer) ? "connected to" : "READY", kStartMax)) {
        return failed("consumer", *process);
    }
    auto parts = start_loads(consumer, load, programs, broker->port(), dir);
    if (!parts) return fail(parts.error());
    for (Process& part : *parts) {
        if (!part.wait_for("READY", kStartMax)) return failed("load", part);
    }

    const double consumer_before = cpu_s(process->pid());
    const double broker_before = cpu_s(broker->process().pid());
    const auto begin = std::chrono::steady_clock::now();
    for (Process& part : *parts) part.write("go\n");
    for (Process& part : *parts) {
        if (!part.wait_for("sending_s", kRoundMax)) return failed("load", part);
    }
    if (!is_collector(consumer) && !process->wait_for("DONE", kRoundMax)) {
        return failed("consumer", *process);
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    Round round;
    round.wall_s = wall.count();
    round.consumer_cpu_s = cpu_s(process->pid()) - consumer_before;
    round.broker_cpu_s = cpu_s(broker->process().pid()) - broker_before;
    if (is_collector(consumer)) {
        const Result<double> spent = housekeeping_cpu_s(*http_port);
        if (!spent) return fail(spent.error());
        round.merging_cpu_s = *spent;
    }
    round.rss_mib = memory_mib(process->pid(), "VmRSS");
    round.rss_peak_mib = memory_mib(process->pid(), "VmHWM");

    if (Status told = take_told(*parts, round); !told) return fail(told.error());
    process->close_stdin();
    const auto ended = is_collector(consumer) ? process->stop(kStartMax) : process->wait(kStartMax);
    if (!ended) return fail(ended.error());
    std::error_code none;
    const auto bytes = std::filesystem::file_size(dir / "bench.db", none);
    round.database_bytes = none ? 0 : static_cast<double>(bytes);
    return round;
}

}  // namespace aftercare::bench
