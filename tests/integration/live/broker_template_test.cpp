// The broker configuration that deploy/mosquitto ships, run as it is but for paths and ports:
// devices by certificate, the collector by password, and everybody within the access rules.
#include <mosquitto.h>

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/free_port.hpp"
#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// Authority, broker and device certificates with an empty revocation list.
constexpr const char* kMakeCertificates = R"sh(
set -e
exec >/dev/null 2>&1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -keyout ca.key -out device-ca.pem -subj /CN=authority
touch index.txt; echo 1000 > serial
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' > ca.cnf
for name in broker wm-0001; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr \
        -subj /CN=$name
    printf 'subjectAltName=IP:127.0.0.1\n' > $name.ext
    openssl x509 -req -in $name.csr -CA device-ca.pem -CAkey ca.key -days 2 -out $name.pem \
        -extfile $name.ext -CAcreateserial
done
openssl ca -gencrl -config ca.cnf -keyfile ca.key -cert device-ca.pem -crldays 2 -out device-ca.crl
)sh";

/// One client of the broker under test, driven by hand.
class Client {
  public:
    explicit Client(const char* id) : handle_(mosquitto_new(id, true, this), mosquitto_destroy) {
        mosquitto_message_callback_set(
            handle_.get(), [](mosquitto*, void* self, const mosquitto_message* message) {
                static_cast<Client*>(self)->received.insert(message->topic);
            });
        mosquitto_connect_callback_set(handle_.get(), [](mosquitto*, void* self, int code) {
            static_cast<Client*>(self)->connected = code == 0;
        });
    }
    mosquitto* get() { return handle_.get(); }
    void publish(const std::string& topic) {
        mosquitto_publish(get(), nullptr, topic.c_str(), 2, "hi", 1, false);
    }
    bool loop_until(const std::function<bool()>& condition, milliseconds patience = seconds{5}) {
        return wait_until([&] { return mosquitto_loop(get(), 10, 1) != 0 || condition(); },
                          patience, milliseconds{1}) &&
               condition();
    }
    bool connected = false;
    std::set<std::string> received;

  private:
    std::unique_ptr<mosquitto, decltype(&mosquitto_destroy)> handle_;
};

}  // namespace

TEST_GROUP(BrokerTemplate) {
    ScratchDir scratch{"template"};
    std::optional<Process> broker;
    std::uint16_t device_port = 0;
    std::uint16_t collector_port = 0;

    void setup() override {
        mosquitto_lib_init();
        const std::string dir = scratch.path().string();
        const auto made = run_program({.command = {"bash", "-c", kMakeCertificates},
                                       .log_dir = scratch.path(),
                                       .name = "openssl",
                                       .working_dir = scratch.path()},
                                      seconds{20});
        CHECK_TEXT(made && made->status.clean(), "openssl could not make the certificates");
        write(scratch / "mosquitto.passwords", "collector:secret\ndesk-acme-north:secret\n");
        CHECK(run_program({.command = {"mosquitto_passwd", "-U",
                                       (scratch / "mosquitto.passwords").string()},
                           .log_dir = scratch.path(),
                           .name = "passwd"},
                          seconds{5})
                  ->status.clean());
        device_port = *free_port();
        collector_port = *free_port();
        const std::string source = std::string(AFTERCARE_SOURCE_DIR) + "/deploy/mosquitto/";
        // The entry of a desk is an example there.
        std::string acl = replaced(read(source + "acl"), "# user desk", "user desk");
        write(scratch / "mosquitto.acl", replaced(acl, "# topic ", "topic "));
        std::string conf = read(source + "mosquitto.conf");
        conf = replaced(conf, "listener 8883",
                        "listener " + std::to_string(device_port) + " 127.0.0.1");
        conf = replaced(conf, "listener 8884", "listener " + std::to_string(collector_port));
        conf = replaced(conf, "/etc/aftercare/tls", dir);
        conf = replaced(conf, "/etc/aftercare", dir);
        conf = replaced(conf, "/var/lib/mosquitto", dir);
        conf = replaced(conf, "log_dest syslog", "log_dest stderr");
        const auto who = run_program(
            {.command = {"id", "-un"}, .log_dir = scratch.path(), .name = "id"}, seconds{5});
        conf += "user " + who->out;
        write(scratch / "mosquitto.conf", conf);
        auto started = Process::start(
            {.command = {"/usr/sbin/mosquitto", "-c", (scratch / "mosquitto.conf").string()},
             .log_dir = scratch.path(),
             .name = "mosquitto"});
        CHECK(started.has_value());
        broker.emplace(std::move(*started));
        CHECK_TEXT(wait_until(
                       [&] {
                           return (accepts_connections(device_port) &&
                                   accepts_connections(collector_port)) ||
                                  !broker->running();
                       },
                       seconds{5}) &&
                       broker->running(),
                   broker->err().c_str());
    }

    void connect_collector(Client & client, const char* user = "collector") {
        mosquitto_username_pw_set(client.get(), user, "secret");
        LONGS_EQUAL(0, mosquitto_connect(client.get(), "127.0.0.1", collector_port, 60));
        CHECK(client.loop_until([&] { return client.connected; }));
        mosquitto_subscribe(client.get(), nullptr, "aftercare/v1/+/+/+/up", 1);
        CHECK(client.loop_until([&] { return mosquitto_loop(client.get(), 50, 1) == 0; }));
    }
    /// `name` empty = without a certificate of its own.
    int connect_device(Client & client, const std::string& name) {
        const std::string certificate = scratch / (name + ".pem");
        const std::string key = scratch / (name + ".key");
        mosquitto_tls_set(client.get(), (scratch / "device-ca.pem").c_str(), nullptr,
                          name.empty() ? nullptr : certificate.c_str(),
                          name.empty() ? nullptr : key.c_str(), nullptr);
        return mosquitto_connect(client.get(), "127.0.0.1", device_port, 60);
    }
};

