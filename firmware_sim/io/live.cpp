#include "firmware_sim/io/live.hpp"

#include <fmt/format.h>
#include <sysexits.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "firmware_sim/io/desk_json.hpp"
#include "firmware_sim/io/live_progress.hpp"
#include "firmware_sim/io/live_summary.hpp"
#include "firmware_sim/model/fleet.hpp"

namespace aftercare::sim {
namespace {

constexpr double kDefaultRunSeconds = 60;
constexpr std::chrono::seconds kDefaultLeadIn{2};
constexpr milliseconds kFlushDelayMin{20};
constexpr milliseconds kFlushDelayMax{60'000};
constexpr milliseconds kSweepMin{5};
constexpr milliseconds kSweepMax{50};

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

/// SIGINT and SIGTERM set a flag for as long as this lives; SIGPIPE does nothing, because
/// libmosquitto writes to sockets that a dead broker has closed.
class InterruptFlag {
  public:
    InterruptFlag() {
        old_pipe_ = std::signal(SIGPIPE, SIG_IGN);
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted = true; };
        sigaction(SIGINT, &action, &old_int_);
        sigaction(SIGTERM, &action, &old_term_);
    }
    ~InterruptFlag() {
        sigaction(SIGINT, &old_int_, nullptr);
        sigaction(SIGTERM, &old_term_, nullptr);
        std::signal(SIGPIPE, old_pipe_);
    }
    InterruptFlag(const InterruptFlag&) = delete;
    InterruptFlag& operator=(const InterruptFlag&) = delete;

  private:
    struct sigaction old_int_ {};
    struct sigaction old_term_ {};
    void (*old_pipe_)(int) = SIG_DFL;
};

int complain(int code, std::string_view why) {
    fmt::print(stderr, "aftercare-sim: {}\n", why);
    return code;
}

Result<LiveLink> parse_broker_url(const std::string& url) {
    constexpr std::string_view kScheme = "mqtt://";
    const std::size_t colon = url.rfind(':');
    LiveLink link;
    if (url.starts_with(kScheme) && colon != std::string::npos && colon > kScheme.size()) {
        link.host = url.substr(kScheme.size(), colon - kScheme.size());
        const std::string digits = url.substr(colon + 1);
        unsigned long port = 0;
        for (const char c : digits) {
            port = c >= '0' && c <= '9' && port < 65'536
                       ? port * 10 + static_cast<unsigned long>(c - '0')
                       : 65'536;
        }
        if (!digits.empty() && port > 0 && port < 65'536) {
            link.port = static_cast<std::uint16_t>(port);
            return link;
        }
    }
    return fail(Errc::invalid, "--live " + url + ": expected mqtt://HOST:PORT");
}

Result<std::string> read_token(const std::string& file) {
    std::ifstream in(file);
    std::string token;
    if (!in || !std::getline(in, token) || token.empty()) {
        return fail(Errc::not_found,
                    "cannot read a token from " + file +
                        " (aftercare-collector token create --role maker prints one)");
    }
    return token;
}

Result<std::unordered_map<std::string, std::string>> read_credentials(const std::string& file) {
    std::unordered_map<std::string, std::string> credentials;
    if (file.empty()) return credentials;
    std::ifstream in(file);
    if (!in) return fail(Errc::not_found, "cannot read the credentials file " + file);
    std::string line;
    for (unsigned number = 1; std::getline(in, line); ++number) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) {
            return fail(Errc::invalid,
                        fmt::format("{}:{}: expected DEVICE_ID:PASSWORD", file, number));
        }
        credentials[line.substr(0, colon)] = line.substr(colon + 1);
    }
    return credentials;
}

