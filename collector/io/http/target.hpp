// A request target taken apart: path segments and query parameters, percent-decoded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

struct Target {
    std::vector<std::string> segments;  ///< "/api/v1/tickets" → api, v1, tickets; "/" → none
    std::map<std::string, std::string, std::less<>> query;
};

/// Errors: invalid (not an origin-form target, a parameter given twice).
Result<Target> parse_target(std::string_view text);

/// Percent-encodes what a query value may not hold.
std::string query_encoded(std::string_view text);

/// Reads the parameters of one route; the first mistake is kept with its name, and `finish` refuses
/// parameters that nobody asked for.
class QueryReader {
  public:
    explicit QueryReader(const Target& target) : target_(target) {}

    std::string text(std::string_view name);
    std::size_t count(std::string_view name, std::size_t low, std::size_t high,
                      std::size_t otherwise);
    /// "true" or "false"; false when it is not there.
    bool flag(std::string_view name);
    std::optional<WallTime> time(std::string_view name);
    void refuse(std::string_view name, std::string why);

    struct Mistake {
        std::string field;
        std::string why;
    };
    [[nodiscard]] const std::optional<Mistake>& finish();

  private:
    const Target& target_;
    std::vector<std::string> known_;
    std::optional<Mistake> mistake_;
};

}  // namespace aftercare::collector
