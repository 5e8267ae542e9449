#include "collector/core/desk/contacts.hpp"

#include <algorithm>

#include "collector/core/desk/desk_events.hpp"
#include "common/hash.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kKeyBytesMax = 128;
constexpr std::string_view kTakenContact =
    "member \"contact_id\": names another contact already; give each one an id of its own";
constexpr std::string_view kFallbackLanguage = "en";
constexpr std::string_view kSuppressedByCap = "suppressed:cap";
/// A notice about a prediction without horizon is shown for so long.
constexpr milliseconds kNoticeLife{7LL * 24 * 3'600'000};

bool reached_somebody(std::string_view result) {
    return result == "sent" || result == "reached" || result == "resolved";
}

// Contacts may be reported late: the earliest one is the first, whoever told of it first.
void note_contact(Ticket& ticket, WallTime at, Direction direction) {
    const bool outbound = direction == Direction::outbound;
    ++ticket.contact_count;
    if (!ticket.contacted_at || at < *ticket.contacted_at) {
        ticket.contacted_at = at;
        ticket.first_contact_outbound = outbound;
    }
    if (outbound && (!ticket.first_outbound_at || at < *ticket.first_outbound_at)) {
        ticket.first_outbound_at = at;
    }
}

// When what the notice says is no longer news.
WallTime stale_at(const Case& of, WallTime now) {
    return of.ticket.horizon_h > 0 ? of.lapse_at : now + kNoticeLife;
}

Contact notice_contact(const Ticket& ticket, const FailureMode& mode, WallTime now) {
    return {.id = ticket.id + "-c" + std::to_string(ticket.version + 1),
            .ticket_id = ticket.id,
            .tenant = ticket.tenant,
            .device_no = ticket.device_no,
            .at = now,
            .message_key = mode.message_key};
}

}  // namespace

const FailureMode* failure_mode_of(const DeviceEntry& device, std::string_view failure_mode) {
    return device.model == nullptr ? nullptr : device.model->failure_mode(failure_mode);
}

Status check_key(std::string_view name, std::string_view key) {
    const bool printable = std::all_of(key.begin(), key.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
    });
    if (!key.empty() && key.size() <= kKeyBytesMax && printable) return {};
    return fail(Errc::invalid, "member \"" + std::string{name} +
                                   "\": 1 to 128 printable characters that name it for ever");
}

Status check_time(std::string_view name, WallTime at, WallTime now) {
    constexpr milliseconds kAheadMax{24LL * 3'600'000};
    if (at >= WallTime{} && at <= now + kAheadMax) return {};
    return fail(Errc::invalid,
                "member \"" + std::string{name} + "\": must lie between 1970 and now");
}

std::string key_within(std::string_view tenant, std::string_view id) {
    return std::string(tenant).append("/").append(id);
}

void Contacts::load(const Contact& contact) {
    std::string key = key_within(contact.tenant, contact.id);
    known_.insert_or_assign(key, Known{contact.ticket_id, contact.device_no});
    by_age_.emplace_back(contact.at, std::move(key));
}

void Contacts::on_tick(WallTime now) {
    while (!by_age_.empty() && by_age_.front().first + book_.memory_span() < now) {
        known_.erase(by_age_.front().second);
        by_age_.pop_front();
    }
}

void Contacts::store(Contact contact, const Step& step) {
    std::string key = key_within(contact.tenant, contact.id);
    known_.insert_or_assign(key, Known{contact.ticket_id, contact.device_no});
    by_age_.emplace_back(step.now.wall, std::move(key));
    step.commit.contacts.push_back(std::move(contact));
}

std::string_view Contacts::suppression(const DeviceEntry& device, WallTime stale_at,
                                       WallTime now) const {
    if ((device.info.consent_purposes & bit(Purpose::contact)) == 0) return "consent";
    if (stale_at <= now) return "stale";
    if (device.last_outbound_at &&
        now - *device.last_outbound_at < world_.settings.contact_gap_min) {
        return "cap";
    }
    return {};
}

void Contacts::wait_for_cap(const DeviceEntry& device, Case& waiting) {
    waiting.notice_at =
        device.last_outbound_at.value_or(WallTime{}) + world_.settings.contact_gap_min;
    book_.schedule(waiting);
}

void Contacts::resume(const std::vector<Contact>& contacts) {
    for (const Contact& contact : contacts) {
        if (contact.result != kSuppressedByCap) continue;
        Case* waiting = book_.find(contact.ticket_id);
        if (waiting == nullptr || waiting->ticket.contacted_at) continue;
        if (const DeviceEntry* device = registry_.find(contact.device_no)) {
            wait_for_cap(*device, *waiting);
        }
    }
}

