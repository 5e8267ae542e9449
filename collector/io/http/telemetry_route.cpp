#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json.hpp"
#include "collector/io/text/series_csv.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kPointsDefault = 1'000;

}  // namespace

Response show_telemetry(const Call& call) {
    QueryReader query(call.target);
    const std::string metric = query.text("metric");
    SeriesFilter filter;
    filter.from = query.time("from");
    filter.to = query.time("to");
    filter.points_max = query.count("limit", 1, kSeriesPointsMax, kPointsDefault);
    if (metric.empty()) query.refuse("metric", "is needed: the metric's name in the catalogue");
    if (filter.from && filter.to && *filter.from >= *filter.to) {
        query.refuse("from", "must be before \"to\"");
    }
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const auto device = visible_device(call, call.id());
    if (!device) return problem(device.error());
    const auto id = metric_id(call.catalogue, device->model, metric);
    if (!id) return problem(400, id.error().message, "metric");
    filter.device_no = device->no;
    filter.metric_id = *id;
    const auto series = call.queries.telemetry(filter);
    if (!series) return problem(series.error());
    if (!wants_csv(call.request)) {
        return json_response(200, compact_text(json_of(*series, metric)));
    }
    std::string body;
    CsvWriter csv(body);
    append_series(csv, *series);
    return csv_response(std::move(body));
}

}  // namespace aftercare::collector
