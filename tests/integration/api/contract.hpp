// docs/api/openapi.yaml as the tests hold it against the program.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "collector/io/http/message.hpp"

namespace aftercare::collector::testing {

class Contract {
  public:
    Contract();

    /// As api_routes() writes them; `open`: those that need no token.
    [[nodiscard]] std::vector<std::string> routes(bool open) const;
    /// Documented status codes of a route.
    [[nodiscard]] std::set<unsigned> statuses(const std::string& route) const;
    /// Names of its query parameters.
    [[nodiscard]] std::vector<std::string> parameters(const std::string& route) const;
    /// How an answer breaks the contract; empty = it keeps it.
    [[nodiscard]] std::string mistake(const std::string& route, const Response& response) const;

  private:
    [[nodiscard]] const nlohmann::json& operation(const std::string& route) const;

    nlohmann::json document_;
    std::map<std::string, std::string> pointers_;  ///< route → where its operation stands
};

}  // namespace aftercare::collector::testing