void Contacts::send_notice(DeviceEntry& device, const FailureMode& mode, std::uint64_t notice_id,
                           WallTime expires, const Step& step) {
    const std::string_view language = device.info.language;
    const std::string article = text_for(*device.model, mode, language).article;
    step.commit.publications.push_back(
        {device.info.tenant, std::string{device.info.device_id()},
         Notice{.notice_id = notice_id,
                .message_key = std::string_view{mode.message_key},
                .language = language.empty() ? kFallbackLanguage : language,
                .article = std::string_view{article},
                .expires_unix_ms = unix_ms(expires)}});
    device.last_outbound_at = step.now.wall;
    registry_.touch(device);
}

void Contacts::send_first_contact(DeviceEntry& device, Case& fresh, const FailureMode& mode,
                                  Contact contact, const Step& step) {
    Ticket& ticket = fresh.ticket;
    const WallTime now = step.now.wall;
    Hash64 notice_id;
    notice_id.add(contact.id);
    send_notice(device, mode, notice_id.value(), stale_at(fresh, now), step);
    note_contact(ticket, now, Direction::outbound);
    contact.result = "sent";
    book_.change_state(
        fresh, TicketState::contacted,
        {"contact", kEngine, "notice " + mode.message_key + " to the appliance", now}, step);
    store(std::move(contact), step);
}

void Contacts::notify(DeviceEntry& device, Case& fresh, const Step& step) {
    const Ticket& ticket = fresh.ticket;
    const FailureMode* mode = failure_mode_of(device, ticket.failure_mode);
    if (!world_.settings.notices || mode == nullptr || mode->message_key.empty()) return;

    const WallTime now = step.now.wall;
    Contact contact = notice_contact(ticket, *mode, now);
    const std::string_view reason = suppression(device, stale_at(fresh, now), now);
    if (reason.empty()) {
        send_first_contact(device, fresh, *mode, std::move(contact), step);
        return;
    }
    contact.result = "suppressed:" + std::string{reason};
    book_.record(fresh, {"contact", kEngine, "notice " + contact.result, now}, step);
    if (contact.result == kSuppressedByCap) wait_for_cap(device, fresh);
    store(std::move(contact), step);
}

void Contacts::notify_again(Case& waiting, const Step& step) {
    waiting.notice_at = WallTime::max();
    const Ticket& ticket = waiting.ticket;
    DeviceEntry* device = registry_.find(ticket.device_no);
    const FailureMode* mode =
        device == nullptr ? nullptr : failure_mode_of(*device, ticket.failure_mode);
    const WallTime now = step.now.wall;
    if (mode != nullptr && ticket.state == TicketState::open && !ticket.contacted_at) {
        const std::string_view reason = suppression(*device, stale_at(waiting, now), now);
        if (reason.empty()) {
            send_first_contact(*device, waiting, *mode, notice_contact(ticket, *mode, now), step);
            return;
        }
        if (reason == "cap")
            waiting.notice_at = *device->last_outbound_at + world_.settings.contact_gap_min;
    }
    book_.schedule(waiting);
}

void Contacts::notify_only(DeviceEntry& device, const Rule& rule, const Detection& detection,
                           const Step& step) {
    const FailureMode* mode = failure_mode_of(device, rule.failure_mode);
    if (!world_.settings.notices || mode == nullptr || mode->message_key.empty()) return;
    const WallTime now = step.now.wall;
    const WallTime expires =
        rule.horizon.count() > 0 ? detection.at + rule.horizon : now + kNoticeLife;
    if (!suppression(device, expires, now).empty()) return;
    Hash64 notice_id;
    notice_id.add(device.info.tenant);
    notice_id.add(device.info.device_id());
    notice_id.add(rule.id);
    notice_id.add(static_cast<std::uint64_t>(unix_ms(detection.at)));
    send_notice(device, *mode, notice_id.value(), expires, step);
}

// The failure mode that was named, else the component, else the only open ticket there is.
Case* Contacts::ticket_for(const DeviceEntry& device, const InboundContact& command,
                           std::string_view component, std::string_view failure_mode) {
    if (!command.failure_mode.empty()) {
        if (Case* same = book_.find_open(device.info.no, failure_mode)) return same;
    }
    Case* found = nullptr;
    std::size_t open_count = 0;
    for (Case* one : book_.of_device(device.info.no)) {
        if (!is_open(one->ticket.state)) continue;
        ++open_count;
        if (!component.empty() && one->ticket.component != component) continue;
        if (found == nullptr || is_younger(one->ticket, found->ticket)) found = one;
    }
    if (component.empty() && open_count != 1) found = nullptr;
    if (found != nullptr) return found;
    return book_.find_open(device.info.no, failure_mode);
}

Case& Contacts::open_reactive(const DeviceEntry& device, const InboundContact& command,
                              std::string_view component, std::string_view failure_mode,
                              const Step& step) {
    Ticket ticket = ticket_of(device, component, failure_mode, command.at);
    ticket.origin = Origin::reactive;
    ticket.severity = command.failed_at ? Severity::major : Severity::minor;
    ticket.recurs_of = recurrence_of(book_, ticket, world_.settings);
    return book_.add(std::move(ticket), {kOpened, "customer", command.note, command.at}, step);
}

