// Ten thousand agents lose the broker in one moment. How fast may they come back?
//
// Attempt 1 after a loss waits uniform(0, spread); attempt j >= 2 waits uniform(0, c_j) with
// c_j = min(cap, base · 2^(j-1)). The density of a sum of uniforms is nowhere above that of its
// widest part, 1/m_j, and attempt j lies nowhere beyond its longest wait S_j = spread + c_2 + … +
// c_j. So when the broker returns after D, connects per second are at most
//     N · ( sum of 1/m_j over the uncapped j with S_j >= D   +   e / cap ),
// where e / cap bounds the renewal density of all capped attempts (uniform renewals:
// u(t) = exp(t/c)/c up to t = c, its maximum). Five standard deviations of a Poisson count come on
// top for the busiest second. Source of the back-off: common/backoff.hpp.
//
// What brings an attempt forward draws it from uniform(0, spread) behind an event: boot, network
// up, or an urgent record, and the last once in kUrgentAttemptEveryMs = 60 s. Worst case: the event
// comes to all N in one moment. In any second an agent makes at most one such attempt, with a
// density of at most 1 / spread, so N / spread connects a second come on top of the bound above,
// whatever else happens; for a boot it is N / boot_spread and nothing else. A network that comes up
// also begins the back-off anew: D counts from then.
#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

#include "agent/core/agent.hpp"
#include "agent/core/session.hpp"
#include "agent/io/memory_storage.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;

namespace {

constexpr std::uint32_t kAgents = 10'000;
constexpr std::uint64_t kConnectMs = 300;  ///< three round trips
constexpr std::uint64_t kRefusedMs = 50;

struct Member {
    std::string id;
    MemoryStorage storage{512, 4};
    std::vector<std::max_align_t> memory;
    Agent* agent = nullptr;
    const std::uint64_t* clock_ms = nullptr;
    Rng entropy{1};
    bool attempting = false;
    bool online = false;
    std::uint64_t due_ms = 0;
};

/// What happens to every member so long after the loss.
struct Event {
    std::uint64_t after_ms = 0;
    std::function<void(Agent&)> happens;
};

class Fleet {
  public:
    explicit Fleet(std::uint64_t seed) : members_(kAgents) {
        Rng seeds{seed};
        options.tenant = "brand";
        options.model = "WM-200";
        options.firmware = "1.0";
        options.spool_sectors_max = 4;
        options.report_bytes_max = 2'048;
        for (std::size_t i = 0; i < members_.size(); ++i) open(members_[i], i, seeds.next());
    }
    ~Fleet() {
        for (Member& member : members_) Agent::close(member.agent);
    }
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    /// Everyone online for an hour, then nobody for `outage_ms`, then a broker that takes at most
    /// `per_second_max` connections a second. Gives the connects of each second since its return.
    std::vector<std::uint32_t> fall_and_rise(std::uint64_t outage_ms, std::uint32_t per_second_max,
                                             const std::vector<Event>& events = {}) {
        now_ms_ = 60'000;
        for (Member& member : members_) {
            member.agent->poll();
            member.attempting = false;
            member.online = true;
            member.agent->on_connected();
        }
        now_ms_ += 3'600'000;
        for (Member& member : members_) lose(member);
        return rise(now_ms_, now_ms_ + outage_ms, per_second_max, events);
    }
    /// Everyone boots in one moment with a broker that is there.
    std::vector<std::uint32_t> boot() { return rise(now_ms_, now_ms_, UINT32_MAX, {}); }
    /// As boot, but each with urgent records from before.
    std::vector<std::uint32_t> boot_again() {
        for (Member& member : members_) reopen(member);
        return boot();
    }

    Options options;
    std::uint64_t attempts = 0;

  private:
    using Due = std::pair<std::uint64_t, std::uint32_t>;

