// Who may use the API. A token is shown once when it is made; only its SHA-256 is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

enum class Role : std::uint8_t {
    maker,    ///< reads and writes everything of its tenant
    centre,   ///< reads and writes the tickets of its service centre
    auditor,  ///< reads everything of its tenant
};
constexpr std::string_view to_string(Role role) {
    return role == Role::maker ? "maker" : role == Role::centre ? "centre" : "auditor";
}
constexpr std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::maker, Role::centre, Role::auditor}) {
        if (text == to_string(role)) return role;
    }
    return std::nullopt;
}

/// On whose behalf a request acts.
struct Principal {
    std::string name;  ///< of the token, appears as "api:<name>" in ticket events
    Role role = Role::auditor;
    std::string tenant;
    std::string centre;  ///< role centre only
};

struct TokenRow {
    std::string sha256;  ///< lower-case hex, 64 characters
    Principal principal;
    WallTime created_at{};
    std::optional<WallTime> revoked_at;  ///< kept for good: who could act, from when to when
};

class Tokens {
  public:
    virtual ~Tokens() = default;
    /// Errors: not_found (also when revoked), unavailable.
    virtual Result<Principal> find(const std::string& sha256) = 0;
    /// Errors: conflict (name or hash exists), unavailable.
    virtual Status add(const TokenRow& row) = 0;
    /// Ends a token at once; its row stays. Again: keeps the first time.
    /// Errors: not_found, unavailable.
    virtual Status revoke(const std::string& name, WallTime now) = 0;
    virtual Result<std::vector<TokenRow>> list() = 0;
};

}  // namespace aftercare::collector
