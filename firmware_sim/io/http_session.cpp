#include "firmware_sim/io/http_session.hpp"

#include <curl/curl.h>

#include <utility>

namespace aftercare::sim {
namespace {

constexpr long kTimeoutMs = 10'000;

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* body) {
    static_cast<std::string*>(body)->append(bytes, size * count);
    return size * count;
}

}  // namespace

struct HttpSession::Impl {
    std::string base_url;
    CURL* curl = curl_easy_init();
    curl_slist* headers = nullptr;

    Impl(std::string url, const std::string& token) : base_url(std::move(url)) {
        AFTERCARE_ASSERT(curl != nullptr);
        headers = curl_slist_append(headers, "Content-Type: application/json");
        headers = curl_slist_append(headers, "Expect:");
        headers = curl_slist_append(headers, ("Authorization: Bearer " + token).c_str());
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTimeoutMs);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    }
    ~Impl() {
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<HttpReply> perform(const std::string& path) {
        HttpReply reply;
        const std::string url = base_url + path;
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
        const CURLcode code = curl_easy_perform(curl);
        if (code != CURLE_OK) {
            return fail(Errc::unavailable, url + ": " + curl_easy_strerror(code));
        }
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
        return reply;
    }
};

HttpSession::HttpSession(std::string base_url, std::string token)
    : impl_(std::make_unique<Impl>(std::move(base_url), token)) {}
HttpSession::~HttpSession() = default;

Result<HttpReply> HttpSession::get(const std::string& path) {
    curl_easy_setopt(impl_->curl, CURLOPT_HTTPGET, 1L);
    return impl_->perform(path);
}

Result<HttpReply> HttpSession::post(const std::string& path, const std::string& body) {
    curl_easy_setopt(impl_->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(impl_->curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(impl_->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(body.size()));
    return impl_->perform(path);
}

}  // namespace aftercare::sim
