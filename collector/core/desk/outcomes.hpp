// What service found, brought back to the ticket it belongs to: this is what scores predictions.
//
// An outcome is idempotent by id; the same id with other content corrects what was said before. A
// failure that no ticket foresaw becomes a resolved reactive ticket: the miss that recall counts.
#pragma once

#include <deque>

#include "collector/core/commands.hpp"
#include "collector/core/desk/contacts.hpp"
#include "collector/core/desk/matching.hpp"
#include "collector/core/desk/trials.hpp"
#include "collector/core/intake/applier.hpp"

namespace aftercare::collector {

class Outcomes {
  public:
    Outcomes(const World& world, Registry& registry, TicketBook& book, Ticketing& ticketing,
             Applier& applier, Trials& trials)
        : world_(world),
          registry_(registry),
          book_(book),
          ticketing_(ticketing),
          applier_(applier),
          trials_(trials) {}

    void load(Outcome outcome);
    /// `reporter`: a centre, which corrects only its own outcomes; empty = whoever may all.
    /// Errors: invalid, not_found (device, ticket), conflict (the id is another centre's).
    Result<CommandReply> submit(Outcome outcome, const Step& step, std::string_view reporter = {});
    /// Errors: not_found (outcome, ticket), invalid (not in review, another device's ticket).
    Result<CommandReply> assign(const AssignOutcome& command, const Step& step);
    [[nodiscard]] std::size_t in_review_count() const { return in_review_; }
    [[nodiscard]] std::uint64_t reviewed_count() const { return reviewed_; }
    /// Forgets outcomes that are too old to be repeated or corrected.
    void on_tick(WallTime now);

  private:
    [[nodiscard]] Status check_reporter(const Outcome& outcome, const DeviceEntry& device,
                                        std::string_view reporter);
    Status complete(Outcome& outcome, DeviceEntry*& device, const Step& step);
    Result<Case*> ticket_for(Outcome& outcome, const DeviceEntry& device, const Outcome* before,
                             std::string_view reporter, const Step& step);
    Case* stand_alone(Outcome& outcome, const DeviceEntry& device, const Step& step);
    void keep(Outcome outcome, bool fresh, const Step& step);
    void take_effect(Outcome& outcome, const Outcome* before, Case* to, DeviceEntry& device,
                     const Step& step);
    Case& open_missed(const Outcome& outcome, const DeviceEntry& device, const Step& step);
    [[nodiscard]] Decision decision_of(const Ticket& ticket, const Outcome* present,
                                       std::string_view without) const;
    void take_back(const Outcome& before, Case& from, const Step& step);
    void apply(const Outcome& outcome, const Outcome* before, Case& to, const Step& step);

    World world_;
    Registry& registry_;
    TicketBook& book_;
    Ticketing& ticketing_;
    Applier& applier_;
    Trials& trials_;
    ByName<Outcome> known_;  ///< by key_within(tenant, id)
    std::deque<std::pair<WallTime, std::string>> by_age_;
    std::size_t in_review_ = 0;
    std::uint64_t reviewed_ = 0;
};

}  // namespace aftercare::collector
