#include "collector/core/model/problem.hpp"

#include <array>

#include "collector/core/model/text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 4> kStates{"open", "released", "rolled_up", "resolved"};

}  // namespace

std::string_view to_string(ProblemState state) {
    return name_in(kStates, state);
}
std::optional<ProblemState> parse_problem_state(std::string_view text) {
    return member_in<ProblemState>(kStates, text);
}

}  // namespace aftercare::collector
