#include "collector/cli/import_rows.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "collector/io/text/csv.hpp"
#include "common/hash.hpp"
#include "common/hex_text.hpp"
#include "common/time_text.hpp"
#include "common/topic.hpp"

namespace aftercare::collector {
namespace {

/// Reads named cells of a row; the first mistake is kept.
class Cells {
  public:
    Cells(const CsvReader& reader, const CsvRow& row) : reader_(reader), row_(row) {}

    std::string text(std::string_view name) {
        const auto place = reader_.column(name);
        return place ? row_.cells[*place] : "";
    }
    std::string required(std::string_view name) {
        std::string value = text(name);
        if (value.empty()) refuse(name, "is empty");
        return value;
    }
    std::optional<WallTime> time(std::string_view name) {
        const std::string value = text(name);
        if (value.empty()) return std::nullopt;
        const Result<WallTime> at = parse_rfc3339(value);
        if (at) return *at;
        refuse(name, at.error().message);
        return std::nullopt;
    }
    template <class Number>
    Number number(std::string_view name, Number high, Number otherwise) {
        const std::string value = text(name);
        if (value.empty()) return otherwise;
        Number parsed{};
        const auto end = std::from_chars(value.data(), value.data() + value.size(), parsed);
        const bool whole_cell = end.ec == std::errc() && end.ptr == value.data() + value.size();
        if (whole_cell && parsed >= Number{} && parsed <= high) return parsed;
        refuse(name, "\"" + value + "\" is no number from 0 to " + std::to_string(high));
        return otherwise;
    }
    bool flag(std::string_view name) {
        const std::string value = text(name);
        if (value == "true" || value == "1") return true;
        if (!value.empty() && value != "false" && value != "0") {
            refuse(name, "\"" + value + "\" is neither true nor false");
        }
        return false;
    }
    void refuse(std::string_view name, const std::string& why) {
        if (mistake_.empty()) mistake_ = "column " + std::string(name) + ": " + why;
    }
    [[nodiscard]] const std::string& mistake() const { return mistake_; }

