// Floods of one rule on one model and firmware become one problem, and nothing of it is lost.
#include <numeric>
#include <sstream>

#include "collector/core/desk/flood_window.hpp"
#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr std::uint32_t kBelt = 2;  ///< the fault code of a live rule without a notice
constexpr std::uint32_t kPump = 1;  ///< with a notice

/// Four devices begin a problem, fewer than two end its guard.
Settings flood_settings() {
    Settings settings = Station::default_settings();
    settings.problems = {.window = hours_ms(24),
                         .start_devices = 4,
                         .start_share = 0,
                         .end_devices = 2,
                         .end_share = 0};
    return settings;
}

void put(std::ostream& out, const std::optional<WallTime>& at) {
    out << (at ? unix_ms(*at) : -1) << ' ';
}

/// What is stored about problems and tickets.
std::string picture(const MemoryTables& tables) {
    std::ostringstream out;
    for (const auto& [id, p] : tables.problems) {
        out << id << ' ' << to_string(p.state) << ' ' << p.fleet_count << ' ' << p.start_count
            << ' ' << p.end_count << ' ' << p.ticket_count << ' ' << p.device_count << ' '
            << p.detection_count << ' ' << p.version << ' ';
        for (const auto& at :
             {std::optional{p.started_at}, p.guard_ended_at, p.decided_at, p.settled_at}) {
            put(out, at);
        }
        out << '\n';
    }
    for (const auto& [key, d] : tables.problem_devices) {
        out << d.problem_id << ' ' << d.device_id << ' ' << d.attached << ' ' << d.rule << ' '
            << d.probability << ' ' << d.evidence_json << ' ' << d.detection_count << ' '
            << d.ticket_id << ' ';
        put(out, d.detected_at);
        put(out, d.attached_at);
        put(out, d.last_at);
        out << '\n';
    }
    for (const auto& [key, e] : tables.problem_events) {
        out << e.problem_id << ' ' << e.no << ' ' << e.kind << ' ' << e.why << ' ';
        put(out, e.at);
        out << '\n';
    }
    for (const auto& [id, t] : tables.tickets) {
        out << id << ' ' << to_string(t.state) << ' ' << t.version << ' ' << t.detection_count
            << ' ' << t.evidence_json << ' ';
        put(out, t.opened_at);
        out << '\n';
    }
    for (const auto& [id, t] : tables.trials) {
        out << id << ' ' << to_string(t.state) << ' ' << t.attached << '\n';
    }
    return out.str();
}

}  // namespace

TEST_GROUP(FloodWindow) {
    FloodWindow window;
};

TEST(FloodWindow, holds_each_device_once_at_its_latest_moment) {
    window.note(at_h(1), 7);
    window.note(at_h(3), 7);
    window.note(at_h(2), 7);
    window.note(at_h(2), 8);
    LONGS_EQUAL(2, window.count());
    CHECK(!window.advance(at_h(12), hours_ms(10), 0));
    LONGS_EQUAL(1, window.count());  // what came at hour 2 is ten hours old
    CHECK(window.oldest_at() == at_h(3));
}

TEST(FloodWindow, tells_when_it_fell_below_the_floor_whenever_it_is_asked) {
    for (const double asked : {24.5, 40.0}) {
        FloodWindow one;
        for (unsigned no = 1; no <= 5; ++no) one.note(at_h(no * 0.1), no);
        CHECK(!one.advance(at_h(24), hours_ms(24), 3));
        // Of five, two are left when the third goes: at hour 24.3.
        const auto fell_at = one.advance(at_h(asked), hours_ms(24), 3);
        CHECK(fell_at && *fell_at == at_h(0.3) + hours_ms(24));
    }
}