    std::vector<std::uint32_t> rise(std::uint64_t lost_ms, std::uint64_t back_ms,
                                    std::uint32_t per_second_max,
                                    const std::vector<Event>& events) {
        std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
        const auto push = [&](std::uint32_t i, std::uint64_t at_ms) {
            members_[i].due_ms = std::max(at_ms, now_ms_ + 1);
            due.push({members_[i].due_ms, i});
        };
        for (std::uint32_t i = 0; i < kAgents; ++i) push(i, members_[i].agent->next_poll_ms());
        std::vector<std::uint32_t> connects;
        auto event = events.begin();
        for (std::uint32_t online = 0; online < kAgents;) {
            const auto [at_ms, i] = due.top();
            if (event != events.end() && lost_ms + event->after_ms <= at_ms) {
                now_ms_ = lost_ms + event->after_ms;
                for (std::uint32_t k = 0; k < kAgents; ++k) {
                    if (members_[k].online) continue;
                    event->happens(*members_[k].agent);
                    if (!members_[k].attempting) push(k, members_[k].agent->next_poll_ms());
                }
                ++event;
                continue;
            }
            due.pop();
            Member& member = members_[i];
            if (at_ms != member.due_ms) continue;  // an event has moved it
            now_ms_ = at_ms;
            if (!member.attempting) {
                member.agent->poll();
                if (member.attempting) {
                    ++attempts;
                    push(i, now_ms_ + (now_ms_ >= back_ms ? kConnectMs : kRefusedMs));
                } else {
                    push(i, member.agent->next_poll_ms());
                }
                continue;
            }
            const std::uint64_t second = now_ms_ < back_ms ? 0 : (now_ms_ - back_ms) / 1'000;
            if (connects.size() <= second) connects.resize(second + 1);
            if (now_ms_ < back_ms || connects[second] >= per_second_max) {
                lose(member);
                push(i, member.agent->next_poll_ms());
                continue;
            }
            member.attempting = false;
            member.online = true;
            member.agent->on_connected();
            ++connects[second];
            ++online;
        }
        return connects;
    }

    void lose(Member& member) {
        member.attempting = member.online = false;
        member.agent->on_disconnected();
    }
    void reopen(Member& member) {
        Agent::close(member.agent);
        member.attempting = member.online = false;
        begin(member);
    }

    void open(Member& member, std::size_t number, std::uint64_t seed) {
        member.clock_ms = &now_ms_;
        member.entropy = Rng{seed};
        member.id = "wm-" + std::to_string(number);
        begin(member);
    }
    void begin(Member& member) {
        options.device_id = member.id;
        Ports ports;
        ports.clock = {&member, [](void* c) { return *self(c).clock_ms; },
                       [](void* c) { return *self(c).clock_ms; },
                       [](void*) { return WallReading{}; }};
        ports.storage = member.storage.port();
        ports.transport = {&member,
                           [](void* c, std::string_view, std::span<const std::byte>) {
                               self(c).attempting = true;
                           },
                           [](void*) {},
                           [](void* c, std::string_view, std::span<const std::byte>, bool) {
                               return self(c).online;
                           }};
        ports.entropy = {&member, [](void* c) { return self(c).entropy.next(); }};
        member.memory.resize(Agent::memory_bytes(options) / sizeof(std::max_align_t) + 1);
        const auto opened =
            Agent::open(options, ports, std::as_writable_bytes(std::span{member.memory}));
        CHECK_TRUE(opened.has_value());
        member.agent = *opened;
        options.device_id = {};
    }
    static Member& self(void* context) { return *static_cast<Member*>(context); }

    std::vector<Member> members_;
    std::uint64_t now_ms_ = 1'000;
};

/// The formula at the head of this file, in connects per second.
double bound_per_second(const Options& options, std::uint64_t outage_ms) {
    const double cap_s = options.backoff_cap_ms / 1e3;
    double widest_s = options.reconnect_spread_ms / 1e3;
    double longest_s = widest_s;
    double density = std::exp(1.0) / cap_s;
    for (double ceiling_s = 2 * options.backoff_base_ms / 1e3;; ceiling_s *= 2) {
        if (longest_s + 1 >= static_cast<double>(outage_ms) / 1e3) density += 1 / widest_s;
        if (ceiling_s >= cap_s) return kAgents * density;
        widest_s = std::max(widest_s, ceiling_s);
        longest_s += ceiling_s + kRefusedMs / 1e3;
    }
}

}  // namespace

