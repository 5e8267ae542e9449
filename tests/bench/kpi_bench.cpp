// What the KPI board costs as tickets grow: index and board over a year of history.
//
//   kpi_bench [TICKETS…]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "collector/core/kpi/board.hpp"

namespace {

using namespace aftercare;
using namespace aftercare::collector;

WallTime day(double days) {
    return wall_from_unix_ms(1'767'225'600'000) + hours_ms(24 * days);
}

/// A service desk's history: every ticket with two changes, a contact and an outcome.
KpiRows many_tickets(std::size_t count) {
    KpiRows rows;
    constexpr std::size_t kDevices = 50'000;
    for (std::size_t i = 0; i < kDevices; ++i) {
        DeviceInfo device;
        device.no = static_cast<DeviceNo>(i + 1);
        device.device_id = "d" + std::to_string(i);
        device.first_seen_at = day(0);
        device.last_seen_at = day(365);
        rows.devices.push_back(device);
    }
    for (std::size_t i = 0; i < count; ++i) {
        Ticket ticket;
        ticket.id = "ticket-" + std::to_string(i);
        ticket.device_no = static_cast<DeviceNo>(i * 7919 % kDevices + 1);
        ticket.device_id = "d" + std::to_string(ticket.device_no - 1);
        ticket.component = i % 3 == 0 ? "pump" : "heater";
        ticket.origin = i % 4 == 0 ? Origin::reactive : Origin::predicted;
        ticket.state = TicketState::resolved;
        ticket.detected_at = ticket.opened_at = day(static_cast<double>(i % 350));
        ticket.contacted_at = ticket.first_outbound_at = ticket.opened_at + hours_ms(1);
        ticket.first_contact_outbound = true;
        ticket.resolved_at = ticket.opened_at + hours_ms(30);
        ticket.sla.first_response.due_at = ticket.opened_at + hours_ms(24);
        ticket.sla.resolution.due_at = ticket.opened_at + hours_ms(120);
        TicketEvent event;
        event.ticket_id = ticket.id;
        event.no = 1;
        event.at = ticket.opened_at;
        event.to = TicketState::open;
        rows.state_events.push_back(event);
        event.no = 2;
        event.at = *ticket.resolved_at;
        event.to = TicketState::resolved;
        rows.state_events.push_back(event);
        Contact contact;
        contact.ticket_id = ticket.id;
        contact.device_no = ticket.device_no;
        contact.at = *ticket.contacted_at;
        rows.contacts.push_back(contact);
        Outcome outcome;
        outcome.ticket_id = ticket.id;
        outcome.device_no = ticket.device_no;
        outcome.at = *ticket.resolved_at;
        outcome.component = ticket.component;
        rows.outcomes.push_back(outcome);
        rows.tickets.push_back(std::move(ticket));
    }
    return rows;
}

/// Seconds for the whole board; negative when it is refused.
double board_seconds(const KpiRows& rows) {
    const auto start = std::chrono::steady_clock::now();
    const auto board = kpi_board(rows, {day(0), day(366)}, {}, {});
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    return board ? spent.count() : -1;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::size_t> sizes;
    for (int i = 1; i < argc; ++i) sizes.push_back(std::strtoull(argv[i], nullptr, 10));
    if (sizes.empty()) sizes = {20'000, 200'000, 1'000'000};
    std::printf("%12s %10s %14s\n", "tickets", "ms", "us per ticket");
    for (const std::size_t size : sizes) {
        const double seconds = board_seconds(many_tickets(size));
        if (seconds < 0) return 70;
        std::printf("%12zu %10.0f %14.2f\n", size, seconds * 1e3,
                    seconds * 1e6 / static_cast<double>(size));
    }
    return 0;
}
