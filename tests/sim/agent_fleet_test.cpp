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
#include <algorithm>
#include <cmath>
#include <queue>

#include "agent/core/agent.hpp"
#include "agent/io/memory_storage.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;

namespace {

constexpr std::uint32_t kAgents = 10'000;
constexpr std::uint64_t kConnectMs = 300;  ///< three round trips
constexpr std::uint64_t kRefusedMs = 50;

struct Member {
    MemoryStorage storage{512, 4};
    std::vector<std::max_align_t> memory;
    Agent* agent = nullptr;
    const std::uint64_t* clock_ms = nullptr;
    Rng entropy{1};
    bool attempting = false;
    bool online = false;
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
    std::vector<std::uint32_t> fall_and_rise(std::uint64_t outage_ms,
                                             std::uint32_t per_second_max) {
        now_ms_ = 1'000;
        for (Member& member : members_) {
            member.agent->poll();
            member.attempting = false;
            member.online = true;
            member.agent->on_connected();
        }
        now_ms_ += 3'600'000;
        const std::uint64_t back_ms = now_ms_ + outage_ms;
        std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
        for (std::uint32_t i = 0; i < kAgents; ++i) lose(i, due);
        std::vector<std::uint32_t> connects;
        std::uint32_t online = 0;
        while (online < kAgents) {
            const auto [at_ms, i] = due.top();
            due.pop();
            now_ms_ = at_ms;
            Member& member = members_[i];
            if (!member.attempting) {
                member.agent->poll();
                if (!member.attempting) {
                    due.push({std::max(member.agent->next_poll_ms(), now_ms_ + 1), i});
                    continue;
                }
                ++attempts;
                due.push({now_ms_ + (now_ms_ >= back_ms ? kConnectMs : kRefusedMs), i});
                continue;
            }
            const std::uint64_t second = now_ms_ < back_ms ? 0 : (now_ms_ - back_ms) / 1'000;
            if (connects.size() <= second) connects.resize(second + 1);
            if (now_ms_ < back_ms || connects[second] >= per_second_max) {
                lose(i, due);
                continue;
            }
            member.attempting = false;
            member.agent->on_connected();
            ++connects[second];
            ++online;
        }
        return connects;
    }

    Options options;
    std::uint64_t attempts = 0;

  private:
    using Due = std::pair<std::uint64_t, std::uint32_t>;

    void lose(std::uint32_t i, std::priority_queue<Due, std::vector<Due>, std::greater<>>& due) {
        Member& member = members_[i];
        member.attempting = member.online = false;
        member.agent->on_disconnected();
        due.push({std::max(member.agent->next_poll_ms(), now_ms_ + 1), i});
    }

    void open(Member& member, std::size_t number, std::uint64_t seed) {
        member.clock_ms = &now_ms_;
        member.entropy = Rng{seed};
        const std::string id = "wm-" + std::to_string(number);
        options.device_id = id;
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

TEST_GROUP(AgentFleet){void returns_after(std::uint64_t outage_ms, double bound_rate,
                                          std::uint64_t all_within_s){Fleet fleet{2026 + outage_ms};
const auto connects = fleet.fall_and_rise(outage_ms, UINT32_MAX);
const std::uint32_t peak = *std::max_element(connects.begin(), connects.end());
const double bound = bound_rate + 5 * std::sqrt(bound_rate);
std::printf(
    "agent fleet: broker back after %6.1f s: peak %4u connects a second (bound "
    "%5.0f), all %u within %zu s, %.1f attempts each\n",
    static_cast<double>(outage_ms) / 1e3, peak, bound, kAgents, connects.size(),
    static_cast<double>(fleet.attempts) / kAgents);
CHECK_TRUE(peak <= bound);
CHECK_TRUE(connects.size() <= all_within_s);
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

TEST(AgentFleet, backs_away_from_a_broker_that_takes_two_hundred_a_second) {
    Fleet fleet{7};
    const auto connects = fleet.fall_and_rise(0, 200);
    // Fifty seconds would be perfect; the back-off wastes some seconds but nobody starves.
    CHECK_TRUE(connects.size() <= 600);
    CHECK_TRUE(fleet.attempts <= 12ULL * kAgents);
    std::printf("agent fleet: 200 accepted a second: all back within %zu s, %.1f attempts each\n",
                connects.size(), static_cast<double>(fleet.attempts) / kAgents);
}
