#include <curl/curl.h>

#include <nlohmann/json.hpp>

#include "collector/cli/import_target.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

constexpr long kTimeoutS = 60;
constexpr std::size_t kAnswerBytesMax = 4 * 1024 * 1024;

struct Answer {
    long status = 0;
    std::string body;
};

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& body = *static_cast<std::string*>(user);
    if (body.size() + size * count > kAnswerBytesMax) return 0;
    body.append(bytes, size * count);
    return size * count;
}

CommandReply reply_of(const Json& json) {
    CommandReply reply;
    const std::string kind = json.value("kind", "updated");
    reply.kind = kind == "created"     ? CommandReply::Kind::created
                 : kind == "unchanged" ? CommandReply::Kind::unchanged
                                       : CommandReply::Kind::updated;
    if (json.contains("id") && json["id"].is_string()) reply.id = json["id"];
    return reply;
}

/// RFC 9457 says it in `detail`.
std::string detail_of(const Answer& answer) {
    const Json json = Json::parse(answer.body, nullptr, false);
    if (json.is_object() && json.contains("detail") && json["detail"].is_string()) {
        return json["detail"];
    }
    return "the collector answered with status " + std::to_string(answer.status);
}

class RemoteTarget final : public ImportTarget {
  public:
    RemoteTarget(CURL* handle, curl_slist* headers, std::string url)
        : handle_(handle, curl_easy_cleanup),
          headers_(headers, curl_slist_free_all),
          url_(std::move(url)) {}

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
        const auto* device = std::get_if<RegisterDevice>(&command);
        const auto* outcome = std::get_if<SubmitOutcome>(&command);
        AFTERCARE_ASSERT(device != nullptr || outcome != nullptr);
        Json json = device != nullptr ? json_of(device->info) : json_of(outcome->outcome);
        if (json["tenant"].get_ref<const std::string&>().empty()) json.erase("tenant");
        const Result<Answer> answer =
            post(device != nullptr ? "/api/v1/devices" : "/api/v1/outcomes", compact_text(json));
        if (!answer) return fail(answer.error());
        if (answer->status == 401 || answer->status == 403 || answer->status >= 500) {
            return fail(Errc::unavailable, url_ + ": " + detail_of(*answer));
        }
        if (answer->status >= 400) {
            return Result<CommandReply>(fail(Errc::invalid, detail_of(*answer)));
        }
        const Json body = Json::parse(answer->body, nullptr, false);
        return Result<CommandReply>(body.is_object() ? reply_of(body) : CommandReply{});
    }

    Result<Answer> post(const std::string& path, const std::string& body) {
        Answer answer;
        const std::string address = url_ + path;
        curl_easy_setopt(handle_.get(), CURLOPT_URL, address.c_str());
        curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(handle_.get(), CURLOPT_WRITEFUNCTION, collect);
        curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &answer.body);
        curl_easy_setopt(handle_.get(), CURLOPT_TIMEOUT, kTimeoutS);
        curl_easy_setopt(handle_.get(), CURLOPT_NOSIGNAL, 1L);
        const CURLcode code = curl_easy_perform(handle_.get());
        if (code != CURLE_OK) {
            return fail(Errc::unavailable, address + ": " + curl_easy_strerror(code));
        }
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
        return answer;
    }

    std::unique_ptr<CURL, void (*)(CURL*)> handle_;
    std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_;
    std::string url_;
};

}  // namespace

Result<std::unique_ptr<ImportTarget>> open_remote_target(const std::string& url,
                                                         const std::string& token) {
    if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0) {
        return fail(Errc::invalid, "\"" + url + "\": expected http://HOST:PORT or https://HOST");
    }
    CURL* handle = curl_easy_init();
    if (handle == nullptr) return fail(Errc::unavailable, "libcurl does not start");
    const std::string base = url.back() == '/' ? url.substr(0, url.size() - 1) : url;
    const std::string authorization = "Authorization: Bearer " + token;
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    headers = curl_slist_append(headers, authorization.c_str());
    return std::make_unique<RemoteTarget>(handle, headers, base);
}

}  // namespace aftercare::collector
