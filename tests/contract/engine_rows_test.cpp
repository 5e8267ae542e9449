// The real engine over the real store and the fake at once: both end with the same rows, and what
// the engine writes is what `verify` expects.
#include <map>
#include <optional>
#include <string>

#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "collector/io/sqlite/verify.hpp"
#include "common/rng.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

/// Applies to both, sometimes twice, as a retry after an unclear failure would.
class BothStores final : public Store {
  public:
    BothStores(MemoryStore& memory, SqliteStore& sqlite) : memory_(memory), sqlite_(sqlite) {}
    Result<Loaded> load(const Settings& settings, WallTime now) override {
        return sqlite_.load(settings, now);
    }
    Status apply(const Commit& commit) override {
        const bool twice = rng_.chance(0.2);
        for (int round = 0; round < (twice ? 2 : 1); ++round) {
            const Status kept = memory_.apply(commit);
            const Status stored = sqlite_.apply(commit);
            CHECK_EQUAL(kept.has_value(), stored.has_value());
            if (!stored) return stored;
        }
        return {};
    }
    Result<bool> maintain(WallTime now) override { return sqlite_.maintain(now); }

  private:
    MemoryStore& memory_;
    SqliteStore& sqlite_;
    Rng rng_{3};
};

std::unique_ptr<SqliteStore> open(const std::string& path) {
    auto store = SqliteStore::open(path, {.durable = false});
    AFTERCARE_ASSERT(store.has_value());
    return std::move(*store);
}

/// Everything the fake holds, as one commit for an empty store.
Commit whole(const MemoryTables& tables) {
    Commit commit;
    for (const auto& [key, row] : tables.devices) commit.devices.push_back(row);
    for (const auto& [key, row] : tables.streams) commit.streams.push_back(row);
    commit.raw = tables.raw;
    for (const auto& [key, row] : tables.faults) commit.faults.push_back(row);
    for (const auto& [key, row] : tables.gaps) commit.gaps.push_back(row);
    for (const auto& [key, row] : tables.tickets) commit.tickets.push_back(row);
    for (const auto& [key, row] : tables.events) commit.events.push_back(row);
    for (const auto& [key, row] : tables.contacts) commit.contacts.push_back(row);
    for (const auto& [key, row] : tables.outcomes) commit.outcomes.push_back(row);
    for (const auto& [key, row] : tables.watches) commit.watches.push_back(row);
    for (const auto& [key, row] : tables.problems) commit.problems.push_back(row);
    for (const auto& [key, row] : tables.problem_devices) commit.problem_devices.push_back(row);
    for (const auto& [key, row] : tables.problem_events) commit.problem_events.push_back(row);
    for (const auto& [key, row] : tables.trials) commit.trials.push_back(row);
    for (const auto& [key, row] : tables.standings) commit.standings.push_back(row);
    for (const auto& [key, row] : tables.sla_terms) commit.sla_terms.push_back(row);
    commit.totals = tables.totals;
    return commit;
}

class Season {
  public:
    Season(Store& store, const MemoryStore& memory, std::uint64_t seed)
        : store_(store), memory_(memory), rng_(seed) {
        detector_ = std::move(*Detector::create(washing_rules(), catalogue_));
        restart();
        for (std::size_t i = 0; i < fleet_.size(); ++i) {
            fleet_[i].id = "wm-" + std::to_string(i + 1);
            DeviceInfo info;
            info.tenant = "brand";
            info.device_id = fleet_[i].id;
            info.model = "WM-200";
            command(RegisterDevice{info});
        }
    }

    void live(int steps) {
        for (int step = 0; step < steps; ++step) {
            const milliseconds passed = hours_ms(rng_.uniform(0.05, 12));
            now_.wall += passed;
            now_.instant += passed;
            telemetry(fleet_[rng_.below(fleet_.size())]);
            if (rng_.chance(0.5)) command(some_command(step));
            if (desk_rng_.chance(0.3)) command(decision());
            if (rng_.chance(0.1)) restart();
        }
    }

  private:
    void restart() {
        pump_.reset();
        change_service_levels();
        engine_ = std::move(
            *Engine::create(settings_, catalogue_, *detector_, *store_.load(settings_, now_.wall)));
        pump_.emplace(*engine_, store_);
    }

    /// What is promised changes between two lives of the collector.
    void change_service_levels() {
        Calendar office;
        for (auto& day : office.week) day = {{540, 720}, {780, 1020}};
        settings_.sla.calendars = {{"office", office}};
        SlaPolicy urgent{.id = "urgent", .resolution = hours_ms(desk_rng_.uniform(1, 200))};
        urgent.severities = {Severity::critical};
        settings_.sla.policies = {urgent};
        settings_.sla.otherwise.calendar = desk_rng_.chance(0.7) ? "office" : "";
    }

    /// By the desk's clock, which is at times wrong.
    WallTime desk_time() {
        return now_.wall + hours_ms(desk_rng_.chance(0.3) ? desk_rng_.uniform(-20, 20) : 0);
    }

    void telemetry(Appliance& device) {
        std::vector<Message> messages;
        if (rng_.chance(0.5)) {
            add(messages, device, {device.fault(now_.wall, 1 + unsigned(rng_.below(6)))});
        }
        if (rng_.chance(0.1)) {  // evicted on the device: a gap
            device.next_seq[index(Lane::bulk)] += 3;
            device.oldest_seq[index(Lane::bulk)] = device.next_seq[index(Lane::bulk)];
        }
        add(messages, device, {device.reading(now_.wall), device.reading(now_.wall)});
        if (rng_.chance(0.3)) messages.push_back(messages.back());
        if (rng_.chance(0.1)) std::swap(messages.front(), messages.back());
        CHECK(pump_->run(messages, {}, now_).has_value());
    }

