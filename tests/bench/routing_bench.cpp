// What a large desk costs: CPU to open a ticket (routing, one event each, one transaction per 500),
// and the time of a queue's first page once all of them are open.
//   routing_bench FOLDER [TICKETS]
// FOLDER must lie on the disk to be measured; its files are removed again.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "collector/core/engine.hpp"
#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/support/must.hpp"

namespace {

using aftercare::test::must;

using namespace aftercare;
using namespace aftercare::collector;

constexpr std::size_t kPerCommit = 500;
constexpr std::size_t kCentres = 50;
constexpr std::size_t kRegions = 100;
constexpr int kPageRounds = 21;

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::milli>(now).count();
}

/// Each serves two regions out of a hundred and is soon full; one region in a hundred nobody
/// serves.
Settings settings_of() {
    Settings settings;
    settings.tenants = {"acme"};
    for (std::size_t i = 0; i < kCentres; ++i) {
        ServiceCentre centre;
        centre.id = "centre-" + std::to_string(i);
        centre.regions = {"R" + std::to_string(2 * i), "R" + std::to_string(2 * i + 1)};
        if (i + 1 == kCentres) centre.regions.pop_back();
        centre.jobs_per_day_max = 3'000;
        settings.sla.centres.push_back(std::move(centre));
    }
    return settings;
}

std::string device_id(std::size_t i) {
    return "wm-" + std::to_string(i);
}

Command registration(std::size_t i) {
    RegisterDevice command;
    command.info.tenant = "acme";
    command.info.device_id = device_id(i);
    command.info.model = "WM-820";
    command.info.region = "R" + std::to_string(i % kRegions);
    return command;
}

Command call(std::size_t i, WallTime at) {
    InboundContact command;
    command.contact_id = "c-" + std::to_string(i);
    command.tenant = "acme";
    command.device_id = device_id(i);
    command.at = at;
    command.failure_mode = "drain_pump_blocked";
    return command;
}

/// Every thousandth ticket is assigned to anna, and escalated.
void work_on(Engine& engine, const std::string& ticket_id, Now now, Commit& commit) {
    must(engine.on_command(WorkOnTicket{ticket_id, Assign{"anna"}, "bench", ""}, now, commit));
    must(engine.on_command(WorkOnTicket{ticket_id, Escalate{1}, "bench", "x"}, now, commit));
}

void time_page(Queries& queries, const char* name, const TicketFilter& filter) {
    std::vector<double> times;
    std::size_t rows = 0;
    for (int i = 0; i < kPageRounds; ++i) {
        const double before = wall_ms();
        rows = must(queries.tickets(filter)).items.size();
        times.push_back(wall_ms() - before);
    }
    std::sort(times.begin(), times.end());
    std::printf("  page of %-28s %4zu rows  %7.2f ms median, %7.2f ms worst\n", name, rows,
                times[times.size() / 2], times.back());
}

void time_pages(const std::string& path) {
    const auto queries = must(SqliteQueries::open(path));
    const TicketFilter open{.tenant = "acme", .state = "open_any"};
    const auto with = [&](auto change) {
        TicketFilter filter = open;
        change(filter);
        return filter;
    };
    time_page(*queries, "all open", open);
    time_page(*queries, "a centre", with([](auto& f) { f.centre = "centre-7"; }));
    time_page(*queries, "a centre, any state",
              with([](auto& f) { f.state.clear(), f.centre = "centre-7"; }));
    time_page(*queries, "unroutable", with([](auto& f) { f.queue = "unroutable"; }));
    time_page(*queries, "over capacity", with([](auto& f) { f.queue = "over_capacity"; }));
    time_page(*queries, "an assignee", with([](auto& f) { f.assignee = "anna"; }));
    time_page(*queries, "escalated", with([](auto& f) { f.escalated = true; }));
    time_page(*queries, "a centre's over capacity", with([](auto& f) {
        f.queue = "over_capacity";
        f.centre = "centre-7";
    }));
}

void measure(const std::string& path, std::size_t tickets) {
    const auto store = must(SqliteStore::open(path, {}));
    const Settings settings = settings_of();
    const Catalogue catalogue;
    const auto detector = must(Detector::create(RulePack{}, catalogue));
    Now now{Instant{}, wall_from_unix_ms(1'767'225'600'000)};
    const auto engine =
        must(Engine::create(settings, catalogue, *detector, must(store->load(settings, now.wall))));
    Commit commit;
    const auto store_commit = [&] {
        engine->on_tick(now, commit);
        engine->finish(commit);
        must(store->apply(commit));
        commit.clear();
        now.wall += milliseconds{100};
        now.instant += milliseconds{100};
    };
    for (std::size_t i = 0; i < tickets; ++i) {
        must(engine->on_command(registration(i), now, commit));
        if ((i + 1) % kPerCommit == 0) store_commit();
    }
    store_commit();
    const double cpu_before = cpu_s();
    double cpu_last = cpu_before;
    for (std::size_t i = 0; i < tickets; ++i) {
        const CommandReply opened = must(engine->on_command(call(i, now.wall), now, commit));
        if (i % 1'000 == 0) work_on(*engine, opened.ticket_id, now, commit);
        if ((i + 1) % kPerCommit == 0) store_commit();
        if (i + 10'001 == tickets) cpu_last = cpu_s();
    }
    store_commit();
    const double all = (cpu_s() - cpu_before) / static_cast<double>(tickets);
    const double last = (cpu_s() - cpu_last) / 10'000;
    std::printf(
        "%zu open tickets, %zu centres: %.3f ms CPU to open one, %.3f ms over the last "
        "10,000; file %.0f MB\n",
        tickets, kCentres, all * 1e3, last * 1e3,
        static_cast<double>(std::filesystem::file_size(path)) / 1e6);
    time_pages(path);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: routing_bench FOLDER [TICKETS]\n"), 64;
    const std::size_t tickets = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 200'000;
    if (tickets < 20'000) return std::fprintf(stderr, "at least 20000 tickets\n"), 64;
    const std::string path = std::string(argv[1]) + "/routing_bench.db";
    measure(path, tickets);
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::filesystem::remove(path + suffix);
    }
    return 0;
}
