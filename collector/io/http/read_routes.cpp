#include <nlohmann/json.hpp>

#include "collector/core/kpi/board.hpp"
#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json.hpp"
#include "collector/io/text/kpi_text.hpp"
#include "collector/io/text/ticket_csv.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kFaultsShown = 100;

/// CSV has no place for a cursor: the next page is in the Link header (RFC 8288).
Response tickets_csv(const Call& call, const Page<Ticket>& page) {
    std::string body;
    CsvWriter csv(body);
    append_ticket_header(csv);
    for (const Ticket& ticket : page.items) append_ticket(csv, ticket);
    Response response = csv_response(std::move(body));
    if (page.next_cursor.empty()) return response;
    std::string next = "/api/v1/tickets?cursor=" + query_encoded(page.next_cursor);
    for (const auto& [name, value] : call.target.query) {
        if (name != "cursor") next += "&" + name + "=" + query_encoded(value);
    }
    response.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
    return response;
}

/// What the catalogue says of the ticket's failure mode, in the language asked for, else the
/// customer's; null when it says nothing.
Json guide_of(const Call& call, const Ticket& ticket, std::string language) {
    const ModelInfo* model = call.catalogue.model(ticket.model);
    const FailureMode* mode = model == nullptr ? nullptr : model->failure_mode(ticket.failure_mode);
    if (mode == nullptr) return {};
    if (language.empty()) {
        const auto device = call.queries.device(ticket.tenant, ticket.device_id);
        if (device) language = device->language;
    }
    return json_of(*model, *mode, language);
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

/// The board once, or once per value of the dimension asked for.
struct CutBoard {
    Cut cut;
    std::vector<Kpi> kpis;
};
Result<std::vector<CutBoard>> boards_of(const KpiRows& rows, const KpiQuestion& question) {
    std::vector<Cut> cuts{question.cut};
    if (!question.cut.dimension.empty() && question.cut.value.empty()) {
        const auto values = kpi_dimension_values(rows, question.cut.dimension);
        if (!values) return fail(values.error());
        cuts.clear();
        for (const std::string& value : *values) cuts.push_back({question.cut.dimension, value});
    }
    std::vector<CutBoard> boards;
    for (const Cut& cut : cuts) {
        auto kpis = kpi_board(rows, question.period, cut, {});
        if (!kpis) return fail(kpis.error());
        boards.push_back({cut, std::move(*kpis)});
    }
    return boards;
}

Json items_of(const std::vector<Kpi>& kpis) {
    Json items = Json::array();
    for (const Kpi& kpi : kpis) items.push_back(json_of(kpi));
    return items;
}

Response kpis_csv(const std::vector<CutBoard>& boards) {
    std::string body;
    CsvWriter csv(body);
    append_kpi_header(csv);
    for (const CutBoard& board : boards) {
        for (const Kpi& kpi : board.kpis) append_kpi(csv, board.cut, kpi);
    }
    return csv_response(std::move(body));
}

}  // namespace

Response list_devices(const Call& call) {
    QueryReader query(call.target);
    DeviceFilter filter;
    filter.tenant = call.principal.tenant;
    filter.model = query.text("model");
    read_paging(query, filter);
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
    filter.sla = query.text("sla");
    filter.queue = query.text("queue");
    filter.assignee = query.text("assignee");
    filter.escalated = query.flag("escalated");
    read_paging(query, filter);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    if (call.principal.role == Role::centre) {
        if (!filter.centre.empty() && filter.centre != call.principal.centre) {
            return problem(403, "a centre sees its own tickets only", "centre");
        }
        filter.centre = call.principal.centre;
    }
    const auto page = call.queries.tickets(filter);
    if (!page) return list_problem(page.error());
    if (!wants_csv(call.request)) return json_response(200, compact_text(json_of(*page)));
    return tickets_csv(call, *page);
}

Response show_ticket(const Call& call) {
    QueryReader query(call.target);
    const std::string language = query.text("language");
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const auto detail = visible_ticket(call, call.id());
    if (!detail) return problem(detail.error());
    Json body = json_of(*detail, call.now);
    body["guide"] = guide_of(call, detail->ticket, language);
    Response response = json_response(200, compact_text(body));
    response.headers.emplace_back("ETag", ticket_etag(detail->ticket.version));
    return response;
}

Response show_kpis(const Call& call) {
    const auto rows = rows_of(call);
    if (!rows) return problem(rows.error());
    QueryReader query(call.target);
    const KpiQuestion question = question_of(query, *rows, call.now);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const auto boards = boards_of(*rows, question);
    if (!boards) return problem(400, boards.error().message, "by");
    if (wants_csv(call.request)) return kpis_csv(*boards);
    Json body = head_of(question);
    if (question.cut.dimension.empty() || !question.cut.value.empty()) {
        body["items"] = items_of(boards->front().kpis);
        return json_response(200, compact_text(body));
    }
    body["groups"] = Json::array();
    for (const CutBoard& board : *boards) {
        body["groups"].push_back(Json{{"value", board.cut.value}, {"items", items_of(board.kpis)}});
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
    if (!kpis) return problem(400, kpis.error().message, "by");
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
