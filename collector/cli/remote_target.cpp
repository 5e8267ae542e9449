#include <nlohmann/json.hpp>

#include "collector/cli/import_target.hpp"
#include "collector/cli/remote_api.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

CommandReply reply_of(const Json& json) {
    CommandReply reply;
    const std::string kind = json.value("kind", "updated");
    reply.kind = kind == "created"     ? CommandReply::Kind::created
                 : kind == "unchanged" ? CommandReply::Kind::unchanged
                                       : CommandReply::Kind::updated;
    if (json.contains("id") && json["id"].is_string()) reply.id = json["id"];
    return reply;
}

struct Posting {
    std::string path;
    std::string body;
};

/// Pre: a command that the command line sends.
Posting posting_of(const Command& command) {
    if (const auto* change = std::get_if<ChangeRule>(&command)) {
        const Json json{{"mode", to_string(change->to)}, {"reason", change->why}};
        return {"/api/v1/rules/" + change->rule_id + "/standing", compact_text(json)};
    }
    const auto* device = std::get_if<RegisterDevice>(&command);
    const auto* outcome = std::get_if<SubmitOutcome>(&command);
    AFTERCARE_ASSERT(device != nullptr || outcome != nullptr);
    Json json = device != nullptr ? json_of(device->info) : json_of(outcome->outcome);
    if (json["tenant"].get_ref<const std::string&>().empty()) json.erase("tenant");
    return {device != nullptr ? "/api/v1/devices" : "/api/v1/outcomes", compact_text(json)};
}

class RemoteTarget final : public ImportTarget {
  public:
    explicit RemoteTarget(std::unique_ptr<RemoteApi> api) : api_(std::move(api)) {}

    Result<std::string> default_tenant() const override { return std::string(); }

    Result<std::vector<Result<CommandReply>>> apply(std::span<const ImportItem> items) override {
        std::vector<Result<CommandReply>> replies;
        for (const ImportItem& item : items) {
            auto reply = send(item.command);
            if (!reply) return fail(reply.error());
            replies.push_back(std::move(*reply));
        }
        return replies;
    }

  private:
    /// Outer errors end the import, inner ones are of this row.
    Result<Result<CommandReply>> send(const Command& command) {
        const Posting posting = posting_of(command);
        const Result<RemoteApi::Answer> answer = api_->post(posting.path, posting.body);
        if (!answer) return fail(answer.error());
        if (answer->status == 401 || answer->status == 403 || answer->status >= 500) {
            return fail(Errc::unavailable, api_->url() + ": " + answer->detail());
        }
        if (answer->status >= 400) {
            return Result<CommandReply>(fail(Errc::invalid, answer->detail()));
        }
        const Result<Json> body = api_->object_of(*answer);
        if (!body) return fail(body.error());
        return Result<CommandReply>(reply_of(*body));
    }

    std::unique_ptr<RemoteApi> api_;
};

}  // namespace

Result<std::unique_ptr<ImportTarget>> open_remote_target(const std::string& url,
                                                         const std::string& token_file) {
    auto api = RemoteApi::open(url, token_file);
    if (!api) return fail(api.error());
    return std::make_unique<RemoteTarget>(std::move(*api));
}

}  // namespace aftercare::collector
