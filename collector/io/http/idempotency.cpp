#include "collector/io/http/idempotency.hpp"

#include <algorithm>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/token.hpp"

namespace aftercare::collector {
namespace {

constexpr std::string_view kHeader = "Idempotency-Key";
constexpr std::size_t kKeyBytesMax = 128;

bool good(std::string_view key) {
    return key.size() <= kKeyBytesMax &&
           std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// Whatever makes it another request.
std::string fingerprint_of(const Request& request) {
    std::string all;
    for (const std::string_view part :
         {std::string_view(request.method), std::string_view(request.target),
          request.header("if-match"), std::string_view(request.body)}) {
        all.append(std::to_string(part.size())).append(":").append(part);
    }
    return token_sha256(all);
}

Response replayed(AnswerRow&& kept) {
    Response response = json_response(kept.status, std::move(kept.body));
    response.headers.emplace_back("Idempotent-Replayed", "true");
    return response;
}

}  // namespace

void write_once(Call call, KeysInFlight& in_flight,
                const std::function<void(const Call&, Reply)>& write, Reply reply) {
    const std::string key(call.request.header("idempotency-key"));
    if (key.empty()) return write(call, std::move(reply));
    if (!good(key)) {
        return reply(problem(400, "expected 1 to 128 visible ASCII characters", kHeader));
    }
    const Principal& who = call.principal;
    const std::string name = who.tenant + "/" + who.name + "/" + key;
    if (!in_flight.enter(name)) {
        Response busy =
            problem(409, "the first request with this key is not answered yet", kHeader);
        busy.headers.emplace_back("Retry-After", "1");
        return reply(std::move(busy));
    }
    // Leaves before it replies, so that whoever has the answer may ask again at once.
    const Reply leaving = [&in_flight, name, reply = std::move(reply)](Response response) {
        in_flight.leave(name);
        reply(std::move(response));
    };
    call.kept = KeptName{key, fingerprint_of(call.request)};
    // Only now: the first request has left after its commit, which is seen here.
    auto kept = call.queries.answer(who.tenant, who.name, key);
    if (!kept && kept.error().code != Errc::not_found) return leaving(problem(kept.error()));
    if (!kept || kept->at + kAnswerKept < call.now) return write(call, leaving);
    if (kept->fingerprint != call.kept->fingerprint) {
        return leaving(problem(422, "this key was used for another request", kHeader));
    }
    leaving(replayed(std::move(*kept)));
}

void submit(const Call& call, std::vector<Command> commands, Answer answer, Reply reply) {
    auto response = std::make_shared<Response>();
    const auto decided = [response, answer = std::move(answer), kept = call.kept,
                          principal = call.principal, now = call.now](
                             const std::vector<Result<CommandReply>>& replies, Commit& commit) {
        *response = answer(replies);
        if (!kept || response->status >= 300 || response->body.size() > kAnswerBytesMax) return;
        commit.answers.push_back({principal.tenant, principal.name, kept->key, kept->fingerprint,
                                  now, response->status, response->body});
    };
    const auto done = [response, reply] { reply(std::move(*response)); };
    const Status submitted = call.commands.submit(std::move(commands), decided, done);
    if (!submitted) reply(problem(submitted.error()));
}

}  // namespace aftercare::collector
