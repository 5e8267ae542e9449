// Lines over a real unix socket in this process: what is broadcast, to whom, and what is lost.
#include "agent/io/line_server.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::agent;

namespace {

class Client {
  public:
    explicit Client(const std::string& path) : file_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        const int small = 1;  // the kernel rounds it up to a few KiB
        ::setsockopt(file_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        CHECK_TRUE(::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Client() { ::close(file_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    void send(const std::string& text) const {
        CHECK_TRUE(::send(file_, text.data(), text.size(), 0) > 0);
    }
    std::string read_all() const {
        std::string text;
        char buffer[4096];
        for (ssize_t n; (n = ::recv(file_, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) {
            text.append(buffer, static_cast<std::size_t>(n));
        }
        return text;
    }

  private:
    int file_;
};

}  // namespace

TEST_GROUP(LineServer) {
    aftercare::test::ScratchDir dir{"lines"};
    LineServer server{[](std::string_view line) -> LineServer::Reply {
                          if (line == "on") return {"ok", true};
                          if (line == "off") return {"ok", false};
                          return {"?", {}};
                      },
                      1'000};
    std::string path;

    void setup() override {
        path = (dir / "socket").string();
        CHECK_TRUE(server.listen(path).has_value());
    }
    void serve() {
        for (int i = 0; i < 4; ++i) {
            std::vector<pollfd> set;
            server.add_to(set);
            ::poll(set.data(), set.size(), 0);
            server.serve(set);
        }
    }
};

TEST(LineServer, broadcasts_to_subscribers_only) {
    const Client display{path};
    const Client feeder{path};
    serve();
    display.send("on\n");
    serve();
    server.broadcast("notice");
    feeder.send("x\n");
    serve();
    STRCMP_EQUAL("ok\nnotice\n", display.read_all().c_str());
    STRCMP_EQUAL("?\n", feeder.read_all().c_str());
    display.send("off\n");
    serve();
    server.broadcast("for the next");
    serve();
    STRCMP_EQUAL("ok\n", display.read_all().c_str());
    LONGS_EQUAL(0, server.lost_count());
}

TEST(LineServer, keeps_the_newest_for_the_first_subscriber_and_counts_the_lost) {
    for (int i = 0; i < 20; ++i) server.broadcast(std::to_string(i));
    LONGS_EQUAL(20 - LineServer::kBroadcastsMax, server.lost_count());
    const Client display{path};
    serve();
    display.send("on\n");
    serve();
    std::string expected = "ok\n";
    for (int i = 4; i < 20; ++i) expected += std::to_string(i) + "\n";
    STRCMP_EQUAL(expected.c_str(), display.read_all().c_str());
}

TEST(LineServer, a_subscriber_that_does_not_read_loses_its_oldest_and_holds_up_nobody) {
    const Client slow{path};
    const Client display{path};
    serve();
    slow.send("on\n");
    display.send("on\n");
    serve();
    const std::string body(8'000, 'x');
    std::size_t seen = 0;
    for (int i = 0; i < 200; ++i) {
        server.broadcast(std::to_string(i) + body);
        serve();
        seen += display.read_all().size();
    }
    CHECK_TRUE(seen > 200 * body.size());
    CHECK_TRUE(server.lost_count() > 0);
    // The slow one: an early stretch that the socket held, then the newest.
    std::string late;
    for (int i = 0; i < 100; ++i) {
        late += slow.read_all();
        serve();
    }
    CHECK_TRUE(late.find("199x") != std::string::npos);
    CHECK_TRUE(late.size() < 200 * body.size());
}
