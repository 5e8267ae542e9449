// From detections to tickets, and the end of those that did not come true.
#pragma once

#include "collector/core/commands.hpp"
#include "collector/core/desk/ticket_book.hpp"
#include "collector/core/intake/registry.hpp"

namespace aftercare::collector {

/// Members that every ticket of a device has, whatever opened it.
Ticket ticket_of(const DeviceEntry& device, std::string_view component,
                 std::string_view failure_mode, WallTime opened_at);

/// The youngest ended repair of this failure mode within the recurrence window, or "".
std::string recurrence_of(const TicketBook& book, const Ticket& fresh, const Settings& settings);

class Ticketing {
  public:
    Ticketing(const World& world, Registry& registry, TicketBook& book, const RuleBook& rules)
        : world_(world), registry_(registry), book_(book), rules_(rules) {}

    struct Opened {
        Case* ticket = nullptr;
        bool fresh = false;
    };
    /// Opens the ticket of the detection's failure mode, or adds to the open one.
    Opened on_detection(DeviceEntry& device, const Rule& rule, const Detection& detection,
                        const Step& step);

    /// Opens a ticket whose prediction the caller has filled in.  Pre: none is open for it.
    Case& open_predicted(DeviceEntry& device, Ticket ticket, std::string_view who, std::string why,
                         WallTime lapse_at, const Step& step);

    /// Sets when a ticket lapses, and stores that with the device.
    void set_lapse(DeviceEntry& device, Case& of, WallTime lapse_at);

    /// Errors: not_found, conflict (version, another open ticket), invalid (the state machine says
    /// no).
    Result<CommandReply> change(const ChangeTicket& command, const Step& step);

    /// Lapses, closes or forgets a ticket that is due. False: not before the next commit.
    bool settle(Case& due, const Step& step);

  private:
    void add_evidence(DeviceEntry& device, Case& known, const Rule& rule,
                      const Detection& detection, const Step& step);
    [[nodiscard]] bool evidence_stands(DeviceEntry& device, const Ticket& ticket, WallTime now);

    World world_;
    Registry& registry_;
    TicketBook& book_;
    const RuleBook& rules_;
};

}  // namespace aftercare::collector
