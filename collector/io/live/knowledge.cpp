#include "collector/io/live/knowledge.hpp"

#include <algorithm>
#include <utility>

#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"

namespace aftercare::collector {

Result<Catalogue> load_catalogues(const std::vector<std::string>& files) {
    Catalogue all;
    for (const std::string& file : files) {
        auto catalogue = load_catalogue(file);
        if (!catalogue) return catalogue;
        for (ModelInfo& model : catalogue->models) {
            if (all.model(model.id) != nullptr) {
                return fail(Errc::invalid, file + ": model \"" + model.id +
                                               "\" is in another catalogue file already");
            }
            all.models.push_back(std::move(model));
        }
    }
    return all;
}

Result<RulePack> load_rule_packs(const std::vector<std::string>& files) {
    RulePack all;
    for (const std::string& file : files) {
        auto pack = load_rule_pack(file);
        if (!pack) return pack;
        all.id += (all.id.empty() ? "" : "+") + pack->id;
        all.version = std::max(all.version, pack->version);
        for (Rule& rule : pack->rules) {
            const bool twice = std::any_of(all.rules.begin(), all.rules.end(),
                                           [&](const Rule& known) { return known.id == rule.id; });
            if (twice) {
                return fail(Errc::invalid,
                            file + ": rule \"" + rule.id + "\" is in another rule file already");
            }
            all.rules.push_back(std::move(rule));
        }
    }
    return all;
}

}  // namespace aftercare::collector
