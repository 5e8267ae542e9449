#include "collector/io/live/knowledge.hpp"

#include <algorithm>
#include <utility>

#include "collector/io/sqlite/sqlite_store.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/toml/table_reader.hpp"

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

Result<RuleFiles> load_rule_files(const std::vector<std::string>& files) {
    RuleFiles all;
    for (const std::string& file : files) {
        auto text = read_text_file(file);
        if (!text) return fail(text.error());
        auto pack = parse_rule_pack(*text, file);
        if (!pack) return fail(pack.error());
        all.pack.id += (all.pack.id.empty() ? "" : "+") + pack->id;
        all.pack.version = std::max(all.pack.version, pack->version);
        for (Rule& rule : pack->rules) {
            const auto& known = all.pack.rules;
            const bool twice = std::any_of(known.begin(), known.end(),
                                           [&](const Rule& other) { return other.id == rule.id; });
            if (twice) {
                return fail(Errc::invalid,
                            file + ": rule \"" + rule.id + "\" is in another rule file already");
            }
            all.pack.rules.push_back(std::move(rule));
        }
        all.texts.push_back(
            {file.substr(file.find_last_of('/') + 1), pack->id, pack->version, std::move(*text)});
    }
    return all;
}

Result<RulePack> kept_rule_packs(const std::string& database_path,
                                 const std::vector<std::string>& files) {
    const auto documents = read_documents(database_path, Document::rule_pack);
    if (!documents) return fail(documents.error());
    RulePack all;
    for (const KeptDocument& kept : *documents) {
        const bool named = std::any_of(files.begin(), files.end(), [&](const std::string& file) {
            return file.substr(file.find_last_of('/') + 1) == kept.name;
        });
        if (!named) continue;
        auto pack = parse_rule_pack(kept.toml, kept.name);
        if (!pack) return fail(pack.error().within("rule pack in the database"));
        std::move(pack->rules.begin(), pack->rules.end(), std::back_inserter(all.rules));
    }
    return all;
}

Result<RuleHistory> rule_history(const std::string& database_path) {
    const auto packs = read_pack_history(database_path);
    if (!packs) return fail(packs.error());
    RuleHistory history;
    for (const KeptDocument& kept : *packs) {
        const auto pack = parse_rule_pack(kept.toml, kept.name);
        if (!pack) {
            ++history.unreadable;
            continue;
        }
        for (const Rule& rule : pack->rules) {
            RuleSpan& span =
                history.spans.try_emplace(rule_name(rule), RuleSpan{kept.loaded_at, kept.until})
                    .first->second;
            if (span.to) span.to = kept.until ? std::max(span.to, kept.until) : std::nullopt;
        }
    }
    return history;
}

}  // namespace aftercare::collector
