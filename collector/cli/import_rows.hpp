// CSV rows as commands: devices.csv and outcomes.csv of a recorded trace or of a foreign system.
// Columns that nobody knows are named and left out; a bad row is refused alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commands.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

enum class ImportKind : std::uint8_t { devices, outcomes };

struct ImportItem {
    std::size_t line = 0;
    Command command;
};

struct RefusedRow {
    std::size_t line = 0;
    std::string why;
};

struct ImportRows {
    std::vector<ImportItem> items;
    std::vector<RefusedRow> refused;
    std::vector<std::string> ignored_columns;
};

/// devices: device_id, model; optional tenant, firmware, serial, customer_id, region, language,
/// segment, centre, installed_at, warranty_until. outcomes: at, device_id, component, result;
/// optional id, tenant, ticket_id, failure_mode, failed_at, visit_count, labour_min,
/// avoidable_cause, not_solvable_at_first_contact, note, centre. Without an id a row gets one from
/// its content, so that the same file twice changes nothing. A row without a tenant gets
/// `default_tenant`, which may be empty.
/// Errors: invalid (no header, a required column missing).
Result<ImportRows> read_import(ImportKind kind, std::string_view csv,
                               const std::string& default_tenant);

}  // namespace aftercare::collector