TEST_GROUP(Problems) {
    Station station{flood_settings()};
    std::map<std::string, Appliance> fleet;

    /// One fault of one device, in a batch of its own.
    void fault(const std::string& device, double hour, std::uint32_t code = kBelt,
               const char* firmware = "1.0") {
        if (!fleet.contains(device)) {
            fleet[device].id = device;
            station.enrol(device);
        }
        Report report = fleet[device].report(at_h(hour), {fleet[device].fault(at_h(hour), code)});
        report.header.firmware = std::string_view{firmware};
        station.send(report);
        station.commit_at(at_h(hour));
    }
    /// Devices d<from>…d<to>, a minute apart.
    void flood(int from, int to, double hour, std::uint32_t code = kBelt) {
        for (int no = from; no <= to; ++no) {
            fault("d" + std::to_string(no), hour + (no - from) / 60.0, code);
        }
    }
    const Problem& problem() {
        LONGS_EQUAL(1, station.tables().problems.size());
        return station.tables().problems.begin()->second;
    }
    const ProblemDevice& device(const std::string& id) {
        for (const auto& [key, row] : station.tables().problem_devices) {
            if (row.device_id == id) return row;
        }
        FAIL("not in the problem");
        return station.tables().problem_devices.begin()->second;
    }
    Result<CommandReply> decide(ProblemState to, std::optional<OutcomeCode> code = {},
                                const std::string& why = "bad firmware") {
        return station.command(ChangeProblem{
            .problem_id = problem().id, .to = to, .who = "api:maker", .why = why, .code = code});
    }
    std::size_t tickets(TicketState state) {
        std::size_t count = 0;
        for (const auto& [id, t] : station.tables().tickets) count += t.state == state ? 1 : 0;
        return count;
    }
    std::uint64_t fate(DetectionFate fate) {
        return station.engine().statistics().detections[static_cast<std::size_t>(fate)];
    }
    void outcome(const std::string& id, double hour, OutcomeCode code) {
        station.go_to(at_h(hour));
        Outcome said{.id = "o-" + id + std::to_string(hour)};
        said.tenant = "brand";
        said.device_id = id;
        said.at = at_h(hour);
        said.code = code;
        said.component = "belt";
        CHECK(station.command(SubmitOutcome{said}).has_value());
    }
    const Trial& trial(const std::string& id) {
        for (const auto& [key, row] : station.tables().trials) {
            if (row.device_id == id) return row;
        }
        FAIL("no trial");
        return station.tables().trials.begin()->second;
    }
};

TEST(Problems, do_not_begin_below_the_start_rate) {
    flood(1, 3, 1);
    fault("d4", 26);  // a day later the others no longer count
    LONGS_EQUAL(0, station.tables().problems.size());
    LONGS_EQUAL(4, station.tables().tickets.size());
}

// promise: flood-guard
TEST(Problems, take_the_flood_from_the_start_rate_on_and_link_the_tickets_that_led_to_it) {
    flood(1, 6, 1);
    LONGS_EQUAL(3, station.tables().tickets.size());
    const Problem& p = problem();
    CHECK(p.state == ProblemState::open && p.started_at == at_h(1 + 3 / 60.0));
    STRCMP_EQUAL("brand belt WM-200 1.0 belt belt_worn",
                 (p.tenant + " " + p.rule_id + " " + p.model + " " + p.firmware + " " +
                  p.component + " " + p.failure_mode)
                     .c_str());
    LONGS_EQUAL(4, p.start_count);
    LONGS_EQUAL(2, p.end_count);
    LONGS_EQUAL(4, p.fleet_count);
    LONGS_EQUAL(3, p.ticket_count);
    LONGS_EQUAL(3, p.device_count);
    LONGS_EQUAL(3, p.detection_count);
    const ProblemDevice& first = device("d1");
    CHECK(!first.attached && station.tables().tickets.contains(first.ticket_id));
    const auto& event = station.tables().events.at({first.ticket_id, 2});
    STRCMP_EQUAL("problem", event.kind.c_str());
    const ProblemDevice& d5 = device("d5");
    CHECK(d5.attached && d5.ticket_id.empty() && d5.detected_at == at_h(1 + 4 / 60.0));
    STRCMP_EQUAL(R"([{"code":2,"seq":1}])", d5.evidence_json.c_str());
    STRCMP_EQUAL("belt@1", d5.rule.c_str());
    DOUBLES_EQUAL(0.6, d5.probability, 0);
    LONGS_EQUAL(1, station.engine().statistics().problems_unsettled);
    LONGS_EQUAL(3, station.engine().statistics().problem_devices_waiting);
}

