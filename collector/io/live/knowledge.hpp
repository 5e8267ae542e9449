// Catalogue and rules as the config names them, from one file or several.
#pragma once

#include <string>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "collector/core/learn/calibration/rule_report.hpp"
#include "collector/core/model/catalogue.hpp"
#include "collector/io/sqlite/pack_text.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// The models of all files.  Errors: invalid (of a file, or a model in two of them), not_found.
Result<Catalogue> load_catalogues(const std::vector<std::string>& files);

/// The rules of all files as one pack named "first+second", and the texts it was read from.
struct RuleFiles {
    RulePack pack;
    std::vector<PackText> texts;
};
/// Errors: invalid (of a file, or a rule id in two of them), not_found.
Result<RuleFiles> load_rule_files(const std::vector<std::string>& files);

/// The rules of these files as the database keeps them: what the running engine was started with.
/// Errors: of read_documents; invalid, of a text.
Result<RulePack> kept_rule_packs(const std::string& database_path,
                                 const std::vector<std::string>& files);

/// When each version of each rule was in force, from the packs that the database keeps.
struct RuleHistory {
    RuleSpans spans;
    /// Packs that this program cannot read: rules may have begun with them, and seem younger.
    std::size_t unreadable = 0;
};
/// Errors: of read_pack_history.
Result<RuleHistory> rule_history(const std::string& database_path);

}  // namespace aftercare::collector
