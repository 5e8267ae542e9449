// The collector of the world: real engine, pump and SQLite store, with the deaths a scenario asks
// for. Takes messages from the broker's queue, commands from people; a command is repeated until it
// is answered, as any careful client of the API does.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/io/pump.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "common/rng.hpp"
#include "firmware_sim/model/scenario.hpp"

namespace aftercare::sim {

/// Sees every commit once it is stored.
class CommitObserver {
  public:
    virtual ~CommitObserver() = default;
    virtual void on_committed(const collector::Commit& commit) = 0;
};

/// What a database keeps to explain the numbers in it.
struct RunDocument {
    collector::Document kind{};
    std::string name;
    std::string text;
};

/// Opens the store of one run; a test hands in one that breaks its promise.
using StoreFactory = std::function<Result<std::unique_ptr<collector::Store>>(
    const std::string& path, const std::vector<RunDocument>& documents, WallTime now)>;
/// SQLite without fsync: the process lives on, only the collector inside it dies.
Result<std::unique_ptr<collector::Store>> open_sqlite(const std::string& path,
                                                      const std::vector<RunDocument>& documents,
                                                      WallTime now);

enum class Death : std::uint8_t { none, before_commit, inside_commit, after_commit };
std::string_view to_string(Death death);

class CollectorHost {
  public:
    struct Setup {
        collector::Settings settings;
        const collector::Catalogue* catalogue = nullptr;
        const collector::Detector* detector = nullptr;
        std::string database_path;
        StoreFactory open_store = open_sqlite;
        std::vector<RunDocument> documents;
        CollectorOptions options;
    };
    CollectorHost(Setup setup, CommitObserver& observer, Rng rng);
    ~CollectorHost();

    /// Opens the store and loads it.  Errors: of the store and of Engine::create.
    Status start(WallTime now);
    [[nodiscard]] bool running() const { return pump_ != nullptr; }

    void submit(collector::Command command) { waiting_.push_back({.command = std::move(command)}); }
    [[nodiscard]] bool commands_waiting() const { return !waiting_.empty(); }

    struct Step {
        std::vector<collector::OutgoingMessage> publications;
        Death death = Death::none;
    };
    /// One batch. After a death it is not running until start().
    /// Errors: of the store, other than those asked for.
    Result<Step> step(std::span<const collector::Message> messages, collector::Now now);
    /// Deaths and refusals happen only while this is on; off at first.
    void let_die(bool on) { dying_ = on; }

    /// Ends the collector in good order.
    void close();
    [[nodiscard]] const CollectorOptions& options() const { return setup_.options; }

    [[nodiscard]] collector::Engine::Statistics statistics() const { return engine_->statistics(); }
    struct Counters {
        std::uint64_t batches = 0, deaths = 0, store_refusals = 0;
        std::uint64_t commands = 0, commands_refused = 0, commands_repeated = 0;
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }
    /// The first few, for people.
    [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }

  private:
    class WatchedStore;
    struct Waiting {
        collector::Command command;
        bool tried = false;
        bool answered = false;
        bool refused = false;
    };
    Death draw_death();
    std::vector<collector::PendingCommand> pending_commands();
    void answer(std::size_t index, const Result<collector::CommandReply>& reply);
    void die();
    void settle();
    /// A piece a batch while there is any to do, as the live collector does when it is calm.
    Status keep_house(WallTime now);

    Setup setup_;
    CommitObserver& observer_;
    Rng rng_;
    bool dying_ = false;
    WallTime house_at_ = WallTime::min();
    std::unique_ptr<WatchedStore> store_;
    std::unique_ptr<collector::Engine> engine_;
    std::unique_ptr<collector::Pump> pump_;
    std::vector<Waiting> waiting_;
    Counters counters_;
    std::vector<std::string> refusals_;
};

}  // namespace aftercare::sim
