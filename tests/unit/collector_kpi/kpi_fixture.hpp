// A small language for KPI rows: tickets, state changes, contacts and outcomes at hours since
// 2026-01-01.
#pragma once

#include <string>
#include <vector>

#include "collector/core/kpi/board.hpp"

namespace aftercare::collector {

inline constexpr std::int64_t kYearStartMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

inline WallTime hour(double hours) {
    return wall_from_unix_ms(kYearStartMs) + hours_ms(hours);
}
inline WallTime day(double days) {
    return hour(days * 24);
}

class KpiWorld {
  public:
    KpiRows rows;

    DeviceInfo& device(DeviceNo no, const std::string& customer = "") {
        DeviceInfo info;
        info.no = no;
        info.tenant = "acme";
        info.device_id = "d" + std::to_string(no);
        info.model = "wm";
        info.customer_id = customer;
        rows.devices.push_back(info);
        return rows.devices.back();
    }

    Ticket& ticket(const std::string& id, DeviceNo device_no, Origin origin, WallTime opened_at,
                   const std::string& component = "pump") {
        Ticket row;
        row.id = id;
        row.tenant = "acme";
        row.device_no = device_no;
        row.device_id = "d" + std::to_string(device_no);
        row.model = "wm";
        row.component = component;
        row.failure_mode = component + "_worn";
        row.origin = origin;
        row.detected_at = row.opened_at = opened_at;
        rows.tickets.push_back(row);
        change(id, opened_at, TicketState::open);
        return rows.tickets.back();
    }

    /// Also keeps the ticket row as the projection it is.
    void change(const std::string& id, WallTime at, TicketState to) {
        TicketEvent event;
        event.ticket_id = id;
        event.no = ++event_no_;
        event.at = at;
        event.kind = "state";
        event.to = to;
        rows.state_events.push_back(event);
        for (Ticket& row : rows.tickets) {
            if (row.id != id) continue;
            row.state = to;
            if (to == TicketState::resolved) row.resolved_at = at;
            if (is_open(to)) row.resolved_at.reset();
        }
    }

    Outcome& outcome(const std::string& ticket_id, DeviceNo device_no, WallTime at,
                     OutcomeCode code, const std::string& component = "pump",
                     std::uint32_t visits = 1) {
        Outcome row;
        row.id = "o" + std::to_string(rows.outcomes.size());
        row.tenant = "acme";
        row.ticket_id = ticket_id;
        row.device_no = device_no;
        row.device_id = "d" + std::to_string(device_no);
        row.at = at;
        row.code = code;
        row.component = component;
        row.visit_count = visits;
        rows.outcomes.push_back(row);
        return rows.outcomes.back();
    }

    Contact& contact(const std::string& ticket_id, DeviceNo device_no, WallTime at,
                     Direction direction, const std::string& result = "reached") {
        Contact row;
        row.id = "c" + std::to_string(rows.contacts.size());
        row.ticket_id = ticket_id;
        row.device_no = device_no;
        row.at = at;
        row.direction = direction;
        row.result = result;
        rows.contacts.push_back(row);
        return rows.contacts.back();
    }

    [[nodiscard]] Kpi kpi(const std::string& id, WallTime from, WallTime to, const Cut& cut = {},
                          KpiOptions options = {}) const {
        return kpi(id, Period{from, to, std::nullopt}, cut, std::move(options));
    }
    [[nodiscard]] Kpi kpi(const std::string& id, const Period& period, const Cut& cut = {},
                          KpiOptions options = {}) const {
        options.drill_down = true;
        const Result<std::vector<Kpi>> board = kpi_board(rows, period, cut, options);
        AFTERCARE_ASSERT(board.has_value());
        for (const Kpi& kpi : *board) {
            if (kpi.id == id) return kpi;
        }
        AFTERCARE_ASSERT(!"no KPI of this id");
        return {};
    }

  private:
    std::uint32_t event_no_ = 0;
};

}  // namespace aftercare::collector

// For use after CppUTest's header.
#define CHECK_RATE(expected_numerator, expected_denominator, figure)                             \
    do {                                                                                         \
        const ::aftercare::collector::Kpi kpi_ = (figure);                                       \
        DOUBLES_EQUAL(expected_numerator, kpi_.numerator, 1e-9);                                 \
        DOUBLES_EQUAL(expected_denominator, kpi_.denominator, 1e-9);                             \
        CHECK_TRUE(kpi_.value.has_value());                                                      \
        DOUBLES_EQUAL(100.0 * (expected_numerator) / (expected_denominator), *kpi_.value, 1e-9); \
    } while (false)
