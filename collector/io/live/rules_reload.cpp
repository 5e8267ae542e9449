#include "collector/io/live/rules_reload.hpp"

#include <fmt/format.h>

#include <memory>

#include "collector/io/live/knowledge.hpp"
#include "collector/io/live/log.hpp"

namespace aftercare::collector {
namespace {

void refuse(Lookout& lookout, const Error& error) {
    lookout.rules_reloaded(false);
    log_event(Severeness::error, "rules_refused",
              error.message + "; the rules of before stay in force");
}

std::string list_of(const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
    return text.empty() ? "none" : text;
}

void tell(const RulesChange& change) {
    log_event(Severeness::info, "rules_changed",
              fmt::format("rules read again: {} unchanged keep their memory; changed and begun "
                          "afresh: {}; new: {}; gone: {}",
                          change.kept, list_of(change.restarted), list_of(change.added),
                          list_of(change.removed)));
}

/// In the engine's thread. What could not be kept would be in no verify.
void put_in_force(const RulesInForce& rules, const std::vector<PackText>& texts, Detector& next) {
    const Status kept = rules.store.put_in_force(texts, rules.clock.now().wall);
    if (!kept) return refuse(rules.lookout, kept.error());
    tell(rules.engine.change_rules(rules.detector, next));
    rules.lookout.rules_reloaded(true);
}

}  // namespace

void reload_rules(const RulesInForce& rules, EngineThread& engine) {
    auto files = load_rule_files(rules.config.rule_files);
    if (!files) return refuse(rules.lookout, files.error());
    auto made = Detector::create(std::move(files->pack), rules.catalogue);
    if (!made) return refuse(rules.lookout, made.error());
    const std::shared_ptr<Detector> next = std::move(*made);
    engine.between_turns(
        [rules, next, texts = std::move(files->texts)] { put_in_force(rules, texts, *next); });
}

}  // namespace aftercare::collector
