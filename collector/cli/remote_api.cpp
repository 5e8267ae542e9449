#include "collector/cli/remote_api.hpp"

#include <curl/curl.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

constexpr long kTimeoutS = 60;
constexpr std::size_t kAnswerBytesMax = 4 * 1024 * 1024;

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& body = *static_cast<std::string*>(user);
    if (body.size() + size * count > kAnswerBytesMax) return 0;
    body.append(bytes, size * count);
    return size * count;
}

}  // namespace

Result<std::string> read_token_file(const std::string& path) {
    std::ifstream stream(path);
    if (!stream) return fail(Errc::not_found, path + ": cannot be read");
    std::string token((std::istreambuf_iterator<char>(stream)), {});
    token.erase(token.find_last_not_of(" \r\n") + 1);
    if (token.empty()) return fail(Errc::invalid, path + ": is empty, expected an API token");
    return token;
}

struct RemoteApi::Impl {
    std::unique_ptr<CURL, void (*)(CURL*)> handle{nullptr, curl_easy_cleanup};
    std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{nullptr, curl_slist_free_all};
    std::string url;

    Result<Answer> perform(const std::string& path) {
        Answer answer;
        const std::string address = url + path;
        curl_easy_setopt(handle.get(), CURLOPT_URL, address.c_str());
        curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
        curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, collect);
        curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer.body);
        curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, kTimeoutS);
        curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
        const CURLcode code = curl_easy_perform(handle.get());
        if (code != CURLE_OK) {
            return fail(Errc::unavailable, address + ": " + curl_easy_strerror(code));
        }
        curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
        return answer;
    }
};

std::string RemoteApi::Answer::detail() const {
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("detail") && json["detail"].is_string()) {
        return json["detail"];
    }
    return "the collector answered with status " + std::to_string(status);
}

RemoteApi::RemoteApi() : impl_(std::make_unique<Impl>()) {}
RemoteApi::~RemoteApi() = default;

Result<std::unique_ptr<RemoteApi>> RemoteApi::open(const std::string& url,
                                                   const std::string& token) {
    if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0) {
        return fail(Errc::invalid, "\"" + url + "\": expected http://HOST:PORT or https://HOST");
    }
    std::unique_ptr<RemoteApi> api(new RemoteApi);
    Impl& impl = *api->impl_;
    impl.handle.reset(curl_easy_init());
    if (!impl.handle) return fail(Errc::unavailable, "libcurl does not start");
    impl.url = url.back() == '/' ? url.substr(0, url.size() - 1) : url;
    const std::string authorization = "Authorization: Bearer " + token;
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    impl.headers.reset(curl_slist_append(headers, authorization.c_str()));
    return api;
}

Result<RemoteApi::Answer> RemoteApi::get(const std::string& path) {
    curl_easy_setopt(impl_->handle.get(), CURLOPT_HTTPGET, 1L);
    return impl_->perform(path);
}

Result<RemoteApi::Answer> RemoteApi::post(const std::string& path, const std::string& body) {
    curl_easy_setopt(impl_->handle.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(impl_->handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(impl_->handle.get(), CURLOPT_POSTFIELDS, body.data());
    return impl_->perform(path);
}

const std::string& RemoteApi::url() const {
    return impl_->url;
}

}  // namespace aftercare::collector
