// One entry per route, several where one is not enough: a request that works, and what each kind of
// caller is answered. The matrix of rights, the proof of the contract and the fuzzing of the API
// all run over this list, so a new route is added here and in docs/api/openapi.yaml, and nowhere
// else.
#pragma once

#include <span>

#include "tests/integration/api/house.hpp"

namespace aftercare::collector::testing {

/// In the order of kCallers.
using Answers = std::array<unsigned, kCallers.size()>;

struct RouteCase {
    std::string_view route;   ///< as api_routes() names it
    std::string_view target;  ///< with House::fill's marks; about centre north of tenant acme
    std::string_view body;    ///< empty = none
    Answers answers;
};

std::span<const RouteCase> route_cases();

/// It changes no row, so its answer is not kept: with an Idempotency-Key too it is done again.
inline bool done_again(const RouteCase& of) {
    return of.route == "POST /api/v1/rules/reload";
}
/// "GET" of "GET /api/v1/tickets".
inline std::string_view method_of(const RouteCase& of) {
    return of.route.substr(0, of.route.find(' '));
}

}  // namespace aftercare::collector::testing
