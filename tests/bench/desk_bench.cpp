// A service desk with very many open tickets: what a page of the queue takes, what opening one more
// costs, and how long a turn is while all of them move to other service-level terms. The tickets
// are opened through the engine and the store, as calls of customers.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "collector/core/desk/ticket_book.hpp"
#include "collector/io/pump.hpp"
#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/support/must.hpp"

using namespace aftercare;
using namespace aftercare::collector;

namespace {

using aftercare::test::must;

constexpr std::size_t kCentres = 50;
constexpr int kPages = 40;
constexpr WallTime kBegin = wall_from_unix_ms(1'767'225'600'000);

double cpu_s() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

class Desk {
  public:
    explicit Desk(const std::string& path, const SlaSettings& sla = {})
        : store_(must(SqliteStore::open(path))),
          detector_(must(Detector::create(RulePack{}, catalogue_))),
          engine_(must(Engine::create({.tenants = {"acme"}, .sla = sla}, catalogue_, *detector_,
                                      must(store_->load({}, kBegin))))),
          pump_(*engine_, *store_) {}

    /// Registers devices and opens a ticket on each, `batch` of them in one transaction.
    /// CPU seconds of the opening.
    double open(std::size_t count, std::size_t batch) {
        double spent = 0;
        for (std::size_t done = 0; done < count; done += batch) {
            std::vector<Command> devices;
            std::vector<Command> calls;
            for (std::size_t i = 0; i < batch; ++i) {
                const std::string number = std::to_string(++opened_);
                DeviceInfo info;
                info.tenant = "acme";
                info.device_id = "wm-" + number;
                info.model = "WM-1";
                info.centre = "centre-" + std::to_string(opened_ % kCentres);
                devices.emplace_back(RegisterDevice{info});
                InboundContact call;
                call.contact_id = "c-" + number;
                call.tenant = "acme";
                call.device_id = info.device_id;
                call.at = now_;
                call.component = "drain_pump";
                calls.emplace_back(std::move(call));
            }
            run(std::move(devices));
            const double before = cpu_s();
            run(std::move(calls));
            spent += cpu_s() - before;
        }
        return spent;
    }

    [[nodiscard]] std::size_t opened() const { return opened_; }
    /// One turn without input. Milliseconds.
    double turn() {
        const auto began = std::chrono::steady_clock::now();
        run({});
        const std::chrono::duration<double, std::milli> spent =
            std::chrono::steady_clock::now() - began;
        return spent.count();
    }

  private:
    void run(std::vector<Command> commands) {
        std::vector<PendingCommand> pending;
        for (Command& command : commands) {
            pending.push_back({std::move(command), [](const Result<CommandReply>& reply) {
                                   AFTERCARE_ASSERT(reply.has_value());
                               }});
        }
        now_ += milliseconds{1};
        must(pump_.run({}, pending, {Instant{}, now_}));
    }

    Catalogue catalogue_;
    std::unique_ptr<SqliteStore> store_;
    std::unique_ptr<Detector> detector_;
    std::unique_ptr<Engine> engine_;
    Pump pump_;
    std::size_t opened_ = 0;
    WallTime now_ = kBegin;
};

/// Median and longest of many times.
void time_many(const char* what, const std::function<void()>& work) {
    std::vector<double> took;
    for (int i = 0; i < kPages; ++i) {
        const auto began = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double, std::milli> spent =
            std::chrono::steady_clock::now() - began;
        took.push_back(spent.count());
    }
    std::sort(took.begin(), took.end());
    std::printf("  %-33s p50 %6.2f ms   max %6.2f ms\n", what, took[took.size() / 2], took.back());
}

/// Each the next one of the one before.
void page(const char* what, Queries& queries, TicketFilter filter) {
    filter.tenant = "acme";
    filter.limit = 100;
    time_many((std::string("page ") + what).c_str(),
              [&] { filter.cursor = must(queries.tickets(filter)).next_cursor; });
}

/// Other terms for every ticket, from the next start on: turns until all are moved.
void move_to_new_terms(const std::string& path, std::size_t tickets) {
    SlaSettings sla;
    sla.otherwise.resolution = hours_ms(30);
    Desk desk(path, sla);
    std::vector<double> took;
    for (std::size_t moved = 0; moved < tickets; moved += kDueTicketsPerTurn) {
        took.push_back(desk.turn());
    }
    const std::string terms = must(SqliteQueries::open(path))
                                  ->tickets({.state = "open_any", .limit = 1})
                                  ->items.at(0)
                                  .sla.terms;
    std::sort(took.begin(), took.end());
    std::printf(
        "  new terms for all: %zu turns of %zu tickets   p50 %.1f ms   max %.1f ms   now %s\n",
        took.size(), kDueTicketsPerTurn, took[took.size() / 2], took.back(), terms.c_str());
}

}  // namespace

int main(int argument_count, char** arguments) {
    const std::size_t tickets =
        argument_count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 200'000;
    const auto folder = std::filesystem::temp_directory_path() /
                        ("aftercare-desk-bench-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "desk.db").string();
    std::size_t opened = 0;
    {
        Desk desk(path);
        constexpr std::size_t kBulk = 5'000;
        const double bulk = desk.open(tickets, kBulk);
        std::printf("%zu open tickets, opened %zu at a time: %.0f us of CPU each\n", tickets, kBulk,
                    1e6 * bulk / static_cast<double>(tickets));
        for (const std::size_t batch : {std::size_t{1}, std::size_t{10}, std::size_t{100}}) {
            const std::size_t count = 500;
            std::printf("  one more, %zu in a transaction: %.0f us of CPU\n", batch,
                        1e6 * desk.open(count, batch) / static_cast<double>(count));
        }
        const auto queries = must(SqliteQueries::open(path));
        page("open_any", *queries, {.state = "open_any"});
        page("all", *queries, {});
        page("open_any, one centre", *queries, {.centre = "centre-7", .state = "open_any"});
        page("one centre", *queries, {.centre = "centre-7"});
        page("in_progress (none)", *queries, {.state = "in_progress"});
        page("one component", *queries, {.state = "open_any", .component = "drain_pump"});
        page("a component nobody has", *queries, {.state = "open_any", .component = "belt"});
        page("at risk", *queries, {.sla = "at_risk"});
        page("one device", *queries, {.device_id = "wm-777"});
        time_many("loads of all centres", [&] { must(queries->centre_loads("acme")); });
        opened = desk.opened();
    }
    move_to_new_terms(path, opened);
    std::filesystem::remove_all(folder);
    return 0;
}
