// Talking with the customer: the appliance's own notice first, then whatever the desk and the
// customer do. Every attempt is recorded with its result; an attempt that reached nobody is not a
// contact.
#pragma once

#include <deque>

#include "collector/core/commands.hpp"
#include "collector/core/desk/ticketing.hpp"
#include "collector/core/intake/registry.hpp"

namespace aftercare::collector {

class Contacts {
  public:
    Contacts(const World& world, Registry& registry, TicketBook& book, Ticketing& ticketing)
        : world_(world), registry_(registry), book_(book), ticketing_(ticketing) {}

    void load(const Contact& contact);
    /// Takes up the notices that wait for the frequency cap.  Pre: tickets and contacts are loaded.
    void resume(const std::vector<Contact>& contacts);
    /// First contact about a fresh predicted ticket, when the failure mode has a message: sent, or
    /// suppressed for want of consent, by the frequency cap, or because the prediction is out of
    /// date.
    void notify(DeviceEntry& device, Case& fresh, const Step& step);
    /// The frequency cap that suppressed it has passed: tries again, unless somebody talked
    /// meanwhile.
    void notify_again(Case& waiting, const Step& step);
    /// A rule that asks for a notice and no ticket: sent or suppressed by the same measures.
    void notify_only(DeviceEntry& device, const Rule& rule, const Detection& detection,
                     const Step& step);
    /// Errors: invalid, not_found (tenant, device), conflict (the id is of another device's).
    Result<CommandReply> inbound(const InboundContact& command, const Step& step);
    /// Errors: invalid, not_found (ticket), conflict (the id is of another ticket's).
    Result<CommandReply> outbound(const OutboundContact& command, const Step& step);
    /// Forgets the ids of contacts that are too old to be repeated.
    void on_tick(WallTime now);

  private:
    Case* ticket_for(const DeviceEntry& device, const InboundContact& command,
                     std::string_view component, std::string_view failure_mode);
    Case& open_reactive(const DeviceEntry& device, const InboundContact& command,
                        std::string_view component, std::string_view failure_mode,
                        const Step& step);
    void store(Contact contact, const Step& step);
    [[nodiscard]] std::string_view suppression(const DeviceEntry& device, WallTime stale_at,
                                               WallTime now) const;
    void wait_for_cap(const DeviceEntry& device, Case& waiting);
    void send_notice(DeviceEntry& device, const FailureMode& mode, std::uint64_t notice_id,
                     WallTime expires, const Step& step);
    void send_first_contact(DeviceEntry& device, Case& fresh, const FailureMode& mode,
                            Contact contact, const Step& step);

    World world_;
    Registry& registry_;
    TicketBook& book_;
    Ticketing& ticketing_;
    struct Known {
        std::string ticket_id;
        DeviceNo device_no = 0;
    };
    ByName<Known> known_;  ///< by key_within(tenant, contact id)
    std::deque<std::pair<WallTime, std::string>> by_age_;
};

/// The failure mode's catalogue entry, or null.
const FailureMode* failure_mode_of(const DeviceEntry& device, std::string_view failure_mode);
/// An id names one thing within its tenant; others may use the same.
std::string key_within(std::string_view tenant, std::string_view id);
/// An idempotency key that a person or system made: 1 to 128 printable characters.
Status check_key(std::string_view name, std::string_view key);
/// A moment that somebody reports: since 1970, at most a day ahead of the collector.
Status check_time(std::string_view name, WallTime at, WallTime now);

}  // namespace aftercare::collector
