#include "collector/cli/remote_api.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::chrono::seconds kTimeout{60};
constexpr std::size_t kBodyAnsweredMax = 4 * 1024 * 1024;
constexpr unsigned kHttp11 = 11;

struct Exchange {
    http::request<http::string_body> request;
    http::response_parser<http::string_body> answer;
};

template <class Stream>
asio::awaitable<void> talk(Stream& stream, Exchange& exchange) {
    co_await http::async_write(stream, exchange.request, use_awaitable);
    beast::flat_buffer buffer;
    co_await http::async_read(stream, buffer, exchange.answer, use_awaitable);
}

struct Place {
    std::string host;
    std::string port;
    bool tls = false;
};

/// Throws boost::system::system_error.
asio::awaitable<void> perform(const Place& place, Exchange& exchange) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto found = co_await resolver.async_resolve(place.host, place.port, use_awaitable);
    if (!place.tls) {
        beast::tcp_stream stream(executor);
        stream.expires_after(kTimeout);
        co_await stream.async_connect(found, use_awaitable);
        co_return co_await talk(stream, exchange);
    }
    asio::ssl::context trust(asio::ssl::context::tls_client);
    trust.set_default_verify_paths();
    trust.set_verify_mode(asio::ssl::verify_peer);
    beast::ssl_stream<beast::tcp_stream> stream(executor, trust);
    stream.set_verify_callback(asio::ssl::host_name_verification(place.host));
    std::string name = place.host;
    ::SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               name.data());
    beast::get_lowest_layer(stream).expires_after(kTimeout);
    co_await beast::get_lowest_layer(stream).async_connect(found, use_awaitable);
    co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
    co_await talk(stream, exchange);
}

/// Without the newline at its end. Errors: not_found, invalid (empty).
Result<std::string> read_token_file(const std::string& path) {
    std::ifstream stream(path);
    if (!stream) return fail(Errc::not_found, path + ": cannot be read");
    std::string token((std::istreambuf_iterator<char>(stream)), {});
    token.erase(token.find_last_not_of(" \r\n") + 1);
    if (token.empty()) return fail(Errc::invalid, path + ": is empty, expected an API token");
    return token;
}

}  // namespace

struct RemoteApi::Impl {
    std::string url;
    std::string prefix;  ///< path that all others are below
    Place place;
    std::string authority;
    std::string authorization;

    Result<Answer> perform(http::verb method, const std::string& path, std::string body) const {
        Exchange exchange{{method, prefix + path, kHttp11, std::move(body)}, {}};
        exchange.request.set(http::field::host, authority);
        exchange.request.set(http::field::authorization, authorization);
        exchange.request.set(http::field::content_type, "application/json");
        exchange.request.keep_alive(false);
        exchange.request.prepare_payload();
        exchange.answer.body_limit(kBodyAnsweredMax);
        asio::io_context context(1);
        std::exception_ptr failure;
        asio::co_spawn(context, collector::perform(place, exchange),
                       [&](std::exception_ptr thrown) { failure = std::move(thrown); });
        context.run();
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const boost::system::system_error& error) {
            return fail(Errc::unavailable, url + path + ": " + error.code().message());
        }
        auto& message = exchange.answer.get();
        return Answer{message.result_int(), std::move(message.body())};
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
                                                   const std::string& token_file) {
    const Result<std::string> token = read_token_file(token_file);
    if (!token) return fail(token.error());
    const auto parsed = boost::urls::parse_uri(url);
    const bool tls = parsed && parsed->scheme() == "https";
    if (!parsed || (!tls && parsed->scheme() != "http") || parsed->host().empty()) {
        return fail(Errc::invalid, "\"" + url + "\": expected http://HOST:PORT or https://HOST");
    }
    std::unique_ptr<RemoteApi> api(new RemoteApi);
    Impl& impl = *api->impl_;
    impl.url = url.back() == '/' ? url.substr(0, url.size() - 1) : url;
    impl.prefix = parsed->encoded_path();
    if (impl.prefix.ends_with('/')) impl.prefix.pop_back();
    impl.place = {parsed->host_address(), parsed->port(), tls};
    if (impl.place.port.empty()) impl.place.port = parsed->scheme();
    impl.authority = parsed->encoded_host_and_port();
    impl.authorization = "Bearer " + *token;
    return api;
}

Result<RemoteApi::Answer> RemoteApi::get(const std::string& path) {
    return impl_->perform(http::verb::get, path, {});
}

Result<RemoteApi::Answer> RemoteApi::post(const std::string& path, const std::string& body) {
    return impl_->perform(http::verb::post, path, body);
}

Result<Json> RemoteApi::object_of(const Answer& answer) const {
    Json json = Json::parse(answer.body, nullptr, false);
    if (!json.is_object()) {
        return fail(Errc::corrupt, url() + ": this is not the answer of a collector");
    }
    return json;
}

const std::string& RemoteApi::url() const {
    return impl_->url;
}

}  // namespace aftercare::collector