ScaledClock make_clock(const LiveOptions& options) {
    const WallTime real_now{std::chrono::duration_cast<milliseconds>(
        std::chrono::system_clock::now().time_since_epoch())};
    ScaledClock clock;
    clock.start = options.clock_start.value_or(options.scenario.start);
    clock.epoch = options.clock_epoch.value_or(real_now + kDefaultLeadIn);
    clock.speed =
        options.clock_speed.value_or(options.scenario.days * 86'400.0 / kDefaultRunSeconds);
    return clock;
}

Instant steady_now() {
    return Instant{std::chrono::duration_cast<Instant::duration>(
        std::chrono::steady_clock::now().time_since_epoch())};
}

/// The scenario speaks of virtual time, the agent waits on the real clock.
std::uint32_t flush_delay_ms(const ScaledClock& clock, const AgentOptions& options) {
    const milliseconds real = clock.real_span(options.flush_delay);
    return static_cast<std::uint32_t>(std::clamp(real, kFlushDelayMin, kFlushDelayMax).count());
}

/// A sweep per virtual hour, within what is sensible for sockets.
milliseconds sweep_period(const ScaledClock& clock) {
    return std::clamp(clock.real_span(hours_ms(1)), kSweepMin, kSweepMax);
}

LiveSummary summarise(const LiveOptions& options, const ScaledClock& clock, const LiveFleet& fleet,
                      const DeskClient& desk, const std::vector<collector::Ticket>& tickets) {
    LiveSummary summary;
    summary.seed = options.scenario.seed;
    summary.speed = clock.speed;
    summary.fleet = fleet.totals();
    summary.desk = desk.statistics();
    summary.centre = fleet.centre();
    summary.score = score(
        tickets, failures_of(fleet.truth()),
        {.horizon = options.scenario.score_horizon, .begin = clock.start, .end = fleet.lived_to()});
    summary.median_reaction_h = median_reaction_h(tickets);
    return summary;
}

}  // namespace

int run_live_fleet(const LiveOptions& options) {
    Result<LiveLink> link = parse_broker_url(options.broker_url);
    if (!link) return complain(EX_USAGE, link.error().message);
    const Result<std::string> token = read_token(options.token_file);
    if (!token) return complain(EX_NOINPUT, token.error().message);
    const auto credentials = read_credentials(options.credentials_file);
    if (!credentials) return complain(EX_NOINPUT, credentials.error().message);

    const ScaledClock clock = make_clock(options);
    link->tenant = options.scenario.tenant;
    link->start = clock.start;
    link->records_per_report = options.scenario.agent.records_per_report;
    link->flush_delay_ms = flush_delay_ms(clock, options.scenario.agent);
    EventLoop loop;
    DeskClient desk(options.api_url, *token);
    LiveFleet fleet(options.scenario, clock, *link, *credentials, loop, desk);
    if (Status opened = fleet.open(); !opened)
        return complain(EX_UNAVAILABLE, opened.error().message);

    const Instant began = steady_now();
    {
        const InterruptFlag interrupt_flag;
        LiveProgress progress(options.scenario.days);
        loop.run(sweep_period(clock), [&] {
            if (interrupted) fleet.end_early();
            const bool more = fleet.step();
            progress.show(fleet, steady_now());
            return more;
        });
    }
    const double real_s = std::chrono::duration<double>(steady_now() - began).count();
    const auto tickets = desk.all_tickets();
    if (!tickets) return complain(EX_UNAVAILABLE, tickets.error().message);
    LiveSummary summary = summarise(options, clock, fleet, desk, *tickets);
    summary.real_s = real_s;
    fmt::print("{}\n", options.json ? summary_json(summary) : summary_text(summary));
    std::fflush(stdout);
    if (!options.ledger_file.empty()) {
        if (Status written = write_ledger(options.ledger_file, fleet); !written) {
            return complain(EX_IOERR, written.error().message);
        }
    }
    if (fleet.phase() == LiveFleet::Phase::stuck) {
        return complain(EX_TEMPFAIL,
                        fmt::format("{} records and {} requests were not answered",
                                    summary.fleet.held, summary.desk.commands.waiting));
    }
    return EX_OK;
}

int print_devices(const Scenario& scenario, bool json) {
    std::vector<collector::RegisterDevice> registrations;
    for (const Household& household : make_fleet(scenario)) {
        registrations.push_back({household.registration()});
    }
    if (json) {
        fmt::print("{}\n", to_api_call(registrations).body);
        return EX_OK;
    }
    for (const collector::RegisterDevice& device : registrations) {
        fmt::print("{}\n", device.info.device_id);
    }
    return EX_OK;
}

}  // namespace aftercare::sim