    void add(std::vector<Message>& messages, const Appliance& device, std::vector<Record> records) {
        const Report report = device.report(now_.wall, std::move(records));
        const TopicText topic = format_topic("brand", device.id, Leg::up);
        messages.push_back({std::string{topic.view()}, codec_.encode_report(report)});
    }

    void command(Command command) {
        PendingCommand pending{std::move(command), [](Result<CommandReply>) {}};
        CHECK(pump_->run({}, std::span{&pending, 1}, now_).has_value());
    }

    std::string some_ticket() {
        const auto& tickets = memory_.tables().tickets;
        if (tickets.empty()) return "none";
        auto at = tickets.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(rng_.below(tickets.size())));
        return at->first;
    }

    /// About some problem; most of them make no sense.
    Command decision() {
        const auto& problems = memory_.tables().problems;
        if (problems.empty()) return ChangeProblem{.problem_id = "none", .why = "drawn"};
        auto at = problems.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(desk_rng_.below(problems.size())));
        ChangeProblem change{.problem_id = at->first,
                             .to = static_cast<ProblemState>(desk_rng_.below(4)),
                             .who = "api:test",
                             .why = "drawn"};
        if (change.to == ProblemState::resolved) change.code = OutcomeCode::fixed_remotely;
        return change;
    }

    Command some_command(int step) {
        const std::string id = "k" + std::to_string(rng_.chance(0.2) ? 0 : step);
        const std::string device = fleet_[rng_.below(fleet_.size())].id;
        const char* component = rng_.chance(0.4) ? "pump" : rng_.chance(0.5) ? "belt" : "lid";
        switch (rng_.below(5)) {
            case 0:
                return InboundContact{.contact_id = id,
                                      .tenant = "brand",
                                      .device_id = device,
                                      .at = now_.wall,
                                      .component = component};
            case 1:
                return OutboundContact{.contact_id = id,
                                       .ticket_id = some_ticket(),
                                       .at = desk_time(),
                                       .result = desk_rng_.chance(0.3) ? "no_answer" : "reached"};
            case 2:
                return ChangeTicket{.ticket_id = some_ticket(),
                                    .to = static_cast<TicketState>(rng_.below(11)),
                                    .at = desk_time(),
                                    .who = "api:test",
                                    .why = "drawn"};
            case 3:
                return ChangeRule{.rule_id = rng_.chance(0.5) ? "pump" : "lid",
                                  .to = static_cast<RuleMode>(rng_.below(3)),
                                  .who = "api:test",
                                  .why = "drawn"};
            default:
                return SubmitOutcome{{.id = id,
                                      .tenant = "brand",
                                      .device_id = device,
                                      .at = now_.wall,
                                      .code = static_cast<OutcomeCode>(rng_.below(10)),
                                      .component = component}};
        }
    }

    Store& store_;
    const MemoryStore& memory_;
    Rng rng_;
    Rng desk_rng_{11};
    static Settings settings() {
        Settings settings = Station::default_settings();
        settings.problems = {.window = hours_ms(72), .start_devices = 2, .start_share = 0};
        settings.problems.end_devices = 2;
        settings.verify_after = hours_ms(24);
        return settings;
    }
    Settings settings_ = settings();
    Catalogue catalogue_ = washing_catalogue();
    std::unique_ptr<Detector> detector_;
    std::unique_ptr<Engine> engine_;
    std::optional<Pump> pump_;
    proto::Codec codec_;
    std::array<Appliance, 3> fleet_;
    Now now_{Instant{}, wall_from_unix_ms(kStartMs)};
};

}  // namespace

TEST_GROUP(EngineRows){};

TEST(EngineRows, are_the_same_in_both_stores_and_sound) {
    std::map<std::string, int> kinds;
    std::map<std::string, int> problem_kinds;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const test::ScratchDir folder("engine-rows");
        const std::string path = (folder / "lived.db").string();
        MemoryStore memory;
        {
            const auto sqlite = open(path);
            BothStores both(memory, *sqlite);
            Season(both, memory, seed).live(120);
        }
        const std::string copy = (folder / "copied.db").string();
        CHECK(open(copy)->apply(whole(memory.tables())).has_value());
        CHECK(database_content_hash(path).value() == database_content_hash(copy).value());
        const auto report = verify_database(path);
        CHECK(report.has_value());
        for (const VerifyCheck& check : report->checks) {
            STRCMP_EQUAL_TEXT("", check.example.c_str(), check.name.c_str());
        }
        for (const auto& [key, event] : memory.tables().events) ++kinds[event.kind];
        for (const auto& [key, event] : memory.tables().problem_events) ++problem_kinds[event.kind];
        CHECK(memory.tables().tickets.size() > 3 && memory.tables().gaps.size() > 3);
        CHECK(memory.tables().trials.size() > 1 && memory.tables().standings.size() > 3);
        CHECK(memory.tables().outcomes.size() > 3 && memory.tables().contacts.size() > 3);
    }
    CHECK(kinds["verified"] > 1 && kinds["not_verified"] > 1 && kinds["reopened"] > 1);
    CHECK(problem_kinds["started"] > 3 && problem_kinds["guard_ended"] > 3);
    CHECK(problem_kinds["released"] > 1 && problem_kinds["rolled_up"] > 1);
    CHECK(problem_kinds["resolved"] > 1 && problem_kinds["settled"] > 2);
    CHECK(kinds["sla_at_risk"] > 3 && kinds["sla_breached"] > 3 && kinds["sla_policy"] > 3);
}
