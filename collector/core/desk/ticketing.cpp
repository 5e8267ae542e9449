#include "collector/core/desk/ticketing.hpp"

#include <algorithm>

#include "collector/core/desk/desk_events.hpp"
#include "collector/core/desk/evidence.hpp"
#include "collector/core/desk/life_cycle.hpp"

namespace aftercare::collector {
namespace {

/// Clocks of desk and collector differ by so much; no ticket changes before it was opened.
constexpr milliseconds kClockSkewMax{24LL * 3'600'000};
/// How often an overdue ticket is looked at again while its evidence stands.
constexpr milliseconds kLapseReview{3'600'000};

}  // namespace

Ticket ticket_of(const DeviceEntry& device, std::string_view component,
                 std::string_view failure_mode, WallTime opened_at) {
    const KnownDevice& info = device.info;
    Ticket ticket;
    ticket.tenant = info.tenant;
    ticket.device_no = info.no;
    ticket.device_id = info.device_id();
    ticket.model = info.model;
    ticket.firmware = info.firmware;
    ticket.component = component;
    ticket.failure_mode = failure_mode;
    ticket.evidence_json = "[]";
    ticket.detected_at = opened_at;
    ticket.opened_at = opened_at;
    ticket.centre = info.centre;
    ticket.region = info.region;
    ticket.segment = info.segment;
    ticket.warranty = warranty_at(info.warranty_until, opened_at);
    return ticket;
}

std::string recurrence_of(const TicketBook& book, const Ticket& fresh, const Settings& settings) {
    const Ticket* latest = nullptr;
    for (const Case* one : book.of_device(fresh.device_no)) {
        const Ticket& old = one->ticket;
        const bool repaired =
            old.state == TicketState::resolved || old.state == TicketState::closed;
        if (!repaired || old.failure_mode != fresh.failure_mode) continue;
        if (ended_at(old) + settings.recurrence_window < fresh.opened_at) continue;
        if (latest == nullptr || ended_at(old) > ended_at(*latest) ||
            (ended_at(old) == ended_at(*latest) && old.id < latest->id)) {
            latest = &old;
        }
    }
    return latest == nullptr ? std::string{} : latest->id;
}

void Ticketing::set_lapse(DeviceEntry& device, Case& of, WallTime lapse_at) {
    of.lapse_at = lapse_at;
    registry_.touch(device);
    auto& notes = device.awake().lapse_times;
    std::erase_if(notes, [&](const auto& note) {
        const Case* noted = book_.find(note.first);
        return noted == nullptr || noted == &of || !is_open(noted->ticket.state);
    });
    notes.emplace_back(of.ticket.id, of.lapse_at);
}

void Ticketing::add_evidence(DeviceEntry& device, Case& known, const Rule& rule,
                             const Detection& detection, const Step& step) {
    Ticket& ticket = known.ticket;
    ticket.evidence_json = append_evidence(ticket.evidence_json, detection.evidence_json);
    ++ticket.detection_count;
    std::string why = rule_name(rule) + " became true again";
    if (ticket.rule.empty()) ticket.horizon_h = as_hours(rule.horizon);
    if (rule.severity > ticket.severity) {
        why += "; severity " + std::string{to_string(ticket.severity)} + " -> " +
               std::string{to_string(rule.severity)};
        ticket.severity = rule.severity;
    }
    // Again by the same rule is the same prediction: it stands as it was made.
    if (ticket.rule != rule_name(rule)) {
        ticket.probability = std::max(ticket.probability, rules_.probability(rule, ticket.model));
    }
    set_lapse(device, known, std::max(known.lapse_at, detection.at + rule.horizon));
    Remark remark{kDetection, kEngine, std::move(why), step.now.wall};
    if (rule.failure_mode != ticket.failure_mode) remark.value = rule.failure_mode;
    book_.record(known, remark, step);
}

Ticketing::Opened Ticketing::on_detection(DeviceEntry& device, const Rule& rule,
                                          const Detection& detection, const Step& step) {
    if (Case* known = book_.find_open(device.info.no, rule.failure_mode)) {
        add_evidence(device, *known, rule, detection, step);
        return {known, false};
    }
    Ticket ticket = ticket_of(device, rule.component, rule.failure_mode, step.now.wall);
    ticket.severity = rule.severity;
    ticket.rule = rule_name(rule);
    ticket.probability = rules_.probability(rule, ticket.model);
    ticket.horizon_h = as_hours(rule.horizon);
    ticket.evidence_json = append_evidence("[]", detection.evidence_json);
    ticket.detected_at = std::min(detection.at, step.now.wall);
    const WallTime lapse_at = ticket.detected_at + hours_ms(ticket.horizon_h);
    Case& opened = open_predicted(device, std::move(ticket), kEngine,
                                  rule_name(rule) + " became true", lapse_at, step);
    return {&opened, true};
}

Case& Ticketing::open_predicted(DeviceEntry& device, Ticket ticket, std::string_view who,
                                std::string why, WallTime lapse_at, const Step& step) {
    ticket.origin = Origin::predicted;
    ticket.detection_count = 1;
    ticket.recurs_of = recurrence_of(book_, ticket, world_.settings);
    Case& opened =
        book_.add(std::move(ticket), {kOpened, who, std::move(why), step.now.wall}, step);
    set_lapse(device, opened, lapse_at);
    book_.schedule(opened);
    return opened;
}

Result<CommandReply> Ticketing::change(const ChangeTicket& command, const Step& step) {
    const auto looked_up =
        book_.find_for_change(command.ticket_id, command.scope, command.expected_version);
    if (!looked_up) return fail(looked_up.error());
    Case* found = *looked_up;
    Ticket& ticket = found->ticket;
    CommandReply reply{CommandReply::Kind::unchanged, ticket.id, ticket.id};
    if (command.to == ticket.state) return reply;
    if (!may_change(ticket.state, command.to)) {
        return fail(Errc::invalid, "ticket " + ticket.id + " cannot go from " +
                                       std::string{to_string(ticket.state)} + " to " +
                                       std::string{to_string(command.to)} +
                                       "; allowed next: " + allowed_next(ticket.state));
    }
    if (command.to == TicketState::merged) {
        return fail(Errc::invalid,
                    "member \"to\": a ticket is merged into the one that goes on: post that one's "
                    "id to /api/v1/tickets/" +
                        ticket.id + "/merge");
    }
    if (command.to == TicketState::dismissed && command.why.empty()) {
        return fail(Errc::invalid, "member \"why\": say why the ticket is dismissed");
    }
    const WallTime now = step.now.wall;
    if (command.at + kClockSkewMax < ticket.opened_at || command.at > now + kClockSkewMax) {
        return fail(Errc::invalid, "member \"at\": must lie between the opening of ticket " +
                                       ticket.id + " and now, give or take a day");
    }
    const WallTime at = std::max(command.at, ticket.opened_at);
    if (is_open(command.to) && !is_open(ticket.state) &&
        book_.find_open(ticket.device_no, ticket.failure_mode) != nullptr) {
        return fail(Errc::conflict,
                    "another ticket is open for " + ticket.failure_mode + " of this device: " +
                        book_.find_open(ticket.device_no, ticket.failure_mode)->ticket.id);
    }
    if (command.to == TicketState::contacted && !ticket.contacted_at) {
        ticket.contacted_at = at;
        ticket.first_contact_outbound = true;
    }
    if (command.to == TicketState::contacted && !ticket.first_outbound_at) {
        ticket.first_outbound_at = at;
    }
    DeviceEntry* device = registry_.find(ticket.device_no);
    if (is_open(command.to) && !is_open(ticket.state) && device != nullptr) {
        set_lapse(*device, *found, at + hours_ms(ticket.horizon_h));
    }
    book_.change_state(
        *found, command.to,
        {"state", command.who.empty() ? "desk" : std::string_view{command.who}, command.why, at},
        step);
    reply.kind = CommandReply::Kind::updated;
    return reply;
}

bool Ticketing::evidence_stands(DeviceEntry& device, const Ticket& ticket, WallTime now) {
    registry_.wake(device);
    const auto& rules = world_.detector.pack().rules;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        if (rules_.mode(rules[i]) == RuleMode::live &&
            rules[i].failure_mode == ticket.failure_mode &&
            world_.detector.stands(device.awake().detection, i, now)) {
            return true;
        }
    }
    return false;
}

bool Ticketing::settle(Case& due, const Step& step) {
    const WallTime now = step.now.wall;
    const Ticket& ticket = due.ticket;
    if (ticket.state == TicketState::resolved) {
        book_.change_state(due, TicketState::closed,
                           {"state", kEngine, "resolved and quiet since", now}, step);
        return true;
    }
    if (!is_open(ticket.state)) {
        if (due.dirty) {  // its row is still to be written
            book_.schedule(due);
            return false;
        }
        book_.forget(due);
        return true;
    }
    DeviceEntry* device = registry_.find(ticket.device_no);
    if (device != nullptr && evidence_stands(*device, ticket, now)) {
        set_lapse(*device, due, now + kLapseReview);
        book_.schedule(due);
        return true;
    }
    book_.change_state(due, TicketState::lapsed,
                       {"state", kEngine, "horizon has passed and the evidence is gone", now},
                       step);
    return true;
}

}  // namespace aftercare::collector
