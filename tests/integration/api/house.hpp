// The API over a real engine and a real database, in one process, on a clock of its own, with every
// kind of row of two tenants and two service centres in it.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "collector/io/http/api.hpp"
#include "collector/io/pump.hpp"
#include "collector/io/sqlite/tokens.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

namespace aftercare::collector::testing {

/// Who asks. Everything that is asked for belongs to tenant "acme" and its centre "north".
enum class Caller : std::uint8_t { nobody, revoked, maker, auditor, centre, rival, south };
inline constexpr std::array kCallers{Caller::nobody,  Caller::revoked, Caller::maker,
                                     Caller::auditor, Caller::centre,  Caller::rival,
                                     Caller::south};
std::string_view to_string(Caller caller);

class House {
  public:
    House();
    ~House();
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    /// Asks and waits for the answer; the engine takes its turn in between. Thread: any.
    Response ask(Request request);
    Response ask(Caller caller, std::string_view method, const std::string& target,
                 const std::string& body = {},
                 std::map<std::string, std::string, std::less<>> headers = {});

    /// {n} a new number, {problem} a new fleet problem, {incident} the seeded one, {review} a new
    /// outcome in review, {ticket} a new open ticket of centre north, {other} one of the same
    /// device, {case} and {device} the seeded ones with every kind of row; the same within one
    /// call.
    std::string fill(std::string text);
    struct Filled {
        std::string target, body;
    };
    Filled fill(std::string_view target, std::string_view body);

    [[nodiscard]] const std::string& token(Caller caller) const {
        return tokens_.at(static_cast<std::size_t>(caller));
    }
    /// Ids and secret words of rows that `caller` must never see.
    [[nodiscard]] std::set<std::string> secrets_from(Caller caller) const;
    /// Of everything in the database but what a read may touch.
    [[nodiscard]] std::uint64_t content() const;
    /// Transactions of the engine so far.
    [[nodiscard]] std::uint64_t commits() const { return store_->count; }
    [[nodiscard]] const ScratchDatabase& database() const { return database_; }

    /// No engine any more: changes are refused as in a stop.
    void close() { commands_.close(); }
    /// The program dies and starts again.
    void restart();
    void pass(milliseconds time) {
        now_ += time;
        instant_ += time;
    }
    void store(const Commit& commit);
    /// Reading fails from now on.
    void lose_database();
    void limit_to(ApiLimits limits);
    void revoke(Caller caller);
    /// The clock moves on so far with each turn of the engine.
    milliseconds turn_takes{1'000};
    /// Not ready, with a reason.
    LiveFigures figures;
    /// What reading the rules again answers.
    Result<RulesReloaded> reloaded = RulesReloaded{.packs = {{"rules.toml", "house", 2}},
                                                   .change = {.kept = 1, .added = {"fan"}}};
    CommandQueue& commands() { return commands_; }
    Api& api() { return *api_; }
    WallTime now() const { return now_; }
    /// What a device sends when its pump is blocked, on a tenant's topic.
    static Message fault(const std::string& tenant, const std::string& device);
    /// One turn of the engine.
    void serve(std::span<const Message> messages = {});

  private:
    void start_engine();
    struct CountingStore : Store {
        explicit CountingStore(std::unique_ptr<SqliteStore> real_in) : real(std::move(real_in)) {}
        Result<Loaded> load(const Settings& settings, WallTime now) override {
            return real->load(settings, now);
        }
        Status apply(const Commit& commit) override {
            ++count;
            return real->apply(commit);
        }
        std::unique_ptr<SqliteStore> real;
        std::uint64_t count = 0;
    };
    void open_api();
    void seed(const std::string& tenant);
    void seed_centre(const std::string& tenant, const std::string& centre);
    CommandReply command(Command command);
    std::string new_ticket();
    std::string another_ticket();
    std::string new_review();
    std::string new_problem(const std::string& tenant);

    ScratchDatabase database_{"house"};
    WallTime now_;
    Instant instant_{};
    Catalogue catalogue_;
    SlaSettings centres_;  ///< as the API knows them; where tickets go is their devices' to say
    RulePack pack_;
    std::unique_ptr<Detector> detector_;
    std::unique_ptr<CountingStore> store_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<Pump> pump_;
    CommandQueue commands_;
    std::unique_ptr<Api> api_;
    std::array<std::string, kCallers.size()> tokens_;
    std::string case_;
    std::string incident_;
    unsigned number_ = 0;
    bool readable_ = true;
    ApiLimits limits_{{1e9, 1e9}, {1e9, 1e9}};
    std::mutex mutex_;
};

}  // namespace aftercare::collector::testing
