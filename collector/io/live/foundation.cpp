#include "collector/io/live/foundation.hpp"

#include <fmt/format.h>

#include "collector/io/live/knowledge.hpp"
#include "collector/io/live/log.hpp"
#include "collector/io/sqlite/backup.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {
namespace {

/// Each file under its own name, so that stored ids keep their meaning.
Status keep_documents(SqliteStore& store, const CollectorConfig& config,
                      const std::vector<PackText>& packs, WallTime now) {
    for (const std::string& file : config.catalogue_files) {
        const Result<std::string> text = read_text_file(file);
        if (!text) return fail(text.error());
        const std::string name = file.substr(file.find_last_of('/') + 1);
        Status kept = store.keep_document(Document::catalogue, name, 1, *text, now);
        if (!kept) return kept;
    }
    return store.put_in_force(packs, now);
}

Result<std::unique_ptr<SqliteStore>> open_store(const CollectorConfig& config) {
    const StoreOptions options{.retention = config.retention};
    auto store = SqliteStore::open(config.database_path, options);
    if (store || store.error().code != Errc::corrupt || !config.set_aside_corrupt) return store;
    const auto aside = set_aside(config.database_path, "corrupt", real_wall_now());
    if (!aside) return fail(aside.error());
    log_event(Severeness::error, "database_set_aside",
              store.error().message + "; it is now " + *aside + ", and a new one is made");
    return SqliteStore::open(config.database_path, options);
}

}  // namespace

Started<std::unique_ptr<Foundation>> lay_foundation(const CollectorConfig& config,
                                                    const Catalogue& catalogue) {
    auto base = std::make_unique<Foundation>();
    base->config = config;
    base->clock.scaled = config.clock;
    base->catalogue = catalogue;
    auto rules = load_rule_files(base->config.rule_files);
    if (!rules) return config_failure(rules.error());
    const std::size_t rule_count = rules->pack.rules.size();
    auto detector = Detector::create(std::move(rules->pack), base->catalogue);
    if (!detector) return config_failure(detector.error());
    base->detector = std::move(*detector);

    auto store = open_store(base->config);
    if (!store) return io_failure(store.error());
    base->store = std::move(*store);
    const WallTime now = base->clock.now().wall;
    if (Status kept = keep_documents(*base->store, base->config, rules->texts, now); !kept) {
        return io_failure(kept.error());
    }
    auto loaded = base->store->load(base->config.settings, now);
    if (!loaded) return io_failure(loaded.error());
    auto engine =
        Engine::create(base->config.settings, base->catalogue, *base->detector, std::move(*loaded));
    if (!engine) return io_failure(engine.error());
    base->engine = std::move(*engine);
    const auto statistics = base->engine->statistics();
    log_event(Severeness::info, "database_opened",
              fmt::format("database {}: {} devices, {} open tickets; {} models, {} rules",
                          base->config.database_path, statistics.device_count,
                          statistics.open_ticket_count, base->catalogue.models.size(), rule_count));
    if (statistics.states_restarted > 0) {
        log_event(Severeness::warning, "states_restarted",
                  fmt::format("the state of {} devices was written by another version of this "
                              "program: their marks and master data are kept, what the rules "
                              "gathered begins afresh",
                              statistics.states_restarted));
    }
    return base;
}

}  // namespace aftercare::collector
