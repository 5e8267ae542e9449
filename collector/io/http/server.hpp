// HTTP/1.1 over Boost.Beast: sockets, keep-alive, limits. What a request means is the handler's
// affair. Beast stays inside server.cpp and session.cpp, which are slow to compile.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "collector/io/http/message.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0 = any free one
    std::size_t threads = 2;
    std::size_t connections_max = 256;            ///< further ones are closed at once and counted
    std::chrono::seconds idle_max{60};            ///< between two requests of a connection
    std::chrono::seconds read_max{15};            ///< for one request
    std::chrono::seconds answer_max{30};          ///< until the handler replies; then 503
    std::chrono::seconds write_max{30};           ///< for one response
    std::chrono::milliseconds stream_pause{250};  ///< before a stream is asked for more
    std::chrono::seconds stream_write_max{10};    ///< for a piece of it; then its reader is dropped
};

class Server {
  public:
    /// Listens and serves until it is destroyed. `handler` runs on the server's threads; its reply
    /// may come later and from any thread. Errors: unavailable, naming address and reason.
    static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
    /// Closes the listener and every connection, then joins.
    ~Server();

    [[nodiscard]] std::uint16_t port() const;
    struct Statistics {
        std::uint64_t requests = 0;
        std::uint64_t refused_connections = 0;
        std::size_t open_connections = 0;
        std::uint64_t dropped_streams = 0;
    };
    /// Thread: any.
    [[nodiscard]] Statistics statistics() const;

  private:
    Server();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
