// Rule packs as TOML (docs/rules.md).
#pragma once

#include <string>
#include <string_view>

#include "collector/core/detect/rule.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Errors: not_found; invalid, listing every mistake as "file:line:column: …". Names of metrics,
/// faults and components are checked later, by Detector::create against a catalogue.
Result<RulePack> load_rule_pack(const std::string& path);
/// `file` names the text in messages.
Result<RulePack> parse_rule_pack(std::string_view text, const std::string& file);

}  // namespace aftercare::collector
