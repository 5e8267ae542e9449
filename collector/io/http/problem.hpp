// RFC 9457 problem details: every refusal says what is wrong, where, and what to do.
#pragma once

#include <string>
#include <string_view>

#include "collector/io/http/message.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// "Bad Request" for 400 …
std::string_view status_title(unsigned status);

/// `field` names the member, parameter or header at fault; empty when none is.
Response problem(unsigned status, std::string_view detail, std::string_view field = {});

/// As below.
unsigned problem_status(Errc code);
/// invalid 422, not_found 404, conflict 409, denied 403, exhausted and unavailable 503, corrupt
/// 500.
Response problem(const Error& error, std::string_view field = {});

}  // namespace aftercare::collector
