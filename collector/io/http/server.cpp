#include "collector/io/http/server.hpp"

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "collector/io/http/problem.hpp"

namespace aftercare::collector {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

/// When descriptors run out, accepting again at once would spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

struct Shared {
    Shared(ServerOptions given, Handler wanted)
        : options(std::move(given)), handler(std::move(wanted)) {}
    const ServerOptions options;
    const Handler handler;
    std::atomic<std::uint64_t> requests = 0;
    std::atomic<std::uint64_t> refused_connections = 0;
    std::atomic<std::size_t> open_connections = 0;
    std::atomic<std::uint64_t> dropped_streams = 0;
};

/// Method, target and lower-case headers, as the routes want them.
Request to_request(http::request<http::string_body>&& message) {
    Request request{std::string(message.method_string()),
                    std::string(message.target()),
                    {},
                    std::move(message.body())};
    for (const auto& field : message) {
        std::string name(field.name_string());
        for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        request.headers.insert_or_assign(std::move(name), std::string(field.value()));
    }
    return request;
}

std::string address_of(const tcp::socket& socket) {
    error_code error;
    const tcp::endpoint endpoint = socket.remote_endpoint(error);
    return error ? std::string{} : endpoint.address().to_string(error);
}

/// One connection: read, handle, write, again. Alive as long as an operation or a reply refers to
/// it.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket&& socket, Shared& shared)
        : peer_(address_of(socket)),
          stream_(std::move(socket)),
          answer_timer_(stream_.get_executor()),
          shared_(shared) {
        ++shared_.open_connections;
    }
    ~Session() { --shared_.open_connections; }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void run() {
        asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->wait(); });
    }

  private:
    /// Idle until the first byte of a request, then `read_max` for the rest: a slow sender cannot
    /// hold a connection for longer.
    void wait() {
        stream_.expires_after(shared_.options.idle_max);
        if (buffer_.size() > 0) return read();
        stream_.async_read_some(buffer_.prepare(kReadAhead),
                                [self = shared_from_this()](error_code error, std::size_t size) {
                                    if (error) return self->close();
                                    self->buffer_.commit(size);
                                    self->read();
                                });
    }

    void read() {
        parser_.emplace();
        parser_->header_limit(kHeaderBytesMax);
        parser_->body_limit(kBodyBytesMax);
        stream_.expires_after(shared_.options.read_max);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
    }

    void on_read(error_code error) {
        if (error == http::error::end_of_stream) return close();
        if (error) return refuse(error);
        ++shared_.requests;
        keep_alive_ = parser_->get().keep_alive();
        head_only_ = parser_->get().method() == http::verb::head;
        Request request = to_request(parser_->release());
        request.peer = peer_;
        if (head_only_) request.method = "GET";
        stream_.expires_never();
        const std::uint64_t number = ++request_number_;
        await_answer(number);
        // Weak: a reply kept by a stalled engine must not outlive the server it belongs to.
        shared_.handler(std::move(request), [weak = weak_from_this(), number](Response response) {
            const auto self = weak.lock();
            if (!self) return;
            asio::post(self->stream_.get_executor(),
                       [self, number, answer = std::move(response)]() mutable {
                           self->answer(number, std::move(answer));
                       });
        });
    }

    /// Keeps the session alive while the handler works, and ends the wait of a caller whose change
    /// cannot be stored for now.
    void await_answer(std::uint64_t number) {
        answer_timer_.expires_after(shared_.options.answer_max);
        answer_timer_.async_wait([self = shared_from_this(), number](error_code error) {
            if (error) return;
            self->keep_alive_ = false;
            self->answer(number, problem(503, "not stored yet; ask again with the same id"));
        });
    }

    /// Runs on the strand; the first answer to a request wins.
    void answer(std::uint64_t number, Response&& response) {
        if (number != request_number_ || number == answered_number_) return;
        answered_number_ = number;
        answer_timer_.cancel();
        write(std::move(response));
    }

    /// What the sender got wrong before a route could see it; a broken connection gets no answer.
    void refuse(error_code error) {
        keep_alive_ = false;
        if (error == http::error::body_limit) {
            return write(problem(413, "the body is larger than 1 MiB; send it in parts"));
        }
        if (error == http::error::header_limit) return write(problem(431, "headers over 16 KiB"));
        if (error.category() == http::make_error_code(http::error::bad_method).category()) {
            return write(problem(400, "not HTTP/1.1: " + error.message()));
        }
        close();
    }

    void write(Response&& answer) {
        body_ = std::move(answer.stream);
        response_.emplace(http::int_to_status(answer.status), 11);
        response_->set(http::field::content_type, answer.content_type);
        for (const auto& [name, value] : answer.headers) response_->set(name, value);
        response_->keep_alive(keep_alive_);
        if (body_) return write_stream();
        response_->content_length(answer.body.size());
        if (!head_only_) response_->body() = std::move(answer.body);
        stream_.expires_after(shared_.options.write_max);
        if (head_only_) {
            // The length of what GET would bring, and no body behind it.
            serializer_.emplace(*response_);
            http::async_write_header(stream_, *serializer_, on_written());
        } else {
            http::async_write(stream_, *response_, on_written());
        }
    }

    /// The head, then piece by piece what the stream tells; it ends with the connection.
    void write_stream() {
        response_->keep_alive(false);
        response_->chunked(true);
        keep_alive_ = false;
        if (head_only_) body_.reset();
        watch();
        stream_.expires_after(shared_.options.stream_write_max);
        serializer_.emplace(*response_);
        http::async_write_header(
            stream_, *serializer_,
            [self = shared_from_this()](error_code error, std::size_t) { self->on_piece(error); });
    }

    /// Notices that the reader left; what it still sends is nobody's.
    void watch() {
        stream_.async_read_some(buffer_.prepare(kReadAhead),
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    if (!error) return self->watch();
                                    self->body_.reset();
                                    self->answer_timer_.cancel();
                                    self->stream_.close();
                                });
    }

    void on_piece(error_code error) {
        if (error == beast::error::timeout) ++shared_.dropped_streams;
        if (error || !body_) return stream_.close();
        answer_timer_.expires_after(shared_.options.stream_pause);
        answer_timer_.async_wait([self = shared_from_this()](error_code stopped) {
            if (!stopped) self->write_piece();
        });
    }

    void write_piece() {
        if (!body_) return;
        ResponseStream::Chunk chunk = body_->next();
        piece_ = std::move(chunk.text);
        if (chunk.last) {
            body_.reset();
            stream_.expires_after(shared_.options.stream_write_max);
            return asio::async_write(stream_, http::make_chunk_last(), on_last_piece());
        }
        if (piece_.empty()) return on_piece({});
        stream_.expires_after(shared_.options.stream_write_max);
        asio::async_write(
            stream_, http::make_chunk(asio::buffer(piece_)),
            [self = shared_from_this()](error_code error, std::size_t) { self->on_piece(error); });
    }

    std::function<void(error_code, std::size_t)> on_last_piece() {
        return [self = shared_from_this()](error_code, std::size_t) { self->stream_.close(); };
    }

    std::function<void(error_code, std::size_t)> on_written() {
        return [self = shared_from_this()](error_code error, std::size_t) {
            if (error || !self->keep_alive_) return self->close();
            self->wait();
        };
    }

    void close() {
        error_code ignored;  // whichever side closed first, it is closed
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    static constexpr std::size_t kReadAhead = 4096;
    const std::string peer_;
    beast::tcp_stream stream_;
    asio::steady_timer answer_timer_;
    beast::flat_buffer buffer_{kHeaderBytesMax + kBodyBytesMax + kReadAhead};
    std::optional<http::request_parser<http::string_body>> parser_;
    std::optional<http::response<http::string_body>> response_;
    std::optional<http::response_serializer<http::string_body>> serializer_;
    std::shared_ptr<ResponseStream> body_;  ///< of a response that goes on
    std::string piece_;                     ///< of it, being written
    Shared& shared_;
    std::uint64_t request_number_ = 0;
    std::uint64_t answered_number_ = 0;
    bool keep_alive_ = false;
    bool head_only_ = false;
};

}  // namespace

