#include "firmware_sim/world/collector_host.hpp"

#include <algorithm>
#include <utility>

namespace aftercare::sim {
namespace {

constexpr std::size_t kRefusalsKept = 5;
/// A store that refuses is asked again; more often than this is no passing trouble.
constexpr int kRetriesMax = 100;
/// How often housekeeping is offered while none was due.
constexpr milliseconds kHouseLook = hours_ms(1);
/// Telemetry is merged this often: daily, as a live collector does it, would cost more than all the
/// rest of a simulation.
constexpr milliseconds kMergeAge = hours_ms(7 * 24);

}  // namespace

std::string_view to_string(Death death) {
    switch (death) {
        case Death::none:
            return "none";
        case Death::before_commit:
            return "before_commit";
        case Death::inside_commit:
            return "inside_commit";
        case Death::after_commit:
            return "after_commit";
    }
    return "unknown";
}

Result<std::unique_ptr<collector::Store>> open_sqlite(const std::string& path,
                                                      const std::vector<RunDocument>& documents,
                                                      WallTime now) {
    auto store =
        collector::SqliteStore::open(path, {.durable = false, .merge = {.age_max = kMergeAge}});
    if (!store) return fail(store.error());
    for (const auto& document : documents) {
        if (auto kept =
                (*store)->keep_document(document.kind, document.name, 1, document.text, now);
            !kept) {
            return fail(kept.error());
        }
    }
    return std::unique_ptr<collector::Store>(std::move(*store));
}

/// Stands between pump and store: dies or refuses on demand, and shows what was stored.
class CollectorHost::WatchedStore final : public collector::Store {
  public:
    WatchedStore(std::unique_ptr<collector::Store> inner, CommitObserver& observer)
        : inner_(std::move(inner)), observer_(observer) {}

    Result<collector::Loaded> load(const collector::Settings& settings, WallTime now) override {
        return inner_->load(settings, now);
    }
    Status apply(const collector::Commit& commit) override {
        if (die_inside) return fail(Errc::unavailable, "simulated death inside the transaction");
        if (std::exchange(refuse_once, false)) {
            return fail(Errc::unavailable, "simulated refusal of the store");
        }
        auto stored = inner_->apply(commit);
        if (stored) observer_.on_committed(commit);
        return stored;
    }
    Result<bool> maintain(WallTime now) override { return inner_->maintain(now); }

    bool die_inside = false;
    bool refuse_once = false;

  private:
    std::unique_ptr<collector::Store> inner_;
    CommitObserver& observer_;
};

CollectorHost::CollectorHost(Setup setup, CommitObserver& observer, Rng rng)
    : setup_(std::move(setup)), observer_(observer), rng_(rng) {}

CollectorHost::~CollectorHost() = default;

Status CollectorHost::start(WallTime now) {
    auto store = setup_.open_store(setup_.database_path, setup_.documents, now);
    if (!store) return fail(store.error());
    auto loaded = (*store)->load(setup_.settings, now);
    if (!loaded) return fail(loaded.error());
    auto engine = collector::Engine::create(setup_.settings, *setup_.catalogue, *setup_.detector,
                                            std::move(*loaded));
    if (!engine) return fail(engine.error());
    store_ = std::make_unique<WatchedStore>(std::move(*store), observer_);
    engine_ = std::move(*engine);
    pump_ = std::make_unique<collector::Pump>(*engine_, *store_);
    return {};
}

void CollectorHost::close() {
    pump_.reset();
    engine_.reset();
    store_.reset();
}

void CollectorHost::die() {
    close();
    ++counters_.deaths;
    for (auto& command : waiting_) command.answered = false;
}

void CollectorHost::settle() {
    std::erase_if(waiting_, [this](const Waiting& command) {
        if (!command.answered) return false;
        ++counters_.commands;
        if (command.refused) ++counters_.commands_refused;
        return true;
    });
}

Death CollectorHost::draw_death() {
    // Three draws always, so that one ratio does not shift the others' history.
    const bool before = rng_.chance(setup_.options.kill_before_commit_ratio);
    const bool inside = rng_.chance(setup_.options.kill_inside_commit_ratio);
    const bool after = rng_.chance(setup_.options.kill_after_commit_ratio);
    if (!dying_) return Death::none;
    if (before) return Death::before_commit;
    if (inside) return Death::inside_commit;
    return after ? Death::after_commit : Death::none;
}

std::vector<collector::PendingCommand> CollectorHost::pending_commands() {
    std::vector<collector::PendingCommand> pending;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (std::exchange(waiting_[i].tried, true)) ++counters_.commands_repeated;
        pending.push_back(
            {waiting_[i].command,
             [this, i](const Result<collector::CommandReply>& reply) { answer(i, reply); }});
    }
    return pending;
}

void CollectorHost::answer(std::size_t index, const Result<collector::CommandReply>& reply) {
    waiting_[index].answered = true;
    waiting_[index].refused = !reply.has_value();
    if (!reply && refusals_.size() < kRefusalsKept) refusals_.push_back(reply.error().message);
}

Result<CollectorHost::Step> CollectorHost::step(std::span<const collector::Message> messages,
                                                collector::Now now) {
    Step step;
    const bool work = !messages.empty() || !waiting_.empty();
    if (work) step.death = draw_death();
    const bool refuse = work && rng_.chance(setup_.options.store_refusal_ratio) && dying_;
    if (step.death == Death::before_commit) {
        die();
        return step;
    }
    store_->die_inside = step.death == Death::inside_commit;
    store_->refuse_once = refuse;
    auto pending = pending_commands();
    ++counters_.batches;
    auto published = pump_->run(messages, pending, now);
    for (int i = 0; !published && pump_->stalled() && !store_->die_inside && i < kRetriesMax; ++i) {
        ++counters_.store_refusals;
        published = pump_->retry();
    }
    if (step.death == Death::inside_commit) {
        die();
        return step;
    }
    if (!published) return fail(published.error().within("collector"));
    if (step.death == Death::after_commit) {
        // Stored, but neither publications nor answers got out: everybody asks again.
        die();
        return step;
    }
    settle();
    step.publications = std::move(*published);
    if (auto kept = keep_house(now.wall); !kept) return fail(kept.error().within("housekeeping"));
    return step;
}

Status CollectorHost::keep_house(WallTime now) {
    if (now < house_at_) return {};
    const Result<bool> more = store_->maintain(now);
    if (!more) return fail(more.error());
    if (!*more) house_at_ = now + kHouseLook;
    return {};
}

}  // namespace aftercare::sim
