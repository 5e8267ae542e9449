#include "collector/io/http/api.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "collector/io/http/assets.hpp"
#include "collector/io/http/idempotency.hpp"
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
    Route{"GET", {"api", "v1", "outcomes"}, list_outcomes, nullptr},
    Route{"POST", {"api", "v1", "outcomes"}, nullptr, record_outcome},
    Route{"POST", {"api", "v1", "outcomes", "{}", "assign"}, nullptr, assign_outcome},
    Route{"GET", {"api", "v1", "quarantine"}, list_quarantine, nullptr},
    Route{"POST", {"api", "v1", "quarantine", "{}", "retry"}, nullptr, retry_quarantine},
    Route{"GET", {"api", "v1", "problems"}, list_problems, nullptr},
    Route{"GET", {"api", "v1", "problems", "{}"}, show_problem, nullptr},
    Route{"POST", {"api", "v1", "problems", "{}", "release"}, nullptr, release_problem},
    Route{"POST", {"api", "v1", "problems", "{}", "roll_up"}, nullptr, roll_up_problem},
    Route{"POST", {"api", "v1", "problems", "{}", "resolve"}, nullptr, resolve_problem},
    Route{"GET", {"api", "v1", "rules", "report"}, show_rule_report, nullptr},
    Route{"POST", {"api", "v1", "rules", "reload"}, nullptr, reload_rules},
    Route{"POST", {"api", "v1", "rules", "{}", "standing"}, nullptr, change_rule},
    Route{"GET", {"api", "v1", "events"}, show_events, nullptr},
    Route{"GET", {"api", "v1", "centres"}, list_centres, nullptr},
    Route{"GET", {"api", "v1", "me"}, show_me, nullptr},
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

/// The hash of the token that the request brings; empty = it brings none.
std::string token_of(const Request& request) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string_view header = request.header("authorization");
    if (header.size() <= kScheme.size() || header.substr(0, kScheme.size()) != kScheme) return {};
    return token_sha256(header.substr(kScheme.size()));
}

Result<Principal> principal_of(const std::string& token, Tokens& tokens) {
    if (token.empty()) {
        return fail(Errc::not_found, "give a token: Authorization: Bearer act_…");
    }
    auto principal = tokens.find(token);
    if (!principal && principal.error().code == Errc::not_found) {
        return fail(Errc::not_found, "the token is unknown or was revoked");
    }
    return principal;
}

/// Whoever watches over the program asks however busy it is.
bool is_probe(const Target& target) {
    return target.segments.size() == 1 &&
           (target.segments[0] == "healthz" || target.segments[0] == "readyz");
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

Api::Api(ApiPorts ports)
    : ports_(std::move(ports)),
      read_sides_(ports_.open_read_side),
      by_token_(ports_.limits.token),
      by_address_(ports_.limits.address),
      events_(read_sides_, ports_.instant),
      loads_(ports_.instant) {}

Api::Statistics Api::statistics() const {
    return {.limited_by_token = by_token_.refused(),
            .limited_by_address = by_address_.refused(),
            .streams_refused = events_.refused_count(),
            .open_streams = events_.open_count()};
}

std::optional<Response> Api::refuse_too_many(RateLimiter& limiter, const std::string& caller) {
    const auto wait = limiter.wait_of(caller, ports_.instant());
    if (!wait) return std::nullopt;
    Response response = problem(429, "too many requests; go on after the time in Retry-After");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
    return response;
}

void Api::handle(Request request, Reply reply) {
    const auto target = parse_target(request.target);
    if (!target) return reply(problem(400, target.error().message));
    const std::string address = caller_of(request.peer);
    if (auto response = open_route(request, *target, ports_)) {
        auto refusal = is_probe(*target) ? std::nullopt : refuse_too_many(by_address_, address);
        return reply(refusal ? std::move(*refusal) : std::move(*response));
    }

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
    const std::string token = token_of(request);
    const auto principal = principal_of(token, lease->tokens());
    if (!principal) {
        const bool unknown = principal.error().code == Errc::not_found;
        if (auto refusal = refuse_too_many(by_address_, address)) {
            return reply(std::move(*refusal));
        }
        return reply(unknown ? problem(401, principal.error().message, "Authorization")
                             : problem(principal.error()));
    }
    if (auto refusal = refuse_too_many(by_token_, principal->name)) {
        return reply(std::move(*refusal));
    }
    if (chosen == nullptr) return reply(method_problem(request.target, allowed));
    const WallTime now = ports_.now();
    const Call call{
        request,          *target,    *principal, token,        lease->queries(), ports_.commands,
        ports_.catalogue, ports_.sla, now,        ports_.rules, events_,          loads_};
    Reply timed = [reply = std::move(reply), now](Response response) {
        response.headers.emplace_back("Aftercare-Time", format_rfc3339(now));
        reply(std::move(response));
    };
    if (chosen->read != nullptr) return timed(chosen->read(call));
    if (principal->role == Role::auditor) {
        return timed(problem(403, "role auditor reads; a token of role maker or centre may write"));
    }
    write_once(call, in_flight_, chosen->write, std::move(timed));
}

}  // namespace aftercare::collector
