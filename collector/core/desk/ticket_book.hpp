// All tickets that can still change: open ones, and ended ones young enough to matter (recurrence,
// late outcomes, closing). Every change goes through here: one change, one event, one version.
//
// Invariant: at most one open ticket per (device, failure mode).
#pragma once

#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/desk/desk_outbox.hpp"
#include "collector/core/desk/dispatch.hpp"
#include "collector/core/desk/names.hpp"
#include "collector/core/desk/rule_book.hpp"
#include "collector/core/desk/service_levels.hpp"
#include "collector/core/intake/step.hpp"
#include "collector/core/model/watch.hpp"

namespace aftercare::collector {

/// So many tickets follow what time or new terms bring them in one turn; the others in the next
/// ones, while telemetry is taken in.
inline constexpr std::size_t kDueTicketsPerTurn = 200;

/// A ticket with what the engine knows beside its row.
struct Case {
    Ticket ticket;
    /// A prediction lapses then unless its evidence stands; the device's state keeps it over
    /// restarts.
    WallTime lapse_at{};
    WallTime notice_at = WallTime::max();  ///< first contact, put off by the frequency cap
    bool dirty = false;
    Decision counted = Decision::undecided;  ///< as the rule's tally has it
    WallTime due_at = WallTime::max();       ///< of its entry in the queue of things due
    std::string told;            ///< the centre whose desk heard of it last; empty = none
    std::optional<Watch> watch;  ///< of its last fix
    bool watch_changed = false;  ///< its row is still to be written
};

/// Until when a resolved ticket is watched for the return of its fault; nothing when it is not.
std::optional<WallTime> watched_until(const Case& of, const Settings& settings);
/// Opened later; of equals the lesser id. The order of entry would not survive a restart.
bool is_younger(const Ticket& a, const Ticket& b);
/// When a ticket ended; far future while it is open.
WallTime ended_at(const Ticket& ticket);

class TicketBook {
  public:
    TicketBook(const Settings& settings, RuleBook& rules, Dispatch& dispatch, DeskOutbox& outbox)
        : settings_(settings),
          rules_(rules),
          dispatch_(dispatch),
          outbox_(outbox),
          levels_(settings.sla) {}

    /// Terms come before the tickets that are counted by them.
    void load(SlaTerms terms) { levels_.load(std::move(terms)); }
    void load(Ticket ticket, WallTime lapse_at);
    Case* find(std::string_view id);
    /// Open and ended ones of a device, in no order that means anything.
    [[nodiscard]] const std::vector<Case*>& of_device(DeviceNo no) const;
    /// The one that a detection of this failure mode belongs to: also the one that goes on for a
    /// ticket merged into it.
    Case* find_open(DeviceNo no, std::string_view failure_mode);
    /// The one a person means to change.  Errors: not_found, also when it is out of scope; conflict
    /// (it is at another version).
    Result<Case*> find_for_change(const std::string& id, const Scope& scope,
                                  std::optional<std::uint32_t> expected_version);

    /// Takes a new ticket, open or ended, gives it its id and writes its first event; an open one
    /// is routed, where centres say what they serve. Pre: if it is open, no other of its device and
    /// failure mode is.
    Case& add(Ticket ticket, const Remark& remark, const Step& step);
    /// Writes the event of a change just made.
    void record(Case& changed, const Remark& remark, const Step& step);
    /// Goes to another state, with the time stamps that belong to it, and writes the event.
    void change_state(Case& changed, TicketState to, const Remark& remark, const Step& step);
    /// Tells what its service level asks to be told by now, if that is why the ticket is due.
    bool tell_service_level(Case& due, const Step& step);
    /// After a change of what the due time rests on.
    void schedule(Case& changed);
    /// The next ticket for which something is due, or null: a notice, news of its service level, or
    /// it may lapse, close, be forgotten.
    Case* take_due(WallTime now);
    /// Brings some of the tickets that were loaded under other terms than are in force now to
    /// these, `left` of them at most, and counts `left` down. A restart goes on where this stopped:
    /// what was not moved is still under its old terms. A ticket that changes meanwhile moves with
    /// that.
    void move_to_new_terms(std::size_t& left, const Step& step);
    /// Ended long ago: drops it from memory.
    void forget(const Case& old);

    /// Appends the rows of what changed.
    void finish(Commit& commit);
    [[nodiscard]] std::size_t open_count() const;
    /// Of the tickets that are open, by state.
    [[nodiscard]] const OpenTicketCounts& open_by_state() const { return open_by_state_; }
    [[nodiscard]] const OpenDeskCounts& open_desk_counts() const { return desk_counts_; }
    /// How long an ended ticket matters.
    [[nodiscard]] milliseconds memory_span() const {
        return std::max(settings_.match_window, settings_.recurrence_window);
    }

  private:
    struct Due {
        WallTime at;
        std::string id;
        friend bool operator>(const Due& a, const Due& b) {
            return a.at != b.at ? a.at > b.at : a.id > b.id;
        }
    };
    [[nodiscard]] WallTime due_time(const Case& of) const;
    void push_due(Case& changed, WallTime due);
    static WallTime lapse_time(const Case& of);
    void write(Case& changed, const Remark& remark, std::optional<TicketState> from,
               std::optional<TicketState> to, const Step& step);

    /// Writes what happened to the service level until `at`, before the change of that moment.
    bool tell(Case& changed, WallTime at, const Step& step);
    /// Brings the service level in step with the change just written.
    bool follow(Case& changed, TicketState from, WallTime at, const Step& step);

    const Settings& settings_;
    RuleBook& rules_;
    Dispatch& dispatch_;
    DeskOutbox& outbox_;
    ServiceLevels levels_;
    ByName<std::unique_ptr<Case>> cases_;
    std::unordered_map<DeviceNo, std::vector<Case*>> by_device_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::vector<Case*> dirty_;
    std::vector<std::string> outdated_;  ///< ids, the next one last
    /// Open tickets as they stand; ended ones are not counted, for they are forgotten. Taken out
    /// before a change and put back after it.
    void count(const Ticket& ticket, int change);
    OpenTicketCounts open_by_state_{};
    OpenDeskCounts desk_counts_;
};

}  // namespace aftercare::collector
