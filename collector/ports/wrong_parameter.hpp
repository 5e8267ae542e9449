// A list asked for by a parameter that makes no sense: an error that carries the parameter's name.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"

namespace aftercare::collector {

inline constexpr std::string_view kParameterMark = "parameter \"";

/// Errors: always, invalid: `parameter "cursor": …`.
inline tl::unexpected<Error> wrong_parameter(std::string_view name, std::string_view why) {
    return fail(Errc::invalid,
                std::string(kParameterMark) + std::string(name) + "\": " + std::string(why));
}

/// The name that `wrong_parameter` was given; empty for any other error.
inline std::string_view parameter_of(const Error& error) {
    std::string_view rest = error.message;
    if (error.code != Errc::invalid || !rest.starts_with(kParameterMark)) return {};
    rest.remove_prefix(kParameterMark.size());
    return rest.substr(0, rest.find('"'));
}

}  // namespace aftercare::collector
