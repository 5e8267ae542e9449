#include <sstream>

#include "collector/core/intake/device_entry.hpp"
#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

void put(std::ostream& out, const std::optional<WallTime>& at) {
    out << (at ? unix_ms(*at) : -1) << ' ';
}

void put(std::ostream& out, const Ticket& t) {
    out << t.id << ' ' << t.failure_mode << ' ' << to_string(t.state) << ' ' << to_string(t.origin)
        << ' ' << t.evidence_json << ' ' << t.probability << ' ' << t.contact_count << ' '
        << t.visit_count << ' ' << t.reopened_count << ' ' << t.detection_count << ' ' << t.version
        << ' ' << to_string(t.decision) << ' ' << t.recurs_of << ' ' << t.self_service << ' ';
    for (const auto& at : {t.contacted_at, t.first_outbound_at, t.resolved_at, t.closed_at,
                           t.failed_at, std::optional{t.detected_at}, std::optional{t.opened_at}}) {
        put(out, at);
    }
    out << '\n';
}

/// Everything stored but the counters that a resend moves.
std::string picture(const MemoryTables& tables) {
    std::ostringstream out;
    for (const auto& [no, row] : tables.devices) {
        out << row.info.device_id << ' ' << row.info.firmware << ' ' << row.info.consent_epoch
            << ' ';
        put(out, row.info.last_seen_at);
        for (const char c : row.state) out << int(static_cast<unsigned char>(c)) << '.';
        out << '\n';
    }
    for (const auto& [key, s] : tables.streams) {
        out << s.device_no << ' ' << s.stream_id << ' ' << s.high_water[0] << ' ' << s.high_water[1]
            << '\n';
    }
    for (const RawReport& r : tables.raw) {
        out << r.device_no << ' ' << r.first_seq << ' ' << r.last_seq << ' ' << unix_ms(r.t0)
            << '\n';
    }
    for (const auto& [key, f] : tables.faults) {
        out << f.seq << ' ' << f.code << ' ' << unix_ms(f.occurred_at) << ' ' << f.error_ms << '\n';
    }
    for (const auto& [id, t] : tables.tickets) put(out, t);
    for (const auto& [key, e] : tables.events) {
        out << e.ticket_id << ' ' << e.no << ' ' << e.kind << ' ' << e.who << ' ' << e.why << ' '
            << unix_ms(e.at) << '\n';
    }
    for (const auto& [id, c] : tables.contacts) {
        out << id << ' ' << c.ticket_id << ' ' << c.result << ' ' << unix_ms(c.at) << '\n';
    }
    for (const auto& [id, o] : tables.outcomes) {
        out << id << ' ' << o.ticket_id << ' ' << o.match_score << ' ' << o.match_reason << '\n';
    }
    out << tables.totals.records << ' ' << tables.totals.gap_records << '\n';
    return out.str();
}

std::string some_ticket(const MemoryTables& tables, Rng& rng) {
    if (tables.tickets.empty()) return "Tnone";
    auto at = tables.tickets.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(rng.below(tables.tickets.size())));
    return at->first;
}

Command some_command(const MemoryTables& tables, const std::string& device, WallTime now, int step,
                     Rng& rng) {
    constexpr const char* kComponents[] = {"pump", "belt", "lid", ""};
    const std::string component = kComponents[rng.below(4)];
    const std::string id =
        "k" + std::to_string(rng.chance(0.2) ? rng.below(20) : 1000 + unsigned(step));
    switch (rng.below(4)) {
        case 0:
            return InboundContact{.contact_id = id,
                                  .tenant = "brand",
                                  .device_id = device,
                                  .at = now,
                                  .component = component};
        case 1:
            return OutboundContact{.contact_id = id,
                                   .ticket_id = some_ticket(tables, rng),
                                   .at = now,
                                   .result = rng.chance(0.5) ? "reached" : "no_answer"};
        case 2:
            return ChangeTicket{.ticket_id = some_ticket(tables, rng),
                                .to = static_cast<TicketState>(rng.below(11)),
                                .at = now,
                                .who = "api:test",
                                .why = "drawn"};
        default:
            return SubmitOutcome{{.id = id,
                                  .tenant = "brand",
                                  .device_id = device,
                                  .at = now,
                                  .code = static_cast<OutcomeCode>(rng.below(10)),
                                  .component = component}};
    }
}

/// A season of three machines; the same seed is the same season, wherever it is interrupted.
std::string live_through(std::uint64_t seed, double restart_chance) {
    Rng rng{seed};
    Rng interruptions{seed ^ 0x5EED};
    Station station;
    std::array<Appliance, 3> fleet;
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        fleet[i].id = "wm-" + std::to_string(i + 1);
        station.enrol(fleet[i].id);
    }
    double hour = 0;
    for (int step = 0; step < 150; ++step) {
        hour += rng.uniform(0.05, 12);
        station.go_to(at_h(hour));
        Appliance& device = fleet[rng.below(fleet.size())];
        if (rng.chance(0.05)) {
            ++device.boot;
            device.booted_at = at_h(hour);
        }
        if (rng.chance(0.02)) {
            ++device.stream;
            device.next_seq = device.oldest_seq = {1, 1};
        }
        if (rng.chance(0.5)) {
            Report urgent =
                device.report(at_h(hour), {device.fault(at_h(hour), 1 + unsigned(rng.below(6)))});
            if (rng.chance(0.3)) urgent.header.clock_quality = ClockQuality::unknown;
            station.send(urgent);
        }
        station.send(
            device.report(at_h(hour), {device.reading(at_h(hour)), device.reading(at_h(hour))}));
        station.commit();
        if (interruptions.chance(restart_chance)) station.restart();
        if (rng.chance(0.6)) {
            (void)station.command(some_command(station.tables(), device.id, at_h(hour), step, rng))
                .has_value();
        }
        std::size_t open_count = 0;
        for (const auto& [id, ticket] : station.tables().tickets) {
            open_count += is_open(ticket.state) ? 1U : 0U;
        }
        CHECK_EQUAL_TEXT(open_count, station.engine().statistics().open_ticket_count,
                         "open tickets");
    }
    return picture(station.tables());
}

}  // namespace

