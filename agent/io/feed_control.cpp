#include "agent/io/feed_control.hpp"

#include <nlohmann/json.hpp>

namespace aftercare::agent {
namespace {

using Json = nlohmann::ordered_json;

// All of these lines are short: no other one is parsed twice.
constexpr std::size_t kControlLineBytesMax = 64;

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

HandlerPort FeedControl::handler() {
    HandlerPort port;
    port.context = this;
    port.notice = [](void* c, const Notice& n) {
        static_cast<FeedControl*>(c)->emit_(dump({{"downlink", "notice"},
                                                  {"notice", n.notice_id},
                                                  {"message_key", n.message_key.view()},
                                                  {"language", n.language.view()},
                                                  {"article", n.article.view()},
                                                  {"expires_unix_ms", n.expires_unix_ms}}));
    };
    port.self_test = [](void* c, const SelfTestRequest& r) {
        static_cast<FeedControl*>(c)->emit_(
            dump({{"downlink", "self_test"}, {"test", r.test_id}, {"request", r.request_id}}));
    };
    port.consent_query = [](void* c, const ConsentQuery& q) {
        static_cast<FeedControl*>(c)->emit_(
            dump({{"downlink", "consent_query"}, {"request", q.request_id}}));
    };
    return port;
}

std::optional<FeedControl::Reply> FeedControl::line(std::string_view text, Agent& agent,
                                                    const std::function<std::string()>& status) {
    if (text.size() > kControlLineBytesMax) return std::nullopt;
    const Json json = Json::parse(text, nullptr, false);
    if (json == Json{{"kind", "status"}}) return Reply{status(), {}};
    if (json == Json{{"network", "up"}}) {
        agent.network_up();
        return Reply{dump({{"ok", true}}), {}};
    }
    if (json == Json{{"subscribe", "downlink"}}) return Reply{dump({{"ok", true}}), true};
    if (json == Json{{"unsubscribe", "downlink"}}) return Reply{dump({{"ok", true}}), false};
    return std::nullopt;
}

}  // namespace aftercare::agent
