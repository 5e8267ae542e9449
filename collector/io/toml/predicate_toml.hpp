// The condition of a rule, read from TOML (docs/rules.md). Private to collector/io/toml.
#pragma once

#include "collector/core/detect/rule.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {

/// What is wrong goes to `mistakes`; the predicate is then of no use. `horizon`: the rule's.
Predicate read_condition(const toml::table& table, milliseconds horizon, Mistakes& mistakes);

}  // namespace aftercare::collector
