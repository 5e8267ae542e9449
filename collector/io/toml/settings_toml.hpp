// The settings that a model's devices are given: [model.settings] of the catalogue.
#pragma once

#include "collector/core/model/catalogue.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {

/// Fills model.settings.  Pre: metrics and faults of the model are known.
void read_settings(const toml::table& table, ModelInfo& model, Mistakes& mistakes);
/// The same as TOML; nothing when the model has none.
std::string settings_to_toml(const ModelInfo& model);

}  // namespace aftercare::collector