  private:
    const CsvReader& reader_;
    const CsvRow& row_;
    std::string mistake_;
};

std::string tenant_of(Cells& cells, const std::string& default_tenant) {
    std::string tenant = cells.text("tenant");
    if (tenant.empty()) tenant = default_tenant;
    if (!tenant.empty() && !valid_id(tenant)) {
        cells.refuse("tenant", "\"" + tenant + "\": expected 1 to 64 of A-Z a-z 0-9 _ -");
    }
    return tenant;
}

std::string device_of(Cells& cells) {
    std::string device = cells.required("device_id");
    if (!valid_id(device)) {
        cells.refuse("device_id", "\"" + device + "\": expected 1 to 64 of A-Z a-z 0-9 _ -");
    }
    return device;
}

Command device_command(Cells& cells, const std::string& default_tenant) {
    RegisterDevice command;
    DeviceInfo& info = command.info;
    info.tenant = tenant_of(cells, default_tenant);
    info.device_id = device_of(cells);
    info.model = cells.required("model");
    info.firmware = cells.text("firmware");
    info.serial = cells.text("serial");
    info.customer_id = cells.text("customer_id");
    info.region = cells.text("region");
    info.language = cells.text("language");
    info.segment = cells.text("segment");
    info.centre = cells.text("centre");
    info.installed_at = cells.time("installed_at");
    info.warranty_until = cells.time("warranty_until");
    return command;
}

OutcomeCode code_of(Cells& cells) {
    const std::string text = cells.required("result");
    const auto code = parse_outcome_code(text);
    if (code || text.empty()) return code.value_or(OutcomeCode{});
    std::string allowed;
    for (int i = 0; i <= static_cast<int>(OutcomeCode::customer_declined); ++i) {
        allowed += (i == 0 ? "" : ", ") + std::string(to_string(static_cast<OutcomeCode>(i)));
    }
    cells.refuse("result", "\"" + text + "\" is not one of " + allowed);
    return {};
}

std::string content_id(const Outcome& outcome) {
    Hash64 hash;
    for (const std::string* part : {&outcome.tenant, &outcome.device_id, &outcome.ticket_id,
                                    &outcome.component, &outcome.failure_mode}) {
        hash.add(*part);
        hash.add(std::string_view("\0", 1));
    }
    hash.add(static_cast<std::uint64_t>(unix_ms(outcome.at)));
    hash.add(to_string(outcome.code));
    return "csv-" + hex_text(hash.value());
}

Command outcome_command(Cells& cells, const std::string& default_tenant) {
    constexpr std::uint32_t kVisitsMax = 1000;
    constexpr double kLabourMinMax = 100'000;
    Outcome outcome;
    outcome.tenant = tenant_of(cells, default_tenant);
    outcome.device_id = device_of(cells);
    outcome.ticket_id = cells.text("ticket_id");
    const std::optional<WallTime> at = cells.time("at");
    if (!at) cells.refuse("at", "is empty");
    outcome.at = at.value_or(WallTime{});
    outcome.code = code_of(cells);
    outcome.component = cells.text("component");
    outcome.failure_mode = cells.text("failure_mode");
    outcome.failed_at = cells.time("failed_at");
    outcome.visit_count = cells.number<std::uint32_t>("visit_count", kVisitsMax, 1);
    outcome.labour_min = cells.number<double>("labour_min", kLabourMinMax, 0);
    outcome.avoidable_cause = cells.text("avoidable_cause");
    outcome.not_solvable_at_first_contact = cells.flag("not_solvable_at_first_contact");
    outcome.note = cells.text("note");
    outcome.centre = cells.text("centre");
    outcome.id = cells.text("id");
    if (outcome.id.empty()) outcome.id = content_id(outcome);
    return SubmitOutcome{outcome};
}

struct Columns {
    std::vector<std::string_view> required;
    std::vector<std::string_view> optional;
};

Columns columns_of(ImportKind kind) {
    if (kind == ImportKind::devices) {
        return {{"device_id", "model"},
                {"tenant", "firmware", "serial", "customer_id", "region", "language", "segment",
                 "centre", "installed_at", "warranty_until"}};
    }
    return {{"at", "device_id", "component", "result"},
            {"id", "tenant", "ticket_id", "failure_mode", "failed_at", "visit_count", "labour_min",
             "avoidable_cause", "not_solvable_at_first_contact", "note", "centre"}};
}

bool has(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// "line 7: why" of the reader, taken apart.
RefusedRow refused_row(const std::string& message) {
    const std::size_t colon = message.find(": ");
    return {static_cast<std::size_t>(std::stoull(message.substr(5))), message.substr(colon + 2)};
}

}  // namespace

Result<ImportRows> read_import(ImportKind kind, std::string_view csv,
                               const std::string& default_tenant) {
    Result<CsvReader> reader = CsvReader::create(csv);
    if (!reader) return fail(reader.error());
    const Columns columns = columns_of(kind);
    for (const std::string_view name : columns.required) {
        if (!reader->column(name)) {
            return fail(Errc::invalid, "line 1: column " + std::string(name) + " is missing");
        }
    }
    ImportRows rows;
    for (const std::string& name : reader->header()) {
        if (!has(columns.required, name) && !has(columns.optional, name)) {
            rows.ignored_columns.push_back(name);
        }
    }
    while (std::optional<Result<CsvRow>> row = reader->next()) {
        if (!*row) {
            rows.refused.push_back(refused_row(row->error().message));
            continue;
        }
        Cells cells(*reader, **row);
        Command command = kind == ImportKind::devices ? device_command(cells, default_tenant)
                                                      : outcome_command(cells, default_tenant);
        if (cells.mistake().empty()) {
            rows.items.push_back({(*row)->line, std::move(command)});
        } else {
            rows.refused.push_back({(*row)->line, cells.mistake()});
        }
    }
    return rows;
}

}  // namespace aftercare::collector
