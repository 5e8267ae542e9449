// Bearer tokens: made from system randomness, compared by hash.
#pragma once

#include <string>
#include <string_view>

#include "collector/ports/tokens.hpp"

namespace aftercare::collector {

/// SHA-256 as lower-case hex; the key under which a token is stored.
std::string token_sha256(std::string_view token);

/// Makes a token for `principal` (an empty name gets one), stores its hash and returns the token,
/// which cannot be had again. Errors: invalid (bad tenant or centre id, a centre role without
/// centre), conflict, unavailable.
Result<std::string> create_token(Tokens& tokens, Principal principal, WallTime now);

}  // namespace aftercare::collector