Result<CommandReply> Contacts::inbound(const InboundContact& command, const Step& step) {
    if (auto key = check_key("contact_id", command.contact_id); !key) return fail(key.error());
    DeviceEntry* device = registry_.find(command.tenant, command.device_id);
    if (device == nullptr) {
        return fail(Errc::not_found, "device " + command.tenant + "/" + command.device_id +
                                         " is not registered; POST /api/v1/devices first");
    }
    const auto known = known_.find(key_within(command.tenant, command.contact_id));
    if (known != known_.end() && known->second.device_no != device->info.no) {
        return fail(Errc::conflict, std::string(kTakenContact));
    }
    if (known != known_.end()) {
        return CommandReply{CommandReply::Kind::unchanged, command.contact_id,
                            known->second.ticket_id};
    }
    if (auto time = check_time("at", command.at, step.now.wall); !time) return fail(time.error());

    std::string component = command.component;
    const FailureMode* mode = failure_mode_of(*device, command.failure_mode);
    if (component.empty() && mode != nullptr) component = mode->component;
    const std::string failure_mode = !command.failure_mode.empty() ? command.failure_mode
                                     : !component.empty()          ? component
                                                                   : "unknown";
    Case* joined = ticket_for(*device, command, component, failure_mode);
    const bool fresh = joined == nullptr;
    if (fresh) joined = &open_reactive(*device, command, component, failure_mode, step);

    Ticket& ticket = joined->ticket;
    if (ticket.origin == Origin::predicted) {
        ticketing_.set_lapse(*device, *joined, WallTime::max());
    }
    if (command.failed_at && !ticket.failed_at) ticket.failed_at = command.failed_at;
    note_contact(ticket, command.at, Direction::inbound);
    const Remark remark{"contact", "customer", command.note, command.at};
    if (ticket.state == TicketState::open) {
        book_.change_state(*joined, TicketState::contacted, remark, step);
    } else {
        book_.record(*joined, remark, step);
    }
    const std::string ticket_id = ticket.id;
    store({.id = command.contact_id,
           .ticket_id = ticket_id,
           .tenant = ticket.tenant,
           .device_no = ticket.device_no,
           .at = command.at,
           .direction = Direction::inbound,
           .channel = command.channel,
           .result = "reached",
           .note = command.note},
          step);
    return CommandReply{CommandReply::Kind::created, command.contact_id, ticket_id};
}

Result<CommandReply> Contacts::outbound(const OutboundContact& command, const Step& step) {
    if (auto key = check_key("contact_id", command.contact_id); !key) return fail(key.error());
    Case* found = book_.find(command.ticket_id);
    const std::string& tenant =
        command.tenant.empty() && found != nullptr ? found->ticket.tenant : command.tenant;
    const auto known = known_.find(key_within(tenant, command.contact_id));
    if (known != known_.end() && known->second.ticket_id != command.ticket_id) {
        return fail(Errc::conflict, std::string(kTakenContact));
    }
    if (known != known_.end()) {
        return CommandReply{CommandReply::Kind::unchanged, command.contact_id, command.ticket_id};
    }
    if (found == nullptr || found->ticket.tenant != tenant) {
        return fail(Errc::not_found, "no ticket " + command.ticket_id + " that can still change");
    }
    if (auto time = check_time("at", command.at, step.now.wall); !time) return fail(time.error());

    Ticket& ticket = found->ticket;
    // Nobody is contacted about a ticket before there is one: the desk's clock is behind.
    const WallTime at = std::max(command.at, ticket.opened_at);
    TicketState to = ticket.state;
    if (reached_somebody(command.result)) {
        if (DeviceEntry* device = registry_.find(ticket.device_no)) {
            device->last_outbound_at = std::max(device->last_outbound_at.value_or(at), at);
            registry_.touch(*device);
        }
        note_contact(ticket, at, Direction::outbound);
        if (to == TicketState::open) to = TicketState::contacted;
        if (command.result == "resolved" && is_open(to)) {
            to = TicketState::resolved;
            ticket.self_service = command.channel != Channel::phone;
        }
    }
    const Remark remark{
        "contact", "desk",
        command.note.empty() ? command.result : command.result + ": " + command.note, at};
    if (to != ticket.state) {
        book_.change_state(*found, to, remark, step);
    } else {
        book_.record(*found, remark, step);
    }
    store({.id = command.contact_id,
           .ticket_id = ticket.id,
           .tenant = ticket.tenant,
           .device_no = ticket.device_no,
           .at = at,
           .direction = Direction::outbound,
           .channel = command.channel,
           .result = command.result,
           .note = command.note},
          step);
    return CommandReply{CommandReply::Kind::created, command.contact_id, ticket.id};
}

}  // namespace aftercare::collector