TEST_GROUP(Restart){};

TEST(Restart, at_any_point_changes_nothing_about_the_future) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::string whole = live_through(seed, 0);
        const std::string broken = live_through(seed, 0.3);
        if (whole != broken) {
            std::istringstream a{whole};
            std::istringstream b{broken};
            std::string x;
            std::string y;
            while (std::getline(a, x) && std::getline(b, y) && x == y) {
            }
            STRCMP_EQUAL_TEXT(x.c_str(), y.c_str(), ("seed " + std::to_string(seed)).c_str());
        }
    }
}

TEST(Restart, same_input_gives_the_same_rows) {
    CHECK_TRUE(live_through(77, 0) == live_through(77, 0));
    CHECK_TRUE(live_through(77, 0) != live_through(78, 0));
}

TEST(Restart, damaged_state_is_refused_naming_the_device) {
    Station station;
    Appliance appliance;
    station.enrol("wm-1");
    const WallTime at = station.now().wall;
    station.send(appliance.report(at, {appliance.fault(at, 1)}));
    station.commit();
    const Catalogue catalogue = washing_catalogue();
    const auto detector = std::move(*Detector::create(washing_rules(), catalogue));
    const Settings settings = Station::default_settings();
    const Loaded whole = *station.store.load(settings, at);
    CHECK_TRUE(Engine::create(settings, catalogue, *detector, whole).has_value());
    const std::string state = whole.devices[0].state;
    for (std::size_t size = 0; size < state.size(); ++size) {
        Loaded cut = whole;
        cut.devices[0].state.resize(size);
        const auto engine = Engine::create(settings, catalogue, *detector, std::move(cut));
        CHECK_FALSE(engine.has_value());
        CHECK(engine.error().code == Errc::corrupt);
        STRCMP_CONTAINS("brand/wm-1", engine.error().message.c_str());
    }
    Rng rng{5};
    for (int i = 0; i < 2000; ++i) {  // any damage is either noticed or harmless, never a crash
        Loaded hit = whole;
        hit.devices[0].state[rng.below(state.size())] = static_cast<char>(rng.next());
        const auto survivor = Engine::create(settings, catalogue, *detector, std::move(hit));
        if (!survivor) CHECK(survivor.error().code == Errc::corrupt);
    }
}

// promise: state-version
TEST(Restart, state_of_another_version_begins_afresh_and_stores_nothing_twice) {
    Station station;
    Appliance appliance;
    station.enrol("wm-1");
    const WallTime at = station.now().wall;
    const Report first = appliance.report(at, {appliance.reading(at), appliance.reading(at)});
    station.send(first);
    station.commit();
    station.restart();
    LONGS_EQUAL(0, station.engine().statistics().states_restarted);
    for (const char version : {'\x01', '\x09', 's'}) {
        Commit other;
        const DeviceStateRow& row = station.tables().devices.begin()->second;
        other.devices.push_back({row.info, version + std::string{"what no one can read"}});
        other.totals = station.tables().totals;
        CHECK_TRUE(station.store.apply(other).has_value());
        station.restart();
        LONGS_EQUAL(1, station.engine().statistics().states_restarted);
        station.send(first);
        station.send(appliance.report(at, {appliance.reading(at)}));
        station.commit();
    }
    LONGS_EQUAL(5, station.tables().totals.records);
    LONGS_EQUAL(6, station.tables().totals.duplicate_records);
    LONGS_EQUAL(0, station.tables().totals.gap_records);
    station.restart();
    LONGS_EQUAL(0, station.engine().statistics().states_restarted);
}

// Twice as many machines as stay awake, in an order that lets some rest and keeps others busy.
TEST(Restart, more_devices_than_stay_awake_are_told_apart) {
    Station station;
    constexpr std::size_t kFleet = 2 * kAwakeDevicesMax;
    std::vector<Appliance> fleet(kFleet);
    for (std::size_t i = 0; i < kFleet; ++i) {
        fleet[i].id = "wm-" + std::to_string(i);
        station.enrol(fleet[i].id);
    }
    Rng rng{11};
    std::vector<std::uint64_t> sent(kFleet);
    for (int round = 0; round < 8; ++round) {
        station.go_to(at_h(round));
        for (std::size_t i = 0; i < kFleet; ++i) {
            const std::size_t device = rng.chance(0.5) ? rng.below(100) : i;
            station.send(fleet[device].report(at_h(round), {fleet[device].reading(at_h(round))}));
            ++sent[device];
            if (station.inbox.size() == 500) station.commit();
        }
        station.commit();
    }
    LONGS_EQUAL(8 * kFleet, station.tables().totals.records);
    LONGS_EQUAL(0, station.tables().totals.gap_records);
    LONGS_EQUAL(0, station.tables().totals.duplicate_records);
    for (const auto& [key, stream] : station.tables().streams) {
        const auto& info = station.tables().devices.at(stream.device_no).info;
        LONGS_EQUAL(sent[std::stoul(info.device_id.substr(3))],
                    stream.high_water[index(Lane::bulk)]);
    }
}
