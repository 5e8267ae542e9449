// Devices that keep their reports until they are acknowledged, behind a link that loses, repeats
// and reorders, and a collector that is killed before, inside and after commits. One seed, one
// history.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

namespace aftercare::collector::testing {

struct LaneLife {
    std::map<Seq, Report> held;  ///< by first seq
    std::set<Seq> evicted;       ///< before they were ever sent
    Seq made = 0;
};

/// From one factory reset to the next.
struct StreamLife {
    std::uint64_t id = 0;
    std::array<LaneLife, kLaneCount> lanes;
};

struct KillCounts {
    std::uint64_t before = 0;  ///< decided, but the store was not asked
    std::uint64_t inside = 0;  ///< the store was asked, and refused or never answered
    std::uint64_t after = 0;   ///< stored, but no ack left

    [[nodiscard]] std::uint64_t total() const { return before + inside + after; }
};

class BadLink {
  public:
    explicit BadLink(std::uint64_t seed);
    /// Ends with a perfect link, so that everything can arrive.
    void live();
    /// Ends the test when a record is missing, doubled, or lost without a declared gap.
    void check() const;
    [[nodiscard]] const KillCounts& kills() const { return kills_; }

  private:
    struct Device {
        Appliance appliance;
        std::vector<StreamLife> streams;
    };
    void make(Device& device, Lane lane, WallTime at);
    void reset(Device& device);
    void send(Device& device, Lane lane, WallTime at, bool faults);
    /// Commits, or is killed on the way; the acks that got out.
    Sent commit(bool faults);
    void take_acks(const Sent& down, bool faults);

    Rng rng_;
    Station station_;
    std::vector<Device> devices_;
    KillCounts kills_;
};

}  // namespace aftercare::collector::testing
