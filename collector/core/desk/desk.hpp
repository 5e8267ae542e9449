// What a desk does with its tickets beside changing their state: assign, escalate, comment, route,
// merge. Each is one event that carries its value; what changes nothing writes none, so that a
// repeat is harmless (comments aside, which If-Match guards).
#pragma once

#include "collector/core/commands.hpp"
#include "collector/core/desk/ticket_book.hpp"

namespace aftercare::collector {

class Desk {
  public:
    Desk(TicketBook& book, Dispatch& dispatch) : book_(book), dispatch_(dispatch) {}

    /// Errors: not_found, conflict (version), invalid (the ticket has ended, the other ticket is
    /// not of the same device, no such centre …), saying what is allowed.
    Result<CommandReply> work(const WorkOnTicket& command, const Step& step);

  private:
    struct Visitor;
    Status merge(Case& ended, const MergeInto& action, const WorkOnTicket& command,
                 const Step& step);
    Status route(Case& routed, const Reroute& action, const WorkOnTicket& command,
                 const Step& step);

    TicketBook& book_;
    Dispatch& dispatch_;
};

}  // namespace aftercare::collector
