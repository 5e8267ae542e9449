// What the writing routes share: the body, the conditions, and one command answered after its
// commit. Private to collector/io/http.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "collector/io/http/routes.hpp"
#include "collector/io/text/json_parse.hpp"

namespace aftercare::collector {

/// The member that a parser's message is about, or "".
std::string field_in(const std::string& message);
Response body_problem(const Error& error);
/// Errors become the reply; the caller returns.
std::optional<Json> body_of(const Call& call, const Reply& reply);

bool foreign(const Call& call, const std::string& tenant);
Response foreign_problem(const Call& call);

/// One command, answered after its commit. `conditional`: a conflict is a version's.
void submit_one(const Call& call, Command command, bool conditional, Reply reply);
/// "desk:north" for a centre, "api:<token name>".
std::string actor(const Principal& principal);
/// What the principal's commands may touch.
Scope scope_of(const Principal& principal);
/// "\"7\"" → 7, "*" and nothing → no condition.
Result<std::optional<std::uint32_t>> if_match(const Request& request);

}  // namespace aftercare::collector
