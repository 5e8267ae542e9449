#include "collector/io/http/write_call.hpp"

#include <charconv>

#include "collector/io/http/problem.hpp"

namespace aftercare::collector {
namespace {

unsigned status_of(const CommandReply& reply) {
    return reply.kind == CommandReply::Kind::created ? 201 : 200;
}

}  // namespace

// Messages of the parsers name the member as: member "device_id": …
std::string field_in(const std::string& message) {
    constexpr std::string_view kMark = "member \"";
    const std::size_t start = message.find(kMark);
    if (start == std::string::npos) return {};
    const std::size_t name = start + kMark.size();
    return message.substr(name, message.find('"', name) - name);
}

Response body_problem(const Error& error) {
    if (error.code == Errc::exhausted) return problem(413, error.message);
    return problem(error, field_in(error.message));
}

std::optional<Json> body_of(const Call& call, const Reply& reply) {
    const std::string_view type = call.request.header("content-type");
    if (!type.empty() && type.find("json") == std::string_view::npos) {
        reply(problem(415, "send application/json", "Content-Type"));
        return std::nullopt;
    }
    auto json = parse_json(call.request.body);
    if (!json) {
        reply(problem(400, json.error().message, field_in(json.error().message)));
        return std::nullopt;
    }
    return std::move(*json);
}

bool foreign(const Call& call, const std::string& tenant) {
    return tenant != call.principal.tenant;
}

Response foreign_problem(const Call& call) {
    return problem(403, "the token is of tenant \"" + call.principal.tenant + "\"", "tenant");
}

void submit_one(const Call& call, Command command, bool conditional, Reply reply) {
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    const auto answer = [conditional](const std::vector<Result<CommandReply>>& replies) {
        const Result<CommandReply>& result = replies.front();
        if (result) return json_response(status_of(*result), compact_text(json_of(*result)));
        if (conditional && result.error().code == Errc::conflict) {
            return problem(412, result.error().message, "If-Match");
        }
        return problem(result.error(), field_in(result.error().message));
    };
    submit(call, std::move(commands), answer, std::move(reply));
}

Scope scope_of(const Principal& principal) {
    return {principal.tenant, principal.role == Role::centre ? principal.centre : std::string{}};
}

std::string actor(const Principal& principal) {
    return principal.role == Role::centre ? "desk:" + principal.centre : "api:" + principal.name;
}

Result<std::optional<std::uint32_t>> if_match(const Request& request) {
    const std::string_view tag = request.header("if-match");
    if (tag.empty() || tag == "*") return std::optional<std::uint32_t>{};
    std::uint32_t version = 0;
    if (tag.size() >= 3 && tag.front() == '"' && tag.back() == '"') {
        const auto [end, error] =
            std::from_chars(tag.data() + 1, tag.data() + tag.size() - 1, version);
        if (error == std::errc{} && end == tag.data() + tag.size() - 1)
            return std::optional(version);
    }
    return fail(Errc::invalid, "expected the ETag of the ticket, such as \"7\"");
}

}  // namespace aftercare::collector