TEST(Problems, each_detection_has_one_fate) {
    flood(1, 6, 1);
    fault("d1", 2);     // its ticket is open: evidence
    fault("d5", 2.1);   // attached before: its count
    fault("d9", 3, 3);  // a shadow rule
    LONGS_EQUAL(3, fate(DetectionFate::opened));
    LONGS_EQUAL(1, fate(DetectionFate::added));
    LONGS_EQUAL(4, fate(DetectionFate::attached));
    LONGS_EQUAL(1, fate(DetectionFate::trial));
    LONGS_EQUAL(2, device("d5").detection_count);
    LONGS_EQUAL(4, problem().detection_count);
    STRCMP_EQUAL(R"([{"code":2,"seq":1},{"code":2,"seq":2}])", device("d5").evidence_json.c_str());
    fault("d5", 2.2);
    STRCMP_EQUAL(R"([{"code":2,"seq":1},{"code":2,"seq":3}])", device("d5").evidence_json.c_str());
    LONGS_EQUAL(3, problem().device_count);
}

TEST(Problems, are_of_one_rule_model_and_firmware) {
    flood(1, 5, 1);
    fault("d8", 2, kPump);
    fault("d9", 2.1, kBelt, "1.1");
    fault("d5", 2.2, kBelt, "1.1");  // attached under the older firmware, and still ill
    LONGS_EQUAL(6, station.tables().tickets.size());
    LONGS_EQUAL(2, problem().device_count);
}

TEST(Problems, need_their_share_of_the_devices_known) {
    station.settings().problems.start_share = 0.1;
    station.settings().problems.end_share = 0.04;
    station.restart();
    for (int no = 1; no <= 60; ++no) {
        const std::string id = "d" + std::to_string(no);
        fleet[id].id = id;
        station.enrol(id);
        station.send(fleet[id].report(at_h(0.5), {fleet[id].reading(at_h(0.5))}));
    }
    station.commit_at(at_h(0.5));
    flood(1, 5, 1);
    LONGS_EQUAL(0, station.tables().problems.size());
    flood(6, 6, 2);  // the sixth of sixty
    LONGS_EQUAL(60, problem().fleet_count);
    LONGS_EQUAL(6, problem().start_count);
    LONGS_EQUAL(3, problem().end_count);  // 2.4, rounded up
}

TEST(Problems, stop_attaching_below_the_end_rate_and_wait_for_a_person) {
    flood(1, 6, 1);
    fault("d7", 20);
    // Two devices within the window until d6 goes: d7 alone is fewer than two.
    station.commit_at(at_h(30));
    const WallTime ended = at_h(1 + 5 / 60.0) + hours_ms(24);
    CHECK(problem().guard_ended_at == ended && problem().state == ProblemState::open);
    fault("d8", 31);
    LONGS_EQUAL(4, station.tables().tickets.size());
    fault("d5", 32);  // has its place in the problem
    LONGS_EQUAL(2, device("d5").detection_count);
    LONGS_EQUAL(4, station.tables().tickets.size());
    flood(11, 13, 33);  // d7, d8 and two more: the same problem goes on
    CHECK(!problem().guard_ended_at);
    LONGS_EQUAL(6, problem().device_count);
    LONGS_EQUAL(5, station.tables().tickets.size());
    STRCMP_EQUAL("guard_resumed",
                 station.tables().problem_events.at({problem().id, 3}).kind.c_str());
}

