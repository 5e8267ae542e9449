// The maker's catalogue as TOML (docs/catalogue.md), and catalogues for recorded traces that bring
// none.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Errors: not_found; invalid, listing every mistake as "file:line:column: …".
Result<Catalogue> load_catalogue(const std::string& path);
/// `file` names the text in messages.
Result<Catalogue> parse_catalogue(std::string_view text, const std::string& file);

/// What parse_catalogue reads back to an equal catalogue, so that a database can keep it.
std::string catalogue_to_toml(const Catalogue& catalogue);

/// A catalogue for a trace folder: every model has all the names, with ids 1, 2, 3 … in sorted
/// order and one failure mode per component that carries the component's name.
Catalogue catalogue_for_trace(std::vector<std::string> models, std::vector<std::string> metrics,
                              std::vector<std::string> fault_codes,
                              std::vector<std::string> components);

}  // namespace aftercare::collector