TEST_GROUP(AgentFleet){static double seconds(std::uint64_t ms){return static_cast<double>(ms) / 1e3;
}

void check(const char* what, const Fleet& fleet, const std::vector<std::uint32_t>& connects,
           double bound_rate, std::uint64_t all_within_s) {
    const std::uint32_t peak = *std::max_element(connects.begin(), connects.end());
    const double bound = bound_rate + 5 * std::sqrt(bound_rate);
    std::printf(
        "agent fleet: %s: peak %4u connects a second (bound %5.0f), all %u within %zu s, %.1f "
        "attempts each\n",
        what, peak, bound, kAgents, connects.size(), static_cast<double>(fleet.attempts) / kAgents);
    CHECK_TRUE(peak <= bound);
    CHECK_TRUE(connects.size() <= all_within_s);
}
void returns_after(std::uint64_t outage_ms, double bound_rate, std::uint64_t all_within_s) {
    Fleet fleet{2026 + outage_ms};
    const auto connects = fleet.fall_and_rise(outage_ms, UINT32_MAX);
    const std::string what = "broker back after " + std::to_string(outage_ms / 1'000) + " s";
    check(what.c_str(), fleet, connects, bound_rate, all_within_s);
}
}
;

TEST(AgentFleet, comes_back_spread_when_the_broker_only_restarts) {
    const Options options;
    // Nobody's first attempt fails: N / spread connects a second, and the spread is the longest.
    returns_after(0, kAgents / (options.reconnect_spread_ms / 1e3), 6);
}

TEST(AgentFleet, comes_back_within_the_bound_of_the_back_off_after_any_outage) {
    const Options options;
    for (const std::uint64_t outage_ms : {60'000U, 600'000U, 7'200'000U}) {
        returns_after(outage_ms, bound_per_second(options, outage_ms),
                      options.backoff_cap_ms / 1'000 + 1);
    }
}

TEST(AgentFleet, boots_spread_after_a_power_cut_of_its_district) {
    Fleet fleet{11};
    const Options options;
    check("ten thousand boot in one moment", fleet, fleet.boot(),
          kAgents / seconds(options.boot_spread_ms), options.boot_spread_ms / 1'000 + 1);
    // What was not acknowledged waits: quicker, and still spread.
    Fleet waiting{12};
    check("and with urgent records waiting", waiting, waiting.boot_again(),
          kAgents / seconds(options.reconnect_spread_ms), options.reconnect_spread_ms / 1'000 + 1);
}

TEST(AgentFleet, comes_back_within_the_spread_when_the_network_says_so) {
    Fleet fleet{13};
    const Options options;
    const std::uint64_t outage_ms = 7'200'000;
    const auto up = [](Agent& agent) { agent.network_up(); };
    check("network up for all after two hours", fleet,
          fleet.fall_and_rise(outage_ms, UINT32_MAX, {{outage_ms, up}}),
          bound_per_second(options, outage_ms) + kAgents / seconds(options.reconnect_spread_ms),
          options.reconnect_spread_ms / 1'000 + 1);
}

TEST(AgentFleet, stays_bounded_in_a_storm_of_faults_while_the_broker_is_away) {
    Fleet fleet{14};
    const Options options;
    const std::uint64_t outage_ms = 600'000;
    // Every device raises a fault in the same second, every ten seconds over the last two minutes
    // and the first of the broker's return.
    std::vector<Event> storm;
    for (std::uint64_t at_ms = outage_ms - 120'000; at_ms <= outage_ms + 60'000; at_ms += 10'000) {
        storm.push_back({at_ms, [](Agent& agent) {
                             static_cast<void>(
                                 agent.fault({.code = 18, .state = FaultState::occurred}));
                         }});
    }
    check("storm of faults around its return", fleet,
          fleet.fall_and_rise(outage_ms, UINT32_MAX, storm),
          bound_per_second(options, outage_ms) + kAgents / seconds(options.reconnect_spread_ms),
          kUrgentAttemptEveryMs / 1'000 + options.reconnect_spread_ms / 1'000 + 2);
    // Without a storm the outage costs 11.9 attempts each; one a minute comes on top, not one a
    // fault.
    CHECK_TRUE(fleet.attempts <= 16ULL * kAgents);
}

TEST(AgentFleet, backs_away_from_a_broker_that_takes_two_hundred_a_second) {
    Fleet fleet{7};
    const auto connects = fleet.fall_and_rise(0, 200);
    // Fifty seconds would be perfect; the back-off wastes some seconds but nobody starves.
    CHECK_TRUE(connects.size() <= 600);
    CHECK_TRUE(fleet.attempts <= 12ULL * kAgents);
    std::printf("agent fleet: 200 accepted a second: all back within %zu s, %.1f attempts each\n",
                connects.size(), static_cast<double>(fleet.attempts) / kAgents);
}