// promise: flood-guard
TEST(Problems, released_open_every_ticket_in_bounded_steps_over_a_restart) {
    flood(1, 3, 1, kPump);
    std::vector<std::string> names;
    for (int no = 4; no < 4 + 650; ++no) names.push_back("d" + std::to_string(no));
    for (const std::string& name : names) {
        fleet[name].id = name;
        station.enrol(name);
        station.send(fleet[name].report(at_h(2), {fleet[name].fault(at_h(2), kPump)}));
    }
    station.commit_at(at_h(2));
    LONGS_EQUAL(650, problem().device_count);
    LONGS_EQUAL(3, station.tables().tickets.size());
    station.go_to(at_h(3));
    CHECK(decide(ProblemState::released).has_value());
    LONGS_EQUAL(3 + 200, station.tables().tickets.size());
    CHECK(!problem().settled_at);
    CHECK(decide(ProblemState::resolved, OutcomeCode::self_resolved).error().code == Errc::invalid);
    LONGS_EQUAL(3 + 400, station.tables().tickets.size());
    fault("d653", 3.1, kPump);  // not yet released: one more turn, and its count
    LONGS_EQUAL(2, device("d653").detection_count);
    LONGS_EQUAL(3 + 600, station.tables().tickets.size());
    station.restart();
    const Sent sent = station.commit_at(at_h(3.2));
    LONGS_EQUAL(3 + 650, station.tables().tickets.size());
    CHECK(problem().settled_at == at_h(3.2));
    LONGS_EQUAL(50, sent.notices.size());  // a ticket is a ticket: the appliance tells its owner
    const Ticket ticket = station.tables().tickets.at(device("d653").ticket_id);
    CHECK(ticket.origin == Origin::predicted && ticket.detected_at == at_h(2));
    STRCMP_EQUAL("pump@1", ticket.rule.c_str());
    STRCMP_EQUAL(R"([{"code":1,"seq":1},{"code":1,"seq":2}])", ticket.evidence_json.c_str());
    STRCMP_EQUAL("api:maker", station.tables().events.at({ticket.id, 1}).who.c_str());
    CHECK(trial("d653").state == TrialState::censored);
    station.restart();
    fault("e1", 3.3, kPump);  // the guard is still on, and a person said that tickets are wanted
    LONGS_EQUAL(654, station.tables().tickets.size());
    station.commit_at(at_h(3 + 49));  // who released is given the prediction's horizon to act
    CHECK(station.tables().tickets.at(ticket.id).state == TicketState::contacted ||
          station.tables().tickets.at(ticket.id).state == TicketState::lapsed);
}

TEST(Problems, released_pass_over_devices_that_were_seen_to_meanwhile) {
    flood(1, 6, 1);
    outcome("d5", 2, OutcomeCode::confirmed_fixed);
    fault("d6", 2.1, kBelt);
    station.go_to(at_h(3));
    CHECK(decide(ProblemState::released).has_value());
    const Ticket& seen_to = station.tables().tickets.at(device("d5").ticket_id);
    CHECK(seen_to.origin == Origin::reactive);  // the miss that the outcome opened
    LONGS_EQUAL(3 + 3, station.tables().tickets.size());
}

TEST(Problems, rolled_up_merge_their_tickets_and_keep_their_devices) {
    flood(1, 6, 1);
    const std::string at_work = device("d2").ticket_id;
    CHECK(station
              .command(ChangeTicket{
                  .ticket_id = at_work, .to = TicketState::in_progress, .at = station.now().wall})
              .has_value());
    CHECK(decide(ProblemState::rolled_up).has_value());
    LONGS_EQUAL(2, tickets(TicketState::merged));
    CHECK(station.tables().tickets.at(at_work).state == TicketState::in_progress);
    fault("d7", 2);
    fault("d1", 2.1);  // merged: now it is attached
    LONGS_EQUAL(5, problem().device_count);
    LONGS_EQUAL(3, station.tables().tickets.size());
    CHECK(decide(ProblemState::released).error().code == Errc::invalid);
    station.go_to(at_h(3));
    CHECK(decide(ProblemState::resolved, OutcomeCode::fixed_remotely).has_value());
    CHECK(station.tables().tickets.at(at_work).state == TicketState::resolved);
    CHECK(problem().settled_at == at_h(3) && problem().guard_ended_at == at_h(3));
    CHECK(problem().code == OutcomeCode::fixed_remotely);
    station.restart();
    flood(1, 3, 4);  // what comes now is counted anew
    LONGS_EQUAL(6, station.tables().tickets.size());
    fault("d4", 5);
    LONGS_EQUAL(2, station.tables().problems.size());
}

TEST(Problems, refuse_what_they_cannot_do) {
    flood(1, 4, 1);
    CHECK(decide(ProblemState::released, OutcomeCode::self_resolved).error().code == Errc::invalid);
    CHECK(decide(ProblemState::resolved).error().code == Errc::invalid);
    CHECK(decide(ProblemState::resolved, OutcomeCode::failure_repaired).error().code ==
          Errc::invalid);
    CHECK(decide(ProblemState::released, {}, "").error().code == Errc::invalid);
    CHECK(decide(ProblemState::released, {}, std::string(501, 'x')).error().code == Errc::invalid);
    CHECK(decide(ProblemState::open)->kind == CommandReply::Kind::unchanged);
    ChangeProblem stale{.problem_id = problem().id, .why = "w", .expected_version = 7};
    CHECK(station.command(stale).error().code == Errc::conflict);
    stale.problem_id = "P0";
    CHECK(station.command(stale).error().code == Errc::not_found);
    LONGS_EQUAL(1, problem().version);
}