struct Server::Impl {
    Impl(ServerOptions options, Handler handler)
        : shared(std::move(options), std::move(handler)), acceptor(io), pause(io) {}

    Status listen() {
        error_code error;
        const auto address = asio::ip::make_address(
            shared.options.host == "localhost" ? "127.0.0.1" : shared.options.host, error);
        const std::string where = shared.options.host + ":" + std::to_string(shared.options.port);
        if (error)
            return fail(Errc::unavailable, "cannot listen on " + where + ": not an IP address");
        const tcp::endpoint endpoint(address, shared.options.port);
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error) port = acceptor.local_endpoint(error).port();
        if (error) {
            return fail(Errc::unavailable, "cannot listen on " + where + ": " + error.message() +
                                               "; give another [http] listen address");
        }
        return {};
    }

    void accept() {
        acceptor.async_accept(asio::make_strand(io), [this](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (error) {
                pause.expires_after(kAcceptPause);
                return pause.async_wait([this](error_code stopped) {
                    if (!stopped) accept();
                });
            }
            if (shared.open_connections < shared.options.connections_max) {
                std::make_shared<Session>(std::move(socket), shared)->run();
            } else {
                ++shared.refused_connections;
            }
            accept();
        });
    }

    Shared shared;
    asio::io_context io;
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    std::uint16_t port = 0;
    std::vector<std::thread> threads;
};

Server::Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
    std::unique_ptr<Server> server(new Server);
    server->impl_ = std::make_unique<Impl>(std::move(options), std::move(handler));
    Impl& impl = *server->impl_;
    if (Status status = impl.listen(); !status) return fail(std::move(status.error()));
    impl.accept();
    for (std::size_t i = 0; i < impl.shared.options.threads; ++i) {
        impl.threads.emplace_back([&impl] { impl.io.run(); });
    }
    return server;
}

Server::~Server() {
    if (!impl_) return;
    impl_->io.stop();
    for (std::thread& thread : impl_->threads) thread.join();
}

std::uint16_t Server::port() const {
    return impl_->port;
}

Server::Statistics Server::statistics() const {
    return {impl_->shared.requests, impl_->shared.refused_connections,
            impl_->shared.open_connections, impl_->shared.dropped_streams};
}

}  // namespace aftercare::collector
