// kpi: the board, cut by any dimension, with the rows behind a figure.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/text/kpi_text.hpp"

namespace aftercare::collector {
namespace {

struct KpiRequest {
    std::string database_path;
    std::optional<WallTime> from;
    std::optional<WallTime> to;
    Cut cut;
    std::vector<int> recurrence_days{30, 60, 90};
    std::string rows_of;
    bool by_day = false;
    bool json = false;
    bool csv = false;
};

/// Without --from and --to: all that the database knows. What came after --to still decides which
/// windows have elapsed, so a past month is not pending for ever.
Period period_of(const KpiRequest& request, const KpiBoard& board) {
    const Period whole = board.whole_period();
    Period period;
    period.to = request.to.value_or(whole.to);
    period.from = request.from.value_or(std::min(whole.from, period.to - milliseconds{1}));
    period.now = std::max(whole.to, period.to);
    return period;
}

struct Group {
    Cut cut;
    std::vector<Kpi> board;
};

Result<std::vector<Group>> compute(const KpiRequest& request, const KpiRows& rows,
                                   const KpiBoard& board, const Period& period) {
    std::vector<Cut> cuts{request.cut};
    if (!request.cut.dimension.empty() && request.cut.value.empty()) {
        const auto values = kpi_dimension_values(rows, request.cut.dimension);
        if (!values) return fail(values.error());
        cuts.clear();
        for (const std::string& value : *values) cuts.push_back({request.cut.dimension, value});
    }
    KpiOptions options;
    options.recurrence_days = request.recurrence_days;
    options.drill_down = !request.rows_of.empty();
    options.drill_down_id = request.rows_of;
    std::vector<Group> groups;
    for (const Cut& cut : cuts) {
        Result<std::vector<Kpi>> figures = board.compute(period, cut, options);
        if (!figures) return fail(figures.error());
        groups.push_back({cut, std::move(*figures)});
    }
    return groups;
}

Json split_json(const VolumeDay::Split& split) {
    Json json;
    json["all"] = split.all;
    json["predicted"] = split.predicted;
    json["reactive"] = split.reactive;
    return json;
}

Json volume_json(const std::vector<VolumeDay>& days) {
    Json json = Json::array();
    for (const VolumeDay& day : days) {
        Json item;
        item["day"] = json_of(day.day);
        item["received"] = split_json(day.received);
        item["resolved"] = split_json(day.resolved);
        item["open"] = split_json(day.open);
        json.push_back(item);
    }
    return json;
}

void print_json(Shell& shell, const Period& period, const KpiRequest& request,
                const std::vector<Group>& groups, const std::vector<VolumeDay>& days) {
    Json json;
    json["from"] = json_of(period.from);
    json["to"] = json_of(period.to);
    json["now"] = json_of(*period.now);
    json["by"] = request.cut.dimension.empty() ? Json() : Json(request.cut.dimension);
    json["value"] = request.cut.value.empty() ? Json() : Json(request.cut.value);
    if (request.cut.dimension.empty() || !request.cut.value.empty()) {
        json["items"] = json_array(groups.front().board);
    } else {
        json["groups"] = Json::array();
        for (const Group& group : groups) {
            json["groups"].push_back(
                Json{{"value", group.cut.value}, {"items", json_array(group.board)}});
        }
    }
    if (request.by_day) json["volume_by_day"] = volume_json(days);
    shell.out << pretty_text(json);
}

void print_csv(Shell& shell, const std::vector<Group>& groups) {
    std::string out;
    CsvWriter csv(out, CsvWriter::LineEnd::lf);
    append_kpi_header(csv);
    for (const Group& group : groups) {
        for (const Kpi& kpi : group.board) append_kpi(csv, group.cut, kpi);
    }
    shell.out << out;
}

void print_days(Shell& shell, const std::vector<VolumeDay>& days) {
    constexpr auto kRight = Column::Align::right;
    Table table({{"day"},
                 {"received", kRight},
                 {"predicted", kRight},
                 {"reactive", kRight},
                 {"resolved", kRight},
                 {"open", kRight}});
    for (const VolumeDay& day : days) {
        table.add({short_time(day.day).substr(0, 10), std::to_string(day.received.all),
                   std::to_string(day.received.predicted), std::to_string(day.received.reactive),
                   std::to_string(day.resolved.all), std::to_string(day.open.all)});
    }
    shell.out << "\n" << table.text(shell.terminal);
}

void print_rows(Shell& shell, const KpiRequest& request, const std::vector<Group>& groups) {
    for (const Group& group : groups) {
        for (const Kpi& kpi : group.board) {
            if (kpi.id != request.rows_of) continue;
            if (!group.cut.value.empty()) {
                shell.out << group.cut.dimension << " = " << group.cut.value << "\n";
            }
            shell.out << "numerator:";
            for (const std::string& id : kpi.numerator_ids) shell.out << " " << id;
            shell.out << "\ndenominator:";
            for (const std::string& id : kpi.denominator_ids) shell.out << " " << id;
            shell.out << "\n";
        }
    }
}

bool knows_figure(const KpiRequest& request) {
    for (const Kpi& kpi : kpi_catalogue(request.recurrence_days)) {
        if (kpi.id == request.rows_of) return true;
    }
    return request.rows_of.empty();
}

void show_kpis(Shell& shell, const KpiRequest& request) {
    if (!knows_figure(request)) {
        return shell.fail(Exit::usage, "--rows: no KPI \"" + request.rows_of +
                                           "\"; the ids are in the output of kpi --json");
    }
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    const Result<KpiRows> rows = queries->kpi_rows();
    if (!rows) return shell.fail(rows.error());
    const KpiBoard board(*rows);
    const Period period = period_of(request, board);
    const auto groups = compute(request, *rows, board, period);
    if (!groups) return shell.fail(Exit::usage, groups.error().message);
    std::vector<VolumeDay> days;
    if (request.by_day) {
        auto volume = board.volume(period, request.cut.value.empty() ? Cut{} : request.cut);
        if (!volume) return shell.fail(Exit::usage, volume.error().message);
        days = std::move(*volume);
    }
    if (request.json) return print_json(shell, period, request, *groups, days);
    if (request.csv) return print_csv(shell, *groups);
    if (!request.rows_of.empty()) return print_rows(shell, request, *groups);
    for (const Group& group : *groups) {
        if (!group.cut.value.empty() || groups->size() > 1) {
            shell.out << group.cut.dimension << " = "
                      << (group.cut.value.empty() ? "(none)" : group.cut.value) << "\n\n";
        }
        shell.out << kpi_table_text(group.board, shell.terminal);
        if (groups->size() > 1) shell.out << "\n";
    }
    if (request.by_day) print_days(shell, days);
    shell.err << "Period " << short_time(period.from) << " to " << short_time(period.to)
              << " UTC; windows judged as of " << short_time(period.now) << ".\n";
}

}  // namespace

void add_kpi_command(CLI::App& app, Shell& shell) {
    auto request = std::make_shared<KpiRequest>();
    CLI::App* kpi = app.add_subcommand("kpi", "Show the KPIs with their intervals and populations");
    add_database_option(*kpi, request->database_path);
    add_moment_option(*kpi, "--from", request->from,
                      "Begin of the period; default: first thing known");
    add_moment_option(*kpi, "--to", request->to, "End of the period; default: last thing known");
    kpi->add_option(
           "--by", request->cut.dimension,
           "Cut by tenant, model, firmware, region, centre, component, failure_mode, rule, "
           "warranty or segment")
        ->type_name("DIM");
    kpi->add_option("--value", request->cut.value, "Only this value of --by")
        ->type_name("VALUE")
        ->needs("--by");
    kpi->add_option("--recurrence-days", request->recurrence_days, "Windows of the recurrence KPIs")
        ->delimiter(',')
        ->check(CLI::Range(1, 3650))
        ->type_name("N,N,…");
    kpi->add_option("--rows", request->rows_of, "List the tickets or devices behind this KPI")
        ->type_name("ID");
    kpi->add_flag("--daily", request->by_day, "Also tickets received, resolved and open by day");
    CLI::Option* json = kpi->add_flag("--json", request->json, "One JSON object");
    kpi->add_flag("--csv", request->csv, "One CSV row per KPI and value")->excludes(json);
    add_example(*kpi,
                "aftercare-collector kpi --db aftercare.db --from 2026-01-01 --to 2026-02-01 "
                "--by model");
    kpi->callback([request, &shell] { show_kpis(shell, *request); });
}

}  // namespace aftercare::collector
