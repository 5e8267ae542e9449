#include "collector/cli/kept_knowledge.hpp"

#include <algorithm>
#include <set>

#include "collector/io/sqlite/sqlite_store.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"

namespace aftercare::collector {

Result<KeptKnowledge> kept_knowledge(const std::string& database_path) {
    KeptKnowledge knowledge;
    std::set<WallTime> catalogues_at;
    const auto catalogues = read_documents(database_path, Document::catalogue);
    if (!catalogues) return fail(catalogues.error());
    for (const KeptDocument& kept : *catalogues) {
        catalogues_at.insert(kept.loaded_at);
        Result<Catalogue> catalogue = parse_catalogue(kept.toml, kept.name);
        if (!catalogue) return fail(catalogue.error().within("catalogue in the database"));
        for (ModelInfo& model : catalogue->models) {
            if (knowledge.catalogue.model(model.id) == nullptr) {
                knowledge.catalogue.models.push_back(std::move(model));
            }
        }
    }
    const auto packs = read_documents(database_path, Document::rule_pack);
    if (!packs) return fail(packs.error());
    std::set<std::string> rule_ids;
    for (const KeptDocument& kept : *packs) {
        Result<RulePack> pack = parse_rule_pack(kept.toml, kept.name);
        if (!pack) return fail(pack.error().within("rule pack in the database"));
        for (Rule& rule : pack->rules) {
            if (rule_ids.insert(rule.id).second) knowledge.pack.rules.push_back(std::move(rule));
        }
    }
    const auto changed_at = packs_changed_at(database_path);
    if (!changed_at) return fail(changed_at.error());
    knowledge.since = catalogues_at.size() == 1
                          ? std::max(*catalogues_at.begin(), changed_at->value_or(WallTime::min()))
                          : WallTime::max();
    return knowledge;
}

}  // namespace aftercare::collector
