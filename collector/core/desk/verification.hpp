// Watches repaired devices: a resolved ticket whose fix was claimed is verified by clean telemetry
// over days or cycles, opened again when its fault comes back, and never verified by silence.
//
// Time is event time: what a record made before the resolution says is about the fault that was
// fixed. What is watched follows from the ticket alone, so that a corrected outcome, a reopening or
// a closing by hand ends a watch without being told.
#pragma once

#include <vector>

#include "collector/core/desk/ticketing.hpp"
#include "collector/core/intake/record_listener.hpp"

namespace aftercare::collector {

class Verification final : public RecordListener {
  public:
    Verification(const World& world, Registry& registry, TicketBook& book, Ticketing& ticketing)
        : world_(world), registry_(registry), book_(book), ticketing_(ticketing) {}

    /// Pre: tickets are loaded.
    void load(const Watch& watch);

    [[nodiscard]] bool listens(DeviceNo no) const override;
    void saw(DeviceNo no, const Record& record, WallTime at) override;
    /// Decides on what was seen of a report.
    void on_report(const Step& step);
    /// The fault of a watched ticket again: true when the ticket took the detection.
    bool on_detection(DeviceEntry& device, const Rule& rule, const Detection& detection,
                      const Step& step);
    /// A resolved ticket is due: true when its watch was, and has ended.
    bool settle(Case& due, const Step& step);
    void finish(Commit& commit);

    struct Counts {
        std::uint64_t verified = 0, not_verified = 0, returned = 0;  ///< since the start
    };
    [[nodiscard]] Counts counts() const { return counts_; }

  private:
    struct Seen {
        DeviceNo no = 0;
        WallTime at{};
        std::uint32_t code = 0;  ///< of a fault that was raised or occurred; else 0
        bool cycle = false;
    };
    Watch& watch_of(Case& watched);
    void touch(Case& watched);
    void count(Case& watched, const Seen& seen, const Step& step);
    void close_watch(Case& watched, WatchState state, WallTime now);
    /// With an event named as the state.
    void end(Case& watched, WatchState state, std::string why, const Step& step);
    void reopen(DeviceEntry& device, Case& watched, std::string_view evidence, std::string why,
                const Step& step);

    World world_;
    Registry& registry_;
    TicketBook& book_;
    Ticketing& ticketing_;
    std::vector<Seen> seen_;
    std::vector<Case*> changed_;  ///< whose watch changed; forgotten ones are not resolved any more
    Counts counts_;
};

}  // namespace aftercare::collector
