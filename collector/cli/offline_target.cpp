#include <algorithm>

#include "collector/cli/import_target.hpp"
#include "collector/cli/kept_knowledge.hpp"
#include "collector/cli/shell.hpp"
#include "collector/core/detect/detector.hpp"
#include "collector/io/live/config.hpp"
#include "collector/io/live/knowledge.hpp"
#include "collector/io/pump.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"

namespace aftercare::collector {
namespace {

struct Knowledge {
    Settings settings;
    Catalogue catalogue;
    RulePack pack;
};

Result<Knowledge> configured_knowledge(const std::string& config_file) {
    Result<CollectorConfig> config = load_config(config_file);
    if (!config) return fail(config.error());
    Result<Catalogue> catalogue = load_catalogues(config->catalogue_files);
    if (!catalogue) return fail(catalogue.error());
    Result<RuleFiles> rules = load_rule_files(config->rule_files);
    if (!rules) return fail(rules.error());
    return Knowledge{config->settings, std::move(*catalogue), std::move(rules->pack)};
}

/// What the last collector or simulation left in the database.
Result<Knowledge> knowledge_in(const std::string& path, std::vector<std::string>& warnings) {
    Result<KeptKnowledge> kept = kept_knowledge(path);
    if (!kept) return fail(kept.error());
    if (kept->pack.rules.empty()) {
        warnings.emplace_back(
            "the database keeps no rule pack: rules start afresh on the devices touched "
            "(--config FILE brings them)");
    }
    Knowledge knowledge;
    knowledge.catalogue = std::move(kept->catalogue);
    knowledge.pack = std::move(kept->pack);
    return knowledge;
}

/// Every moment of the loaded state at which something happened.
WallTime last_moment(const Loaded& loaded) {
    WallTime last{};
    const auto add = [&last](const std::optional<WallTime>& at) {
        if (at) last = std::max(last, *at);
    };
    for (const DeviceStateRow& device : loaded.devices) add(device.info.last_seen_at);
    for (const auto* tickets : {&loaded.open_tickets, &loaded.recent_tickets}) {
        for (const Ticket& ticket : *tickets) {
            add(ticket.opened_at);
            add(ticket.resolved_at);
            add(ticket.closed_at);
        }
    }
    return last;
}

class OfflineTarget final : public ImportTarget {
  public:
    std::unique_ptr<SqliteStore> store;
    Catalogue catalogue;
    std::unique_ptr<Detector> detector;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Pump> pump;
    WallTime now{};
    std::vector<std::string> tenants;

    Result<std::string> default_tenant() const override {
        if (tenants.size() == 1) return tenants.front();
        return fail(Errc::invalid,
                    tenants.empty() ? "the database knows no tenant yet: name it with --tenant"
                                    : "the database has several tenants: choose one with --tenant, "
                                      "or name it in a column");
    }

    Result<std::vector<Result<CommandReply>>> apply(std::span<const ImportItem> items) override {
        std::vector<Result<CommandReply>> replies;
        std::vector<PendingCommand> commands;
        for (const ImportItem& item : items) {
            move_clock(item.command);
            commands.push_back({item.command, [&replies](Result<CommandReply> reply) {
                                    replies.push_back(std::move(reply));
                                }});
        }
        const auto published = pump->run({}, commands, Now{Instant{}, now});
        if (!published) return fail(published.error());
        AFTERCARE_ASSERT(replies.size() == items.size());
        return replies;
    }

  private:
    void move_clock(const Command& command) {
        const auto* submitted = std::get_if<SubmitOutcome>(&command);
        if (submitted != nullptr) now = std::max(now, std::min(submitted->outcome.at, real_now()));
    }
};

}  // namespace

Result<std::unique_ptr<ImportTarget>> open_offline_target(const OfflineOptions& options,
                                                          std::vector<std::string>& warnings) {
    auto target = std::make_unique<OfflineTarget>();
    auto store = SqliteStore::open(options.database_path);
    if (!store) return fail(store.error());
    target->store = std::move(*store);
    Result<Knowledge> knowledge = options.config_file.empty()
                                      ? knowledge_in(options.database_path, warnings)
                                      : configured_knowledge(options.config_file);
    if (!knowledge) return fail(knowledge.error());

    // Everything young enough to be matched, seen from the database's own present: first a look at
    // when that is, then the load.
    Result<Loaded> probe = target->store->load(knowledge->settings, WallTime{});
    if (!probe) return fail(probe.error());
    target->now = last_moment(*probe);
    Result<Loaded> loaded = target->store->load(knowledge->settings, target->now);
    if (!loaded) return fail(loaded.error());

    std::vector<std::string>& tenants = knowledge->settings.tenants;
    if (!options.tenant.empty() &&
        std::find(tenants.begin(), tenants.end(), options.tenant) == tenants.end()) {
        tenants.push_back(options.tenant);
    }
    for (const DeviceStateRow& device : loaded->devices) {
        if (std::find(tenants.begin(), tenants.end(), device.info.tenant) == tenants.end()) {
            tenants.push_back(device.info.tenant);
        }
    }
    target->tenants = tenants;
    target->catalogue = std::move(knowledge->catalogue);
    auto detector = Detector::create(std::move(knowledge->pack), target->catalogue);
    if (!detector) return fail(detector.error());
    target->detector = std::move(*detector);
    auto engine = Engine::create(knowledge->settings, target->catalogue, *target->detector,
                                 std::move(*loaded));
    if (!engine) return fail(engine.error());
    target->engine = std::move(*engine);
    target->pump = std::make_unique<Pump>(*target->engine, *target->store);
    return target;
}

}  // namespace aftercare::collector
