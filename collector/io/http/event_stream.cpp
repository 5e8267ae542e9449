#include "collector/io/http/event_stream.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json.hpp"
#include "collector/io/text/rule_report_json.hpp"

namespace aftercare::collector {
namespace {

constexpr milliseconds kLookPause{200};
constexpr milliseconds kHeartbeat{15'000};
constexpr milliseconds kTokenPause{2'000};

/// "e" and the number in hexadecimal: whoever resumes sends it back as it is.
std::string id_of(std::uint64_t position) {
    char digits[17];
    const auto [end, error] = std::to_chars(digits, digits + 16, position, 16);
    return "e" + std::string(digits, end);
}

std::optional<std::uint64_t> position_of(std::string_view id) {
    std::uint64_t position = 0;
    if (id.size() < 2 || id.front() != 'e') return std::nullopt;
    const auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), position, 16);
    if (error != std::errc{} || end != id.data() + id.size()) return std::nullopt;
    return position;
}

}  // namespace

class EventStream final : public ResponseStream {
  public:
    EventStream(EventHub& hub, EventHub::Listener listener, std::uint64_t position)
        : hub_(hub), listener_(std::move(listener)), position_(position) {
        told_at_ = looked_at_ = hub_.clock_();
    }
    ~EventStream() override { hub_.closed(listener_.principal.name); }

    Chunk next() override {
        const Instant now = hub_.clock_();
        const auto newest = hub_.newest();
        if (!newest) return {{}, true};
        const bool news = *newest > position_;
        std::string text;
        if (!greeted_) text = "id: " + id_of(position_) + "\n\n";
        if (news || now - looked_at_ >= kTokenPause) {
            if (!read(text)) return {{}, true};
            looked_at_ = now;
        }
        if (text.empty() && now - told_at_ >= kHeartbeat) text = ": still here\n\n";
        if (!text.empty()) told_at_ = now;
        greeted_ = true;
        return {std::move(text), false};
    }

  private:
    /// Appends what is new. False: the token is not good any more, or nothing can be read.
    bool read(std::string& text) {
        auto lease = hub_.sides_.take();
        if (!lease || !lease->tokens().find(listener_.token_sha256)) return false;
        const Principal& who = listener_.principal;
        auto page = lease->queries().events({.tenant = who.tenant,
                                             .centre = who.centre,
                                             .rule_changes = who.role != Role::centre,
                                             .after = position_,
                                             .limit = kEventsPerChunkMax});
        if (!page) return false;
        for (PlacedEvent& placed : page->items) {
            auto* standing = std::get_if<RuleStanding>(&placed.event);
            if (standing != nullptr && !listener_.owns_rules) hide_people(*standing);
            text += "id: " + id_of(placed.position) +
                    "\nevent: " + (standing != nullptr ? "rule" : "ticket") + "\ndata: " +
                    compact_text(
                        std::visit([](const auto& one) { return json_of(one); }, placed.event)) +
                    "\n\n";
        }
        // Past what others may see, too: a resume need not look there again.
        if (page->items.empty() && page->through > position_) {
            text += "id: " + id_of(page->through) + "\n\n";
        }
        position_ = page->through;
        return true;
    }

    EventHub& hub_;
    const EventHub::Listener listener_;
    std::uint64_t position_;
    Instant told_at_;
    Instant looked_at_;
    bool greeted_ = false;
};

Result<std::uint64_t> EventHub::newest() {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_();
    if (read_ && now - read_at_ < kLookPause) return newest_;
    auto lease = sides_.take();
    if (!lease) return fail(std::move(lease.error()));
    auto newest = lease->queries().newest_event();
    if (!newest) return newest;
    newest_ = *newest;
    read_at_ = now;
    read_ = true;
    return newest_;
}

void EventHub::closed(const std::string& token) {
    const std::lock_guard lock(mutex_);
    --open_;
    const auto found = by_token_.find(token);
    if (--found->second == 0) by_token_.erase(found);
}

Response EventHub::open(Listener listener) {
    const auto newest_now = newest();
    if (!newest_now) return problem(newest_now.error());
    std::uint64_t position = *newest_now;
    if (!listener.last_event_id.empty()) {
        const auto wanted = position_of(listener.last_event_id);
        // One ahead of the database comes from before a backup was put back. A cached look may lag.
        if (!wanted || *wanted > position + kEventsPerChunkMax) {
            return problem(400,
                           "not a position of this database; leave it out to begin with what is "
                           "new, and read the tickets again",
                           "Last-Event-ID");
        }
        position = *wanted;
    }
    {
        const std::lock_guard lock(mutex_);
        const auto known = by_token_.find(listener.principal.name);
        const bool token_full = known != by_token_.end() && known->second >= kStreamsPerTokenMax;
        if (token_full || open_ >= kStreamsMax) {
            ++refused_;
            Response full =
                token_full
                    ? problem(429, "this token has " + std::to_string(kStreamsPerTokenMax) +
                                       " streams open already")
                    : problem(503, std::to_string(kStreamsMax) + " streams are open already");
            if (token_full) full.headers.emplace_back("Retry-After", "15");
            return full;
        }
        ++by_token_[listener.principal.name];
        ++open_;
    }
    Response response{200, "text/event-stream", {}, {{"Cache-Control", "no-store"}}};
    response.stream = std::make_shared<EventStream>(*this, std::move(listener), position);
    return response;
}

Response show_events(const Call& call) {
    QueryReader query(call.target);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    return call.events.open({call.principal, call.token_sha256,
                             std::string(call.request.header("last-event-id")), owns_rules(call)});
}

}  // namespace aftercare::collector
