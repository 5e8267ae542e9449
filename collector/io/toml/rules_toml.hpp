// Rule packs as TOML (docs/rules.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Errors: not_found; invalid, listing every mistake as "file:line:column: …". Names of metrics,
/// faults and components are checked later, by Detector::create against a catalogue.
Result<RulePack> load_rule_pack(const std::string& path);
/// `file` names the text in messages.
Result<RulePack> parse_rule_pack(std::string_view text, const std::string& file);

/// Remarks above the pack and above each rule; several lines may be one text.
struct PackComments {
    std::string head;
    std::vector<std::string> rules;
};
/// The `when` of one rule, as it stands in a pack.
std::string condition_to_toml(const Predicate& root);
/// What parse_rule_pack reads back to an equal pack.
std::string rule_pack_to_toml(const RulePack& pack, const PackComments& comments = {});

}  // namespace aftercare::collector
