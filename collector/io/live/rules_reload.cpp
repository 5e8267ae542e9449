#include "collector/io/live/rules_reload.hpp"

#include <fmt/format.h>

#include <memory>

#include "collector/io/live/knowledge.hpp"
#include "collector/io/live/log.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

void refuse(Lookout& lookout, const Error& error, const RuleKnowledge::Done& done) {
    lookout.rules_reloaded(false);
    const std::string why = error.message + "; the rules of before stay in force";
    log_event(Severeness::error, "rules_refused", why);
    // A file that is not there is a mistake of the config, not of who asks.
    if (done) done(fail(error.code == Errc::not_found ? Errc::invalid : error.code, why));
}

std::string list_of(const std::vector<std::string>& ids) {
    return ids.empty() ? "none" : joined(ids);
}

void tell(const RulesChange& change, const std::string& who) {
    log_event(Severeness::info, "rules_changed",
              fmt::format("rules read again, by {}: {} unchanged keep their memory; changed and "
                          "begun afresh: {}; new: {}; gone: {}",
                          who, change.kept, list_of(change.restarted), list_of(change.added),
                          list_of(change.removed)));
}

/// In the engine's thread. What could not be kept would be in no verify.
void put_in_force(const RulesInForce& rules, const std::vector<PackText>& texts, Detector& next,
                  const std::string& who, const RuleKnowledge::Done& done) {
    const Status kept = rules.store.put_in_force(texts, rules.clock.now().wall);
    if (!kept) return refuse(rules.lookout, kept.error(), done);
    RulesReloaded reloaded{.change = rules.engine.change_rules(rules.detector, next)};
    tell(reloaded.change, who);
    rules.lookout.rules_reloaded(true);
    for (const PackText& text : texts) {
        reloaded.packs.push_back({text.name, text.pack_id, text.version});
    }
    if (done) done(std::move(reloaded));
}

}  // namespace

void RulesReload::begin(const RulesInForce& rules) {
    const std::lock_guard lock(mutex_);
    rules_.emplace(rules);
}

void RulesReload::end() {
    const std::lock_guard lock(mutex_);
    rules_.reset();
}

void RulesReload::run(const std::string& who, const RuleKnowledge::Done& done) {
    const std::lock_guard lock(mutex_);
    if (!rules_) {
        if (done) done(fail(Errc::unavailable, "the collector is starting or stopping"));
        return;
    }
    auto files = load_rule_files(rules_->config.rule_files);
    if (!files) return refuse(rules_->lookout, files.error(), done);
    auto made = Detector::create(std::move(files->pack), rules_->catalogue);
    if (!made) return refuse(rules_->lookout, made.error(), done);
    const std::shared_ptr<Detector> next = std::move(*made);
    const Status waits =
        rules_->thread.between_turns([rules = *rules_, next, texts = std::move(files->texts), who,
                                      done] { put_in_force(rules, texts, *next, who, done); });
    if (!waits) refuse(rules_->lookout, waits.error(), done);
}

}  // namespace aftercare::collector