TEST(Problems, attached_devices_count_for_the_rule_by_their_outcomes_and_never_by_time) {
    flood(1, 6, 1);
    outcome("d4", 10, OutcomeCode::confirmed_fixed);
    outcome("d5", 11, OutcomeCode::no_fault_found);
    CHECK(trial("d4").state == TrialState::confirmed && trial("d4").attached);
    CHECK(trial("d5").state == TrialState::no_fault_found);
    station.send(fleet["d6"].report(at_h(72), {fleet["d6"].reading(at_h(72))}));
    station.commit_at(at_h(73.5));
    CHECK(trial("d6").state == TrialState::censored);
}

TEST(Problems, can_be_switched_off) {
    station.settings().problems.guard = false;
    station.restart();
    flood(1, 6, 1);
    LONGS_EQUAL(6, station.tables().tickets.size());
}

namespace {

/// Detections of a fleet over five days in bursts, told to an engine in batches and lives that
/// `rng` draws; the reports and their moments are the same every time.
class Flood {
  public:
    explicit Flood(std::uint64_t seed) : rng_(seed) {
        RulePack rules = washing_rules();
        for (Rule& rule : rules.rules) rule.horizon = hours_ms(1'000);  // lapses come by ticks
        detector_ = std::move(*Detector::create(rules, catalogue_));
        begin();
    }

    std::string run(double commit_share, double restart_share) {
        Rng fate(5);  // of the fleet, not of the batches
        double hour = 0;
        std::vector<Appliance> fleet(40);
        for (std::size_t i = 0; i < fleet.size(); ++i) fleet[i].id = "d" + std::to_string(i);
        for (int step = 0; step < 400; ++step) {
            hour += fate.chance(0.3) ? fate.uniform(0, 2.5) : fate.uniform(0, 0.1);
            Appliance& one = fleet[fate.below(fleet.size())];
            const std::uint32_t code = fate.chance(0.7) ? kBelt : 5;
            const Report report =
                one.report(at_h(hour), {one.fault(at_h(hour - fate.uniform(0, 3)), code)});
            now_.wall = at_h(hour);
            engine_->on_report("brand", one.id, report, "bytes", now_, commit_);
            if (!rng_.chance(commit_share)) continue;
            end_batch();
            if (rng_.chance(restart_share)) begin();
        }
        end_batch();
        return picture(store_.tables());
    }
    [[nodiscard]] const MemoryTables& tables() const { return store_.tables(); }

  private:
    void begin() {
        engine_ = std::move(
            *Engine::create(settings_, catalogue_, *detector_, *store_.load(settings_, now_.wall)));
    }
    void end_batch() {
        if (rng_.chance(0.5)) engine_->on_tick(now_, commit_);
        engine_->finish(commit_);
        AFTERCARE_ASSERT(store_.apply(commit_).has_value());
        commit_.clear();
    }
    static Settings settings() {
        Settings settings = flood_settings();
        settings.open_enrolment = true;
        settings.notices = false;
        settings.sla.otherwise.first_response = hours_ms(1'000);
        settings.sla.otherwise.resolution = hours_ms(1'000);
        settings.problems.window = hours_ms(6);
        return settings;
    }

    Rng rng_;
    Settings settings_ = settings();
    Catalogue catalogue_ = washing_catalogue();
    std::unique_ptr<Detector> detector_;
    MemoryStore store_;
    std::unique_ptr<Engine> engine_;
    Commit commit_;
    Now now_{Instant{}, wall_from_unix_ms(kStartMs)};
};

}  // namespace

// promise: flood-guard
TEST(Problems, are_the_same_whatever_the_batches_and_the_restarts) {
    Flood plain(1);
    const std::string expected = plain.run(1, 0);
    std::map<std::string, int> kinds;
    for (const auto& [key, event] : plain.tables().problem_events) ++kinds[event.kind];
    CHECK(kinds["started"] >= 2 && kinds["guard_ended"] >= 2 && kinds["guard_resumed"] >= 1);
    for (std::uint64_t seed = 2; seed < 22; ++seed) {
        Flood other(seed);
        STRCMP_EQUAL(expected.c_str(), other.run(seed % 2 == 0 ? 1 : 0.2, 0.3).c_str());
    }
}
