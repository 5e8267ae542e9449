// Guards the desk against floods of tickets. Per tenant, rule, model and firmware it counts the
// devices whose detection would open a ticket within a sliding window. Beyond the start rate the
// detections of that key are kept with one problem, device by device, until a person releases,
// rolls up or resolves it; below the end rate further devices open tickets again.
//
// Time is the moment of decision, not of the event: what overruns a desk is how many tickets come
// now, and after an outage of the network old events come now. It is also what tickets store, so
// that a restart counts on from the same numbers.
//
// Invariants: at most one unsettled problem per key; a device is attached once to a problem; each
// detection opens a ticket, adds to one, or is kept here.
#pragma once

#include <map>
#include <set>

#include "collector/core/commands.hpp"
#include "collector/core/desk/contacts.hpp"
#include "collector/core/desk/flood_window.hpp"
#include "collector/core/desk/trials.hpp"

namespace aftercare::collector {

/// Tickets that follow a person's decision in one turn of the engine, so that a release of 100,000
/// devices takes 500 turns and holds up none of them.
inline constexpr std::size_t kProblemTicketsPerTurn = 200;

class Problems {
  public:
    Problems(const World& world, Registry& registry, TicketBook& book, Ticketing& ticketing,
             Contacts& contacts, const RuleBook& rules, Trials& trials)
        : world_(world),
          registry_(registry),
          book_(book),
          ticketing_(ticketing),
          contacts_(contacts),
          rules_(rules),
          trials_(trials) {}

    void load(const Problem& problem);
    /// Pre: its problem is loaded.
    void load(ProblemDevice device);
    /// Counts on from the tickets of the windows. Pre: they, problems and their devices are loaded.
    void resume(const std::vector<Ticket>& tickets);

    /// A detection that would open a ticket: true when it is kept here instead.
    bool take(const DeviceEntry& device, const Rule& rule, const Detection& detection,
              const Step& step);
    /// Errors: not_found, conflict (version, still settling), invalid.
    Result<CommandReply> change(const ChangeProblem& command, const Step& step);
    /// Ends guards whose rate fell, and goes on with what people decided.
    void on_tick(const Step& step);
    /// Appends the rows of what changed.
    void finish(Commit& commit);

    [[nodiscard]] std::size_t unsettled_count() const;
    /// Attached devices of open problems: each waits for a decision.
    [[nodiscard]] std::size_t waiting_count() const;
    [[nodiscard]] std::uint64_t started_count() const { return started_; }
    [[nodiscard]] std::uint64_t released_count() const { return released_; }

  private:
    struct Member {
        ProblemDevice row;  ///< its device id is filled in when it is written
        bool dirty = false;
    };
    struct Entry {
        Problem problem;
        std::map<DeviceNo, Member> members;
        DeviceNo settled_to = 0;  ///< how far a decision has come since the start
        bool dirty = false;
        [[nodiscard]] bool settling() const {
            return problem.state != ProblemState::open && !problem.settled_at;
        }
        [[nodiscard]] bool attaching() const {
            return is_unsettled(problem.state) && !problem.guard_ended_at;
        }
    };
    struct Guard {
        FloodWindow window;
        Entry* holder = nullptr;  ///< guards now, or waits for a person
        WallTime count_since = WallTime::min();
    };

    Guard& guard_of(std::string_view tenant, std::string_view rule_id, std::string_view model,
                    std::string_view firmware);
    void note(Guard& guard, WallTime at, DeviceNo no);
    void advance(Guard& guard, WallTime now, Commit& commit);
    void start(Guard& guard, const DeviceEntry& device, const Rule& rule, std::uint32_t limit,
               const Step& step);
    void link(Entry& entry, DeviceNo no, WallTime opened_at, const Step& step);
    bool keep_known(Entry& entry, DeviceNo no, const Detection& detection, const Step& step);
    void attach(Entry& entry, const DeviceEntry& device, const Rule& rule,
                const Detection& detection, const Step& step);

    /// Goes on with a decision; false when the turn's share is used up.
    bool settle(Entry& entry, std::size_t& left, const Step& step);
    bool settle(Entry& entry, Member& member, const Step& step);
    bool release(Entry& entry, Member& member, const Step& step);
    void forget_old(WallTime now);

    void tell(Entry& entry, WallTime at, std::string_view who, std::string_view kind,
              std::string why, Commit& commit);
    void touch(Entry& entry);
    void touch(Entry& entry, Member& member);

    World world_;
    Registry& registry_;
    TicketBook& book_;
    Ticketing& ticketing_;
    Contacts& contacts_;
    const RuleBook& rules_;
    Trials& trials_;
    std::map<std::string, Entry, std::less<>> entries_;  ///< by problem id
    std::map<std::string, Guard> guards_;                ///< by key
    std::vector<Entry*> dirty_;
    std::vector<Member*> dirty_members_;
    std::set<std::string, std::less<>> released_tickets_;  ///< not of the windows; at a start only
    WallTime look_at_ = WallTime::max();  ///< when the oldest device of some window goes
    std::uint64_t started_ = 0;
    std::uint64_t released_ = 0;
};

}  // namespace aftercare::collector
