// The collector's values as JSON: member names are the struct's member names, times are RFC 3339,
// enums are their text, an absent optional is null. API and command line print through here, so
// they agree. This header forward-declares the JSON type; who composes documents includes
// <nlohmann/json.hpp>.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/kpi/board.hpp"
#include "collector/core/kpi/statistics.hpp"
#include "collector/ports/queries.hpp"

namespace aftercare::collector {

using Json = nlohmann::ordered_json;

/// `evidence_json` comes out as member `evidence`, an array and not a string within a string.
Json json_of(const Ticket& ticket);
Json json_of(const TicketEvent& event);
Json json_of(const Contact& contact);
Json json_of(const Part& part);
Json json_of(const Outcome& outcome);
/// `consent_purposes` comes out as an array of names.
Json json_of(const DeviceInfo& device);
Json json_of(const FaultRow& fault);
/// {"metric": "name", "bucket_s": 3600 or 0, "points": [{"at", "samples", "mean", "min", "max"}]}
Json json_of(const Series& series, std::string_view metric);
Json json_of(const Kpi& kpi);
Json json_of(const TicketDetail& detail);
/// With the working time that each target has left.
Json json_of(const TicketDetail& detail, WallTime now);
Json json_of(const Problem& problem);
Json json_of(const ProblemDevice& device);
Json json_of(const ProblemEvent& event);
/// The problem's members, `events`, and `devices` as a page.
Json json_of(const ProblemDetail& detail);
Json json_of(const QuarantineSummary& summary);
/// Without the bytes.
Json json_of(const QuarantineSample& sample);
/// `totals.refused` comes out as an object of reason: count, zeros left out.
Json json_of(const Counts& counts);
Json json_of(const CommandReply& reply);
/// {"items": […], "next_cursor": "…" or null}
Json json_of(const Page<Ticket>& page);
Json json_of(const Page<DeviceInfo>& page);
Json json_of(const Page<Problem>& page);
Json json_of(const Page<Outcome>& page);
/// RFC 9457 problem details with the error's code as `title` and its message as `detail`.
Json problem_json(const Error& error, int status);

/// What somebody who serves the customer has to know of a failure mode: texts in `language` with
/// fallback, remedies, parts, skill, labour.
Json json_of(const ModelInfo& model, const FailureMode& mode, std::string_view language);

Json json_of(WallTime at);
/// Nothing, NaN and infinity come out as null.
Json or_null(const std::optional<double>& value);
/// [low, high] or null.
Json json_of(const std::optional<Interval>& interval);

template <class T>
Json json_array(const std::vector<T>& items);

/// One line; bytes that are not UTF-8 (a device may send any) become U+FFFD instead of an
/// exception.
std::string compact_text(const Json& json);
/// Two-space indent and a final newline, for people.
std::string pretty_text(const Json& json);

std::string_view to_string(KpiKind kind);

}  // namespace aftercare::collector
