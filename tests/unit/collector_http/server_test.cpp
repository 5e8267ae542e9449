#include "collector/io/http/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "tests/support/http_client.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

/// "piece 1", "piece 2" … until there were `count`; each padded to `size`.
class Pieces final : public ResponseStream {
  public:
    explicit Pieces(int count, std::size_t size = 0) : count_(count), size_(size) {}
    Chunk next() override {
        if (told_ == count_) return {{}, true};
        std::string text = "piece " + std::to_string(++told_);
        text.resize(std::max(text.size(), size_), '.');
        return {std::move(text), false};
    }

  private:
    const int count_;
    const std::size_t size_;
    int told_ = 0;
};

}  // namespace

/// A real server on a free loopback port that echoes method, target and body.
TEST_GROUP(HttpServer) {
    std::mutex mutex;
    std::vector<Reply> withheld;
    std::unique_ptr<Server> server;

    void start(ServerOptions options = {}) {
        auto started = Server::start(std::move(options), [this](Request request, Reply reply) {
            if (request.target == "/later") {
                const std::lock_guard lock(mutex);
                withheld.push_back(std::move(reply));
                return;
            }
            if (request.target == "/few" || request.target == "/many") {
                Response response{200, "text/event-stream", {}, {}};
                response.stream = request.target == "/few"
                                      ? std::make_shared<Pieces>(2)
                                      : std::make_shared<Pieces>(1'000'000, 100'000);
                return reply(std::move(response));
            }
            reply({200,
                   "text/plain",
                   request.method + " " + request.target + " " + request.body,
                   {{"X-Test", "yes"}}});
        });
        CHECK_TRUE(started.has_value());
        server = std::move(*started);
    }
    void teardown() override {
        server.reset();
    }

    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(server->port()) + path;
    }
    int connect_to_server() const {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server->port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        LONGS_EQUAL(0,
                    ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address));
        return descriptor;
    }
    /// Sends raw bytes and returns everything until the server closes.
    std::string raw(const std::string& text) const {
        const int descriptor = connect_to_server();
        std::string answer;
        if (::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) > 0) {
            char bytes[4096];
            ssize_t size = 0;
            while ((size = ::recv(descriptor, bytes, sizeof bytes, 0)) > 0) {
                answer.append(bytes, static_cast<std::size_t>(size));
            }
        }
        ::close(descriptor);
        return answer;
    }
};

TEST(HttpServer, carries_a_request_to_the_handler_and_its_answer_back) {
    start();
    const auto reply = test::http({.method = "POST", .url = url("/a?b=c"), .body = "hello"});
    CHECK_TRUE(reply.has_value());
    LONGS_EQUAL(200, reply->status);
    STRCMP_EQUAL("POST /a?b=c hello", reply->body.c_str());
    STRCMP_EQUAL("yes", reply->headers.at("x-test").c_str());
}

TEST(HttpServer, keeps_a_connection_for_several_requests) {
    start();
    const std::string answer =
        raw("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: "
            "close\r\n\r\n");
    STRCMP_CONTAINS("GET /1 ", answer.c_str());
    STRCMP_CONTAINS("GET /2 ", answer.c_str());
    LONGS_EQUAL(2, server->statistics().requests);
}

TEST(HttpServer, answers_head_with_the_length_and_no_body) {
    start();
    const std::string answer = raw("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    STRCMP_CONTAINS("Content-Length: 7\r\n", answer.c_str());
    CHECK_TRUE(answer.find("GET /x") == std::string::npos);
}

TEST(HttpServer, refuses_what_is_too_large_or_no_http) {
    start();
    STRCMP_CONTAINS("HTTP/1.1 413",
                    raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n").c_str());
    STRCMP_CONTAINS(
        "HTTP/1.1 431",
        raw("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n").c_str());
    STRCMP_CONTAINS("HTTP/1.1 400", raw("\x16\x03\x01 garbage\r\n\r\n").c_str());
}

TEST(HttpServer, ends_the_wait_of_a_sender_who_never_finishes) {
    start({.read_max = std::chrono::seconds{1}});
    STRCMP_EQUAL("", raw("GET / HTTP/1.1\r\nHost:").c_str());
}

TEST(HttpServer, tells_a_caller_whose_answer_does_not_come_and_ignores_the_late_one) {
    start({.answer_max = std::chrono::seconds{1}});
    const auto reply = test::http({.url = url("/later")});
    CHECK_TRUE(reply.has_value());
    LONGS_EQUAL(503, reply->status);
    const std::lock_guard lock(mutex);
    withheld.at(0)({});
}

TEST(HttpServer, tells_a_stream_piece_by_piece_and_ends_it) {
    start({.stream_pause = std::chrono::milliseconds{1}});
    const std::string answer = raw("GET /few HTTP/1.1\r\nHost: x\r\n\r\n");
    STRCMP_CONTAINS("Transfer-Encoding: chunked\r\n", answer.c_str());
    STRCMP_CONTAINS("\r\n\r\n7\r\npiece 1\r\n7\r\npiece 2\r\n0\r\n\r\n", answer.c_str());
    const std::string head = raw("HEAD /few HTTP/1.1\r\nHost: x\r\n\r\n");
    STRCMP_CONTAINS("HTTP/1.1 200", head.c_str());
    CHECK_TRUE(head.find("piece") == std::string::npos);
}

TEST(HttpServer, drops_a_stream_whose_reader_does_not_read_and_serves_others_meanwhile) {
    start({.threads = 1,
           .stream_pause = std::chrono::milliseconds{1},
           .stream_write_max = std::chrono::seconds{1}});
    const int descriptor = connect_to_server();
    const std::string request = "GET /many HTTP/1.1\r\nHost: x\r\n\r\n";
    CHECK_TRUE(::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) > 0);
    LONGS_EQUAL(200, test::http({.url = url("/a")})->status);
    CHECK_TRUE(test::wait_until([&] { return server->statistics().dropped_streams == 1; },
                                std::chrono::seconds{30}));
    ::close(descriptor);
}

TEST(HttpServer, notices_that_the_reader_of_a_stream_left) {
    start();
    const int descriptor = connect_to_server();
    const std::string request = "GET /many HTTP/1.1\r\nHost: x\r\n\r\n";
    CHECK_TRUE(::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) > 0);
    CHECK_TRUE(test::wait_until([&] { return server->statistics().requests == 1; },
                                std::chrono::seconds{30}));
    ::close(descriptor);
    CHECK_TRUE(test::wait_until([&] { return server->statistics().open_connections == 0; },
                                std::chrono::seconds{30}));
    LONGS_EQUAL(0, server->statistics().dropped_streams);
}

TEST(HttpServer, closes_connections_beyond_its_limit_and_counts_them) {
    start({.connections_max = 0});
    CHECK_FALSE(test::http({.url = url("/")}).has_value());
    LONGS_EQUAL(1, server->statistics().refused_connections);
}

TEST(HttpServer, says_when_the_address_is_taken) {
    start();
    const auto second = Server::start({.port = server->port()}, [](Request, Reply) {});
    CHECK_FALSE(second.has_value());
    STRCMP_CONTAINS("give another [http] listen address", second.error().message.c_str());
}

TEST(HttpServer, can_end_while_an_answer_is_owed) {
    start();
    const auto asked =
        test::http({.url = url("/later"), .timeout = std::chrono::milliseconds{200}});
    CHECK_FALSE(asked.has_value());
    server.reset();
    withheld.at(0)({});
}