TEST(BrokerTemplate, lets_a_device_speak_for_itself_and_for_nobody_else) {
    Client collector("collector");
    connect_collector(collector);
    Client device("wm-0001");
    LONGS_EQUAL(0, connect_device(device, "wm-0001"));
    CHECK(device.loop_until([&] { return device.connected; }));
    const auto pump_both = [&] {
        mosquitto_loop(device.get(), 5, 1);
        mosquitto_loop(collector.get(), 5, 1);
    };
    device.publish("aftercare/v1/demo/07/wm-0001/up");
    CHECK(wait_until(
        [&] {
            pump_both();
            return collector.received.contains("aftercare/v1/demo/07/wm-0001/up");
        },
        seconds{5}));
    // Mosquitto 2.0.11 also drops the connection of who tries; either way nothing arrives.
    device.publish("aftercare/v1/demo/07/wm-0002/up");
    for (int i = 0; i < 30; ++i) pump_both();
    LONGS_EQUAL(1, collector.received.size());
}

TEST(BrokerTemplate, lets_a_desk_hear_of_its_own_tickets_and_report_its_own_outcomes) {
    Client collector("collector");
    connect_collector(collector);
    Client desk("desk");
    connect_collector(desk, "desk-acme-north");
    Client device("wm-0001");
    LONGS_EQUAL(0, connect_device(device, "wm-0001"));
    CHECK(device.loop_until([&] { return device.connected; }));
    mosquitto_subscribe(collector.get(), nullptr, "aftercare-desk/v1/+/+/outcomes", 1);
    mosquitto_subscribe(desk.get(), nullptr, "aftercare-desk/v1/+/+/tickets", 1);
    const auto pump_all = [&] {
        for (Client* one : {&collector, &desk, &device}) mosquitto_loop(one->get(), 5, 1);
    };
    for (int i = 0; i < 10; ++i) pump_all();
    collector.publish("aftercare-desk/v1/acme/south/tickets");
    collector.publish("aftercare-desk/v1/acme/north/tickets");
    device.publish("aftercare-desk/v1/acme/north/outcomes");
    CHECK(wait_until(
        [&] {
            pump_all();
            return desk.received.contains("aftercare-desk/v1/acme/north/tickets");
        },
        seconds{5}));
    LONGS_EQUAL(1, desk.received.size());
    LONGS_EQUAL(0, collector.received.size());
    desk.publish("aftercare-desk/v1/acme/north/outcomes");
    CHECK(wait_until(
        [&] {
            pump_all();
            return collector.received.contains("aftercare-desk/v1/acme/north/outcomes");
        },
        seconds{5}));
    desk.publish("aftercare-desk/v1/acme/south/outcomes");
    desk.publish("aftercare-desk/v1/acme/north/tickets");
    for (int i = 0; i < 30; ++i) pump_all();
    LONGS_EQUAL(1, collector.received.size());
}

TEST(BrokerTemplate, refuses_a_device_without_a_certificate) {
    Client stranger("wm-0001");
    const int code = connect_device(stranger, "");
    CHECK(code != 0 || !stranger.loop_until([&] { return stranger.connected; }, seconds{1}));
}

TEST(BrokerTemplate, refuses_a_collector_with_a_wrong_password) {
    Client impostor("collector");
    mosquitto_username_pw_set(impostor.get(), "collector", "guess");
    LONGS_EQUAL(0, mosquitto_connect(impostor.get(), "127.0.0.1", collector_port, 60));
    CHECK_FALSE(impostor.loop_until([&] { return impostor.connected; }, seconds{1}));
}
