#include "tests/integration/api/route_cases.hpp"

namespace aftercare::collector::testing {
namespace {

// Callers:                 nobody revoked maker auditor centre rival south
constexpr Answers kListed{401, 401, 200, 200, 200, 200, 200};  // each sees its own, maybe nothing
constexpr Answers kShown{401, 401, 200, 200, 200, 404, 404};   // one thing: exists or does not
constexpr Answers kChanged{401, 401, 200, 403, 200, 404, 404};
constexpr Answers kMade{401, 401, 201, 403, 201, 404, 404};
constexpr Answers kNotForCentres{401, 401, 200, 200, 403, 200, 403};
constexpr Answers kDecided{401, 401, 200, 403, 403, 404, 403};
constexpr Answers kMakersOnly{401, 401, 200, 403, 403, 200, 403};

constexpr std::array kCases{
    RouteCase{"GET /api/v1/devices", "/api/v1/devices?limit=10&model=WM-1", "", kListed},
    RouteCase{"POST /api/v1/devices",
              "/api/v1/devices",
              R"({"device_id":"new-{n}","model":"WM-1","serial":"S-{n}","centre":"north",
                  "installed_at":"2026-01-01T00:00:00Z"})",
              {401, 401, 201, 403, 403, 201, 403}},
    RouteCase{"POST /api/v1/devices", "/api/v1/devices",
              R"([{"device_id":"new-{n}","model":"WM-1"}])", kMakersOnly},
    RouteCase{"GET /api/v1/devices/{}", "/api/v1/devices/{device}", "", kShown},
    RouteCase{"GET /api/v1/devices/{}/telemetry",
              "/api/v1/devices/{device}/telemetry?metric=drain_duration_s&limit=10&"
              "from=2025-01-01T00:00:00Z&to=2027-01-01T00:00:00Z",
              "", kShown},
    RouteCase{"GET /api/v1/tickets", "/api/v1/tickets?state=open_any&limit=10", "", kListed},
    RouteCase{"GET /api/v1/tickets", "/api/v1/tickets", "", kListed},
    RouteCase{"GET /api/v1/tickets",
              "/api/v1/tickets?centre=north",
              "",
              {401, 401, 200, 200, 200, 200, 403}},
    RouteCase{"GET /api/v1/tickets/{}", "/api/v1/tickets/{case}", "", kShown},
    RouteCase{"POST /api/v1/tickets/{}/transition", "/api/v1/tickets/{ticket}/transition",
              R"({"to":"scheduled","at":"2026-01-01T00:00:00Z","why":"agreed"})", kChanged},
    RouteCase{"POST /api/v1/tickets/{}/assign", "/api/v1/tickets/{ticket}/assign",
              R"({"assignee":"anna","why":"on duty"})", kChanged},
    RouteCase{"POST /api/v1/tickets/{}/escalate", "/api/v1/tickets/{ticket}/escalate",
              R"({"level":2,"why":"waits"})", kChanged},
    RouteCase{"POST /api/v1/tickets/{}/comment", "/api/v1/tickets/{ticket}/comment",
              R"({"text":"rang"})", kChanged},
    RouteCase{"POST /api/v1/tickets/{}/route", "/api/v1/tickets/{ticket}/route",
              R"({"centre":"north","why":"theirs"})", kChanged},
    RouteCase{"POST /api/v1/tickets/{}/merge", "/api/v1/tickets/{ticket}/merge",
              R"({"into":"{other}","why":"the same"})", kChanged},
    RouteCase{"POST /api/v1/tickets/bulk",
              "/api/v1/tickets/bulk",
              R"({"action":"assign","assignee":"anna","ids":["{ticket}","nothing"]})",
              {401, 401, 200, 403, 200, 200, 200}},
    RouteCase{"POST /api/v1/contacts", "/api/v1/contacts",
              R"({"direction":"inbound","contact_id":"c-{n}","device_id":"{device}",
                  "channel":"phone","component":"drain_pump","note":"it hums"})",
              kMade},
    RouteCase{"POST /api/v1/contacts", "/api/v1/contacts",
              R"({"direction":"outbound","contact_id":"c-{n}","ticket_id":"{ticket}",
                  "channel":"email","result":"reached","note":"told"})",
              kMade},
    RouteCase{"POST /api/v1/outcomes", "/api/v1/outcomes",
              R"({"id":"o-{n}","ticket_id":"{ticket}","code":"confirmed_fixed",
                  "component":"drain_pump","visit_count":1,"labour_min":30.5,
                  "parts":[{"number":"P-1","old_serial":"a","new_serial":"b"}],"note":"done"})",
              kMade},
    RouteCase{"POST /api/v1/outcomes", "/api/v1/outcomes",
              R"({"id":"o-{n}","device_id":"{device}","code":"no_fault_found"})", kMade},
    RouteCase{"GET /api/v1/outcomes", "/api/v1/outcomes?review=none&device_id=acme-north", "",
              kListed},
    RouteCase{"GET /api/v1/outcomes", "/api/v1/outcomes", "", kListed},
    RouteCase{"POST /api/v1/outcomes/{}/assign", "/api/v1/outcomes/{review}/assign",
              R"({"ticket_id":null})", kChanged},
    RouteCase{"GET /api/v1/quarantine", "/api/v1/quarantine", "", kNotForCentres},
    RouteCase{"POST /api/v1/quarantine/{}/retry", "/api/v1/quarantine/unknown_device/retry", "",
              kMakersOnly},
    RouteCase{"GET /api/v1/problems", "/api/v1/problems?state=unsettled&rule=pump&model=WM-1", "",
              kNotForCentres},
    RouteCase{"GET /api/v1/problems/{}",
              "/api/v1/problems/{incident}?limit=1",
              "",
              {401, 401, 200, 200, 403, 404, 403}},
    RouteCase{"POST /api/v1/problems/{}/release", "/api/v1/problems/{problem}/release",
              R"({"reason":"try {n}"})", kDecided},
    RouteCase{"POST /api/v1/problems/{}/roll_up", "/api/v1/problems/{problem}/roll_up",
              R"({"reason":"try {n}"})", kDecided},
    RouteCase{"POST /api/v1/problems/{}/resolve", "/api/v1/problems/{problem}/resolve",
              R"({"reason":"try {n}","code":"fixed_remotely"})", kDecided},
    RouteCase{"GET /api/v1/rules/report", "/api/v1/rules/report?from=2025-01-01T00:00:00Z", "",
              kNotForCentres},
    RouteCase{"POST /api/v1/rules/reload",
              "/api/v1/rules/reload",
              "",
              {401, 401, 200, 403, 403, 403, 403}},
    RouteCase{"POST /api/v1/rules/{}/standing",
              "/api/v1/rules/seal/standing",
              R"({"mode":"shelved","reason":"try {n}"})",
              {401, 401, 200, 403, 403, 403, 403}},
    RouteCase{"GET /api/v1/centres", "/api/v1/centres", "", kListed},
    RouteCase{"GET /api/v1/me", "/api/v1/me", "", kListed},
    RouteCase{"GET /api/v1/events", "/api/v1/events", "", kListed},
    RouteCase{"GET /api/v1/kpis", "/api/v1/kpis?by=model", "", kListed},
    RouteCase{"GET /api/v1/kpis", "/api/v1/kpis?by=tenant", "", kListed},
    RouteCase{"GET /api/v1/kpis/{}/rows", "/api/v1/kpis/proactive_contact_rate/rows", "", kListed},
};

}  // namespace

std::span<const RouteCase> route_cases() {
    return kCases;
}

}  // namespace aftercare::collector::testing
