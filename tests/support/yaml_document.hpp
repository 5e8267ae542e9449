// A YAML file as a JSON value, for tests that read documents which people write.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "common/result.hpp"

namespace aftercare::test {

/// Plain scalars become null, booleans and numbers where they look like one (YAML 1.2 core schema).
/// Errors: invalid, with line and column; also for a key that stands twice in one mapping.
Result<nlohmann::json> parse_yaml(const std::string& text);

}  // namespace aftercare::test
