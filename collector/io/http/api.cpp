#include "collector/io/http/api.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "collector/io/http/assets.hpp"
#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/http/token.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

using Read = Response (*)(const Call&);
using Write = void (*)(const Call&, Reply);

/// {} matches one segment.
struct Route {
    std::string_view method;
    std::array<std::string_view, 5> pattern;
    Read read = nullptr;
    Write write = nullptr;
};
constexpr std::array kRoutes{
    Route{"GET", {"api", "v1", "devices"}, list_devices, nullptr},
    Route{"POST", {"api", "v1", "devices"}, nullptr, register_devices},
    Route{"GET", {"api", "v1", "devices", "{}"}, show_device, nullptr},
    Route{"GET", {"api", "v1", "devices", "{}", "telemetry"}, show_telemetry, nullptr},
    Route{"GET", {"api", "v1", "tickets"}, list_tickets, nullptr},
    Route{"GET", {"api", "v1", "tickets", "{}"}, show_ticket, nullptr},
    Route{"POST", {"api", "v1", "tickets", "bulk"}, nullptr, work_on_tickets},
    Route{"POST", {"api", "v1", "tickets", "{}", "transition"}, nullptr, work_on_ticket},
    Route{"POST", {"api", "v1", "tickets", "{}", "assign"}, nullptr, work_on_ticket},
    Route{"POST", {"api", "v1", "tickets", "{}", "escalate"}, nullptr, work_on_ticket},
    Route{"POST", {"api", "v1", "tickets", "{}", "comment"}, nullptr, work_on_ticket},
    Route{"POST", {"api", "v1", "tickets", "{}", "route"}, nullptr, work_on_ticket},
    Route{"POST", {"api", "v1", "tickets", "{}", "merge"}, nullptr, work_on_ticket},
    Route{"POST", {"api", "v1", "contacts"}, nullptr, record_contact},
    Route{"POST", {"api", "v1", "outcomes"}, nullptr, record_outcome},
    Route{"GET", {"api", "v1", "quarantine"}, list_quarantine, nullptr},
    Route{"POST", {"api", "v1", "quarantine", "{}", "retry"}, nullptr, retry_quarantine},
    Route{"GET", {"api", "v1", "rules", "report"}, show_rule_report, nullptr},
    Route{"POST", {"api", "v1", "rules", "reload"}, nullptr, reload_rules},
    Route{"POST", {"api", "v1", "rules", "{}", "standing"}, nullptr, change_rule},
    Route{"GET", {"api", "v1", "kpis"}, show_kpis, nullptr},
    Route{"GET", {"api", "v1", "kpis", "{}", "rows"}, show_kpi_rows, nullptr},
};

bool matches(const Route& route, const std::vector<std::string>& segments) {
    std::size_t length = 0;
    for (const std::string_view part : route.pattern) length += part.empty() ? 0U : 1U;
    if (segments.size() != length) return false;
    for (std::size_t i = 0; i < length; ++i) {
        if (route.pattern[i] == "{}" ? segments[i].empty() : route.pattern[i] != segments[i]) {
            return false;
        }
    }
    return true;
}

Response method_problem(std::string_view path, const std::string& allowed) {
    Response response = problem(405, std::string(path) + " takes " + allowed);
    response.headers.emplace_back("Allow", allowed);
    return response;
}

Response readiness(const LiveFigures& figures) {
    nlohmann::ordered_json body{{"ready", figures.ready()}};
    body["since"] = figures.conditions.empty()
                        ? nlohmann::ordered_json()
                        : nlohmann::ordered_json(format_rfc3339(ready_since(figures.conditions)));
    body["conditions"] = nlohmann::ordered_json::array();
    for (const Condition& condition : figures.conditions) {
        body["conditions"].push_back({{"name", condition.name},
                                      {"met", condition.met},
                                      {"since", format_rfc3339(condition.since)},
                                      {"why", condition.why}});
    }
    return json_response(figures.ready() ? 200 : 503,
                         body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// What needs no token: health, metrics, the contract, the console's files (which hold no data).
std::optional<Response> open_route(const Request& request, const Target& target,
                                   const ApiPorts& ports) {
    std::string path;
    for (const std::string& segment : target.segments) path += "/" + segment;
    std::optional<Response> response;
    if (path == "/healthz") response = Response{200, "text/plain", "ok\n", {}};
    if (path == "/readyz") response = readiness(ports.figures());
    if (path == "/metrics") {
        response = Response{
            200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(ports.figures()), {}};
    }
    if (const Asset* asset = find_asset(path.empty() ? "/" : path))
        response = serve(*asset, request);
    if (response && request.method != "GET") return method_problem(path, "GET, HEAD");
    return response;
}

Result<Principal> principal_of(const Request& request, Tokens& tokens) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string_view header = request.header("authorization");
    if (header.size() <= kScheme.size() || header.substr(0, kScheme.size()) != kScheme) {
        return fail(Errc::not_found, "give a token: Authorization: Bearer act_…");
    }
    auto principal = tokens.find(token_sha256(header.substr(kScheme.size())));
    if (!principal && principal.error().code == Errc::not_found) {
        return fail(Errc::not_found, "the token is unknown or was revoked");
    }
    return principal;
}

}  // namespace

std::vector<std::string> api_routes() {
    std::vector<std::string> routes;
    for (const Route& route : kRoutes) {
        std::string& text = routes.emplace_back(route.method);
        text += ' ';
        for (const std::string_view part : route.pattern) {
            if (!part.empty()) text.append("/").append(part);
        }
    }
    return routes;
}

Api::Api(ApiPorts ports) : ports_(std::move(ports)), read_sides_(ports_.open_read_side) {}

void Api::handle(Request request, Reply reply) {
    const auto target = parse_target(request.target);
    if (!target) return reply(problem(400, target.error().message));
    if (auto response = open_route(request, *target, ports_)) return reply(std::move(*response));

    const Route* chosen = nullptr;
    std::string allowed;
    for (const Route& route : kRoutes) {
        if (!matches(route, target->segments)) continue;
        if (route.method == request.method) chosen = &route;
        allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    }
    if (chosen == nullptr && allowed.empty()) {
        return reply(problem(404, "no such path; /api/v1/openapi.yaml lists them"));
    }
    auto lease = read_sides_.take();
    if (!lease) return reply(problem(lease.error()));
    const auto principal = principal_of(request, lease->tokens());
    if (!principal) {
        const bool unknown = principal.error().code == Errc::not_found;
        return reply(unknown ? problem(401, principal.error().message, "Authorization")
                             : problem(principal.error()));
    }
    if (chosen == nullptr) return reply(method_problem(request.target, allowed));
    const WallTime now = ports_.now();
    const Call call{request,         *target,          *principal, lease->queries(),
                    ports_.commands, ports_.catalogue, now,        ports_.rules};
    Reply timed = [reply = std::move(reply), now](Response response) {
        response.headers.emplace_back("Aftercare-Time", format_rfc3339(now));
        reply(std::move(response));
    };
    if (chosen->read != nullptr) return timed(chosen->read(call));
    if (principal->role == Role::auditor) {
        return timed(problem(403, "role auditor reads; a token of role maker or centre may write"));
    }
    chosen->write(call, std::move(timed));
}

}  // namespace aftercare::collector
