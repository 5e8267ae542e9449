#include "collector/io/live/live.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>

#include "collector/io/http/api.hpp"
#include "collector/io/http/server.hpp"
#include "collector/io/live/centre_config.hpp"
#include "collector/io/live/engine_thread.hpp"
#include "collector/io/live/foundation.hpp"
#include "collector/io/live/knowledge.hpp"
#include "collector/io/live/log.hpp"
#include "collector/io/live/lookout.hpp"
#include "collector/io/live/rules_reload.hpp"
#include "collector/io/paho/paho_source.hpp"
#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/tokens.hpp"

namespace aftercare::collector {
namespace {

/// Blocked in every thread started later, so that only the main thread's sigwait sees them.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A closed connection and a limit of file size are error codes, not the end.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    return set;
}

Started<CollectorConfig> configure(const RunOptions& options) {
    CollectorConfig config;
    if (!options.config_file.empty()) {
        auto loaded = load_config(options.config_file);
        if (!loaded) return config_failure(loaded.error());
        config = std::move(*loaded);
    }
    auto complete = with_options(std::move(config), options, real_wall_now());
    if (!complete) return config_failure(complete.error());
    return std::move(*complete);
}

Started<std::unique_ptr<PahoSource>> connect_source(const CollectorConfig& config,
                                                    Lookout& lookout) {
    PahoOptions options{.url = config.broker.url,
                        .client_id = config.broker.client_id,
                        .username = config.broker.username,
                        .ca_file = config.broker.ca_file,
                        .cert_file = config.broker.cert_file,
                        .key_file = config.broker.key_file,
                        .buckets = config.broker.buckets,
                        .desk = config.settings.sla.any_desk(),
                        .queue = {config.batch.queue_reports_max, config.batch.queue_bytes_max,
                                  config.batch.bytes_max}};
    if (!config.broker.password_file.empty()) {
        auto password = read_secret(config.broker.password_file);
        if (!password) return config_failure(password.error());
        options.password = std::move(*password);
    }
    options.seed = static_cast<std::uint64_t>(real_wall_now().time_since_epoch().count()) ^
                   static_cast<std::uint64_t>(::getpid());
    options.on_link = [&lookout](bool connected, const std::string& why) {
        lookout.broker_changed(connected, why);
        if (connected) {
            log_event(Severeness::info, "broker_connected", "broker: " + why);
        } else {
            log_event(Severeness::warning, "broker_lost",
                      "broker: " + why + "; trying again until it answers");
        }
    };
    auto source = PahoSource::create(std::move(options));
    if (!source) return config_failure(source.error());
    return std::move(*source);
}

ReadSides::Open read_side_opener(const std::string& database_path) {
    return [database_path]() -> Result<ReadSide> {
        auto queries = SqliteQueries::open(database_path);
        if (!queries) return fail(queries.error());
        auto tokens = SqliteTokens::open(database_path);
        if (!tokens) return fail(tokens.error());
        return ReadSide{std::move(*queries), std::move(*tokens)};
    };
}

Status write_port_file(const std::string& file, std::uint16_t port) {
    if (file.empty()) return {};
    // Whoever waits for the file must never read half of it.
    const std::string fresh = file + ".new";
    std::ofstream stream(fresh);
    stream << port << '\n';
    stream.close();
    if (!stream || std::rename(fresh.c_str(), file.c_str()) != 0) {
        return fail(Errc::unavailable, "cannot write the port file " + file);
    }
    return {};
}

void tell_housekeeping(const std::string& why) {
    log_event(Severeness::warning, "housekeeping_failed", why + "; trying again");
}

/// In the journal too: makers hear it on the stream of events, and `rules report` begins with it.
void tell_standing(const RuleStanding& standing) {
    const bool by_itself = standing.who == kEngine;
    log_event(by_itself ? Severeness::warning : Severeness::info,
              by_itself ? "rule_shelved_itself" : "rule_changed",
              fmt::format("rule {}@{} is {} now, by {}: {}", standing.rule_id, standing.version,
                          to_string(standing.mode), standing.who, standing.why));
}

void tell_store_change(bool working, const std::string& why) {
    if (working) {
        log_event(Severeness::info, "store_works", "store: " + why);
    } else {
        log_event(Severeness::error, "store_refuses",
                  "store: " + why + "; nothing more is taken in until it works again");
    }
}

/// Until one of them comes, which is returned; keeps looking meanwhile, so that readiness is dated.
int await_signal(const sigset_t& signals, Lookout& lookout) {
    constexpr timespec kLookPeriod{.tv_sec = 1, .tv_nsec = 0};
    while (true) {
        const int signal = sigtimedwait(&signals, nullptr, &kLookPeriod);
        if (signal > 0) return signal;
        lookout.look();
    }
}

/// The working parts; each ends before those above it, which it uses. Serves until a stop signal,
/// then takes no more in, stores what is here and ends the engine.
int run_parts(Foundation& base, PahoSource& source, CommandQueue& commands, Lookout& lookout,
              RulesReload& reload, const sigset_t& signals) {
    MeteredStore store(*base.store, tell_standing);
    Pump pump(*base.engine, store);
    EngineLoop loop(pump, source, commands,
                    {.reports_max = base.config.batch.reports_max,
                     .bytes_max = base.config.batch.bytes_max,
                     .on_store = tell_store_change});
    EngineThread engine({.engine = *base.engine,
                         .pump = pump,
                         .store = store,
                         .loop = loop,
                         .clock = base.clock,
                         .interval = base.config.batch.interval,
                         .on_broken = [] { ::kill(::getpid(), SIGTERM); },
                         .on_housekeeping = tell_housekeeping});
    lookout.watch(engine, source);
    reload.begin({.config = base.config,
                  .catalogue = base.catalogue,
                  .detector = *base.detector,
                  .store = *base.store,
                  .engine = *base.engine,
                  .clock = base.clock,
                  .lookout = lookout,
                  .thread = engine});
    while (await_signal(signals, lookout) == SIGHUP) reload.run("SIGHUP", {});
    log_event(Severeness::info, "stopping", "stopping: taking no more in, storing what is here");
    source.hold_intake();
    commands.close();
    reload.end();
    const bool drained = engine.stop();
    lookout.forget_parts();
    if (!engine.broken_because().empty()) {
        log_event(Severeness::critical, "engine_bug",
                  "this is a bug: the engine contradicts the database, which refused the change: " +
                      engine.broken_because() +
                      ". Nothing of the batch was stored or acknowledged; devices send it again. "
                      "Please report it, and keep for the report: this log, the config with "
                      "catalogue and rules, and a copy of the database made with "
                      "aftercare-collector backup");
        return kExitBug;
    }
    if (!drained) {
        log_event(Severeness::error, "stopped_undrained",
                  "store: refused until the end; what was not stored was not acknowledged");
        return kExitIo;
    }
    log_event(Severeness::info, "stopped", "stopped");
    return 0;
}

/// Everything behind the listener: reads the database, then works until a stop signal.
Started<int> work(const CollectorConfig& config, const Catalogue& catalogue, const Server& server,
                  CommandQueue& commands, Lookout& lookout, RulesReload& reload,
                  const sigset_t& signals) {
    const auto began = std::chrono::steady_clock::now();
    const auto base = lay_foundation(config, catalogue);
    if (!base) return tl::unexpected(base.error());
    lookout.warm_start_took(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    const auto source = connect_source(config, lookout);
    if (!source) return tl::unexpected(source.error());
    if (Status written = write_port_file(config.http.port_file, server.port()); !written) {
        return io_failure(written.error());
    }
    log_event(Severeness::info, "listening",
              fmt::format("console and API: http://{}:{}/", config.http.host, server.port()));
    return run_parts(**base, **source, commands, lookout, reload, signals);
}

/// What the record of the rules asks the database for.
Result<RuleKnowledge::Kept> kept_rules(const CollectorConfig& config) {
    auto pack = kept_rule_packs(config.database_path, config.rule_files);
    if (!pack) return fail(pack.error());
    auto history = rule_history(config.database_path);
    if (!history) return fail(history.error());
    return RuleKnowledge::Kept{std::move(*pack), std::move(history->spans)};
}

int complain(const Failure& failure) {
    log_event(Severeness::critical, "ended", failure.message);
    return failure.exit_code;
}

}  // namespace

int run_live(const RunOptions& options) {
    const sigset_t signals = block_signals();
    start_log({.level = options.log_level});
    const auto config = configure(options);
    if (!config) return complain(config.error());
    start_log(config->log);
    const auto catalogue = load_catalogues(config->catalogue_files);
    if (!catalogue) return complain(config_failure(catalogue.error()).value());
    const Status centres = check_centres(config->catalogue_names, *catalogue);
    if (!centres) return complain(config_failure(centres.error()).value());
    const LiveClock clock{config->clock};
    CommandQueue commands;
    Lookout lookout(config->database_path, commands);
    RulesReload reload;
    Api api({read_side_opener(config->database_path),
             commands,
             [clock] { return clock.now().wall; },
             [&lookout] { return lookout.figures(); },
             *catalogue,
             config->settings.sla,
             {[&config] { return kept_rules(*config); }, config->costs, config->rules_owner,
              [&reload](const std::string& who, const RuleKnowledge::Done& done) {
                  reload.run(who, done);
              }},
             [clock] { return clock.now().instant; },
             config->http.limits});
    const HttpConfig& http = config->http;
    // Listens before the database is read: a long start shows as "not ready", not as silence.
    const auto server = Server::start(
        {.host = http.host, .port = http.port, .connections_max = http.connections_max},
        [&api](Request request, Reply reply) { api.handle(std::move(request), std::move(reply)); });
    if (!server) return complain({kExitUnavailable, server.error().message});
    lookout.watch(**server, api);
    const Started<int> ended =
        work(*config, *catalogue, **server, commands, lookout, reload, signals);
    return ended ? *ended : complain(ended.error());
}

}  // namespace aftercare::collector
