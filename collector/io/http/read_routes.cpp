#include <nlohmann/json.hpp>

#include "collector/core/kpi/board.hpp"
#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kPageDefault = 100;
constexpr std::size_t kFaultsShown = 100;

/// A wrong cursor or filter value is the caller's mistake in the query.
Response list_problem(const Error& error) {
    return error.code == Errc::invalid ? problem(400, error.message) : problem(error);
}

struct KpiQuestion {
    Period period;
    Cut cut;
};

Result<KpiRows> rows_of(const Call& call) {
    auto rows = call.queries.kpi_rows();
    if (!rows) return rows;
    return visible_rows(call.principal, std::move(*rows));
}

/// Without `from`: since the first device was seen or the first ticket opened.
WallTime beginning_of(const KpiRows& rows, WallTime to) {
    WallTime first = to - milliseconds{1};
    for (const Ticket& ticket : rows.tickets) first = std::min(first, ticket.opened_at);
    for (const DeviceInfo& device : rows.devices) {
        if (device.first_seen_at) first = std::min(first, *device.first_seen_at);
    }
    return first;
}

KpiQuestion question_of(QueryReader& query, const KpiRows& rows, WallTime now) {
    KpiQuestion question;
    question.period.to = query.time("to").value_or(now);
    question.period.from = query.time("from").value_or(beginning_of(rows, question.period.to));
    question.cut.dimension = query.text("by");
    question.cut.value = query.text("value");
    if (question.cut.dimension.empty() && !question.cut.value.empty()) {
        query.refuse("value", "needs a dimension in \"by\"");
    }
    if (question.period.from >= question.period.to) query.refuse("from", "must be before \"to\"");
    return question;
}

Json head_of(const KpiQuestion& question) {
    Json body;
    body["from"] = json_of(question.period.from);
    body["to"] = json_of(question.period.to);
    body["by"] = question.cut.dimension.empty() ? Json() : Json(question.cut.dimension);
    body["value"] = question.cut.value.empty() ? Json() : Json(question.cut.value);
    return body;
}

Result<Json> board_json(const KpiRows& rows, const Period& period, const Cut& cut) {
    const auto kpis = kpi_board(rows, period, cut, {});
    if (!kpis) return fail(kpis.error());
    Json items = Json::array();
    for (const Kpi& kpi : *kpis) items.push_back(json_of(kpi));
    return items;
}

}  // namespace

Response list_devices(const Call& call) {
    QueryReader query(call.target);
    DeviceFilter filter;
    filter.tenant = call.principal.tenant;
    filter.model = query.text("model");
    filter.limit = query.count("limit", 1, kPageMax, kPageDefault);
    filter.cursor = query.text("cursor");
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    auto page = call.queries.devices(filter);
    if (!page) return list_problem(page.error());
    std::erase_if(page->items, [&](const DeviceInfo& d) { return !may_see(call.principal, d); });
    return json_response(200, compact_text(json_of(*page)));
}

Response show_device(const Call& call) {
    QueryReader query(call.target);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const auto device = visible_device(call, call.id());
    if (!device) return problem(device.error());
    const auto faults = call.queries.faults(device->no, kFaultsShown);
    if (!faults) return problem(faults.error());
    Json body = json_of(*device);
    body["faults"] = Json::array();
    for (const FaultRow& fault : *faults) body["faults"].push_back(json_of(fault));
    return json_response(200, compact_text(body));
}

Response list_tickets(const Call& call) {
    QueryReader query(call.target);
    TicketFilter filter;
    filter.tenant = call.principal.tenant;
    filter.state = query.text("state");
    filter.origin = query.text("origin");
    filter.device_id = query.text("device_id");
    filter.centre = query.text("centre");
    filter.component = query.text("component");
    filter.limit = query.count("limit", 1, kPageMax, kPageDefault);
    filter.cursor = query.text("cursor");
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    if (call.principal.role == Role::centre) {
        if (!filter.centre.empty() && filter.centre != call.principal.centre) {
            return problem(403, "a centre sees its own tickets only", "centre");
        }
        filter.centre = call.principal.centre;
    }
    const auto page = call.queries.tickets(filter);
    if (!page) return list_problem(page.error());
    return json_response(200, compact_text(json_of(*page)));
}

Response show_ticket(const Call& call) {
    QueryReader query(call.target);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const auto detail = visible_ticket(call, call.id());
    if (!detail) return problem(detail.error());
    Response response = json_response(200, compact_text(json_of(*detail)));
    response.headers.emplace_back("ETag", ticket_etag(detail->ticket.version));
    return response;
}

Response show_kpis(const Call& call) {
    const auto rows = rows_of(call);
    if (!rows) return problem(rows.error());
    QueryReader query(call.target);
    const KpiQuestion question = question_of(query, *rows, call.now);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    Json body = head_of(question);
    if (question.cut.dimension.empty() || !question.cut.value.empty()) {
        auto items = board_json(*rows, question.period, question.cut);
        if (!items) return list_problem(items.error());
        body["items"] = std::move(*items);
        return json_response(200, compact_text(body));
    }
    const auto values = kpi_dimension_values(*rows, question.cut.dimension);
    if (!values) return problem(400, values.error().message, "by");
    body["groups"] = Json::array();
    for (const std::string& value : *values) {
        auto items = board_json(*rows, question.period, {question.cut.dimension, value});
        if (!items) return list_problem(items.error());
        body["groups"].push_back(Json{{"value", value}, {"items", std::move(*items)}});
    }
    return json_response(200, compact_text(body));
}

Response show_kpi_rows(const Call& call) {
    const auto rows = rows_of(call);
    if (!rows) return problem(rows.error());
    QueryReader query(call.target);
    const KpiQuestion question = question_of(query, *rows, call.now);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    KpiOptions options;
    options.drill_down = true;
    const auto kpis = kpi_board(*rows, question.period, question.cut, options);
    if (!kpis) return list_problem(kpis.error());
    for (const Kpi& kpi : *kpis) {
        if (kpi.id != call.id()) continue;
        Json body = head_of(question);
        body["id"] = kpi.id;
        body["numerator_ids"] = kpi.numerator_ids;
        body["denominator_ids"] = kpi.denominator_ids;
        return json_response(200, compact_text(body));
    }
    return problem(404, "no KPI \"" + call.id() + "\"; /api/v1/kpis lists them");
}

}  // namespace aftercare::collector
