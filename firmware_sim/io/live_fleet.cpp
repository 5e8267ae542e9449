#include "firmware_sim/io/live_fleet.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "firmware_sim/model/fleet.hpp"

namespace aftercare::sim {
namespace {

constexpr std::size_t kDevicesPerSlice = 64;  ///< sockets get their turn after so many
constexpr std::chrono::milliseconds kLookPeriod{100};
constexpr std::chrono::seconds kKeepAlivePeriod{1};
constexpr std::chrono::seconds kPatience{60};  ///< of a drain that makes no progress
constexpr std::chrono::seconds kPatienceInterrupted{5};
constexpr milliseconds kRegistrationPatience{10'000};

Instant steady_now() {
    return Instant{std::chrono::duration_cast<Instant::duration>(
        std::chrono::steady_clock::now().time_since_epoch())};
}

WallTime real_now() {
    return WallTime{std::chrono::duration_cast<milliseconds>(
        std::chrono::system_clock::now().time_since_epoch())};
}

WallTime whole_hour(WallTime start, WallTime at) {
    return start + std::chrono::floor<std::chrono::hours>(at - start);
}

}  // namespace

LiveFleet::LiveFleet(const Scenario& scenario, const ScaledClock& clock, const LiveLink& link,
                     const std::unordered_map<std::string, std::string>& credentials,
                     EventLoop& loop, DeskClient& desk)
    : clock_(clock),
      end_(clock.start + std::chrono::hours{24} * scenario.days),
      lived_to_(clock.start),
      loop_(loop),
      desk_(desk),
      centre_(make_centre(scenario)) {
    const Rng seeds(scenario.seed);
    std::uint64_t number = 0;
    for (Household& household : make_fleet(scenario)) {
        const std::string id = household.appliance().device_id();
        Credential credential;
        if (const auto found = credentials.find(id); found != credentials.end()) {
            credential = {found->first, found->second};
        }
        devices_.push_back(std::make_unique<LiveDevice>(
            loop, link, credential, std::move(household), seeds.fork(++number).next()));
        by_id_[id] = devices_.back().get();
    }
}

Status LiveFleet::open() {
    std::vector<collector::RegisterDevice> registrations;
    for (const auto& device : devices_) {
        registrations.push_back({device->household().registration()});
    }
    if (Status known = desk_.register_devices(registrations, kRegistrationPatience); !known) {
        return known;
    }
    for (const auto& device : devices_) {
        if (Status opened = device->open(); !opened) return opened;
    }
    return {};
}

bool LiveFleet::step() {
    const WallTime now = clock_.at(real_now());
    if (phase_ == Phase::waiting && now >= clock_.start) phase_ = Phase::living;
    if (phase_ == Phase::living) {
        const WallTime to = std::min(whole_hour(clock_.start, now), end_);
        sweep(to);
        work_desk(to);
        if (to == end_ || ended_early_) {
            for (const auto& device : devices_) device->flush();
            progressed_at_ = steady_now();
            phase_ = Phase::draining;
        }
    } else {
        sweep(lived_to_);
    }
    if (phase_ == Phase::draining) watch_drain();
    if (steady_now() >= next_keep_alive_) {
        for (const auto& device : devices_) device->keep_alive();
        next_keep_alive_ = steady_now() + kKeepAlivePeriod;
    }
    return phase_ < Phase::drained;
}

// A collector that was away for a while finds the fleet hours behind the clock: each device then
// catches up in one go, which costs latency and no record.
void LiveFleet::sweep(WallTime to) {
    std::vector<collector::Command> commands;
    std::size_t in_slice = 0;
    for (const auto& device : devices_) {
        if (device->household().appliance().now() < to) device->live(to, truth_, commands);
        device->poll();
        if (++in_slice % kDevicesPerSlice == 0) loop_.dispatch_ready();
    }
    lived_to_ = to;
    submit(commands);
}

void LiveFleet::work_desk(WallTime now) {
    for (const collector::Ticket& ticket : desk_.take_seen()) {
        tickets_.insert(ticket.id);
        centre_.see(ticket, now);
    }
    std::vector<collector::Command> commands;
    const ServiceCentre::Lookup lookup = [this](std::string_view id) -> Household* {
        const auto found = by_id_.find(std::string(id));
        return found == by_id_.end() ? nullptr : &found->second->household();
    };
    centre_.act(now, lookup, truth_, commands);
    submit(commands);
    if (steady_now() >= next_look_) {
        desk_.look();
        next_look_ = steady_now() + kLookPeriod;
    }
}

void LiveFleet::submit(std::vector<collector::Command>& commands) {
    for (collector::Command& command : commands) {
        if (std::holds_alternative<collector::InboundContact>(command)) ++calls_;
        desk_.submit(std::move(command));
    }
}

void LiveFleet::watch_drain() {
    std::uint64_t left = desk_.statistics().commands.waiting;
    for (const auto& device : devices_) left += device->counts().held;
    if (left < left_before_) progressed_at_ = steady_now();
    left_before_ = left;
    if (left == 0) {
        phase_ = Phase::drained;
    } else if (steady_now() - progressed_at_ > (ended_early_ ? kPatienceInterrupted : kPatience)) {
        phase_ = Phase::stuck;
    }
}

FleetTotals LiveFleet::totals() const {
    FleetTotals totals;
    totals.devices = devices_.size();
    totals.calls = calls_;
    totals.tickets = tickets_.size();
    totals.day = as_hours(lived_to_ - clock_.start) / 24;
    for (const auto& device : devices_) {
        const LiveDeviceCounts one = device->counts();
        for (const std::uint64_t made : one.made) totals.records += made;
        totals.connected += one.connected ? 1 : 0;
        totals.held += one.held;
        totals.dropped += one.dropped;
        totals.denied += one.denied;
        totals.refused += one.refused;
        totals.reports_sent += one.reports_sent;
        totals.reports_resent += one.reports_resent;
        totals.in_flight_reports += one.in_flight_reports;
        totals.notices += one.notices;
        totals.disconnects += one.disconnects;
    }
    return totals;
}

}  // namespace aftercare::sim
