// The agent's TLS against a real broker, with certificates made by openssl: what it accepts, and
// what it refuses, says why, and tries again without ever falling back to plain text.
#include <sys/stat.h>

#include "tests/integration/agent/daemon_fixture.hpp"
#include "tests/support/free_port.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;

TEST_GROUP_BASE(Tls, DaemonFixture){void shell(const std::string& command){
    auto done = test::run_program({.command = {"/bin/sh", "-ec",
                                               "cd " + dir.path().string() + "; " + command},
                                   .log_dir = dir.path(),
                                   .name = "openssl" + std::to_string(++runs)},
                                  60s);
CHECK_TRUE_TEXT(done && done->status.clean(), done ? done->err.c_str() : "no shell");
}
void make_ca(const std::string& name) {
    shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=" +
        name + " -keyout " + name + ".key -out " + name + ".pem");
}
// Signed by "ca"; dates as YYYYMMDD.
void make_leaf(const std::string& name, const std::string& subject = "IP:127.0.0.1",
               const std::string& from = "20200101", const std::string& to = "20490101") {
    shell("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
          " -keyout " + name + ".key -out " + name + ".csr; echo subjectAltName=" + subject +
          " > ext; openssl ca -batch -config ca.cnf -in " + name + ".csr -out " + name +
          ".pem -startdate " + from + "000000Z -enddate " + to + "000000Z -extfile ext -notext");
}
void setup() override {
    std::ofstream{dir / "ca.cnf"}
        << "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
           "default_md=sha256\npolicy=p\ncertificate=ca.pem\nprivate_key=ca.key\n"
           "unique_subject=no\n[p]\ncommonName=supplied\n";
    shell("touch index.txt; echo 01 > serial");
    make_ca("ca");
}
std::string file(const std::string& name) {
    return (dir / name).string();
}
Broker tls_broker(const std::string& certificate, const std::string& more = {}) {
    return broker({.extra_configuration = "cafile " + file("ca.pem") + "\ncertfile " +
                                          file(certificate + ".pem") + "\nkeyfile " +
                                          file(certificate + ".key") + "\n" + more});
}
static std::string tls_url(const Broker& broker) {
    return "mqtts" + broker.url().substr(4);
}
std::string trust(const std::string& ca = "ca") {
    return "ca_file = \"" + file(ca + ".pem") + "\"\n";
}
std::string identity() {
    return "cert_file = \"" + file("device.pem") + "\"\nkey_file = \"" + file("device.key") +
           "\"\n";
}
// The reason is told once, the attempts go on, and no MQTT is ever spoken.
void refuses(Broker& mosquitto, const std::string& options, const std::string& reason) {
    Process agent = start(config(tls_url(mosquitto), options));
    CHECK_TRUE_TEXT(agent.wait_for(reason, 30s), agent.err().c_str());
    const std::size_t before = count(mosquitto.process().err(), "New connection from");
    CHECK_TRUE(wait_until(
        [&] { return count(mosquitto.process().err(), "New connection from") >= before + 1; },
        30s));
    LONGS_EQUAL_TEXT(1, count(agent.err(), "cannot connect"), agent.err().c_str());
    LONGS_EQUAL(0, count(agent.err(), "connected to"));
    LONGS_EQUAL(0, count(mosquitto.process().err(), "New client connected"));
    agent.kill();
    ::unlink(file("spool").c_str());
}
}
;

TEST(Tls, speaks_it_with_certificates_on_both_sides) {
    make_leaf("broker");
    make_leaf("device");
    Broker mosquitto = tls_broker("broker", "require_certificate true\n");
    Process agent = start(config(tls_url(mosquitto), trust() + identity()));
    CHECK_TRUE_TEXT(agent.wait_for("connected to mqtts://", 30s), agent.err().c_str());
    agent.kill();
    ::unlink(file("spool").c_str());
    // Without a certificate of its own the broker does not let it in.
    Process stranger = start(config(tls_url(mosquitto), trust()));
    CHECK_TRUE_TEXT(stranger.wait_for("it refuses this device: ", 30s), stranger.err().c_str());
    LONGS_EQUAL(0, count(stranger.err(), "connected to"));
}

TEST(Tls, takes_a_broker_that_speaks_nothing_older_than_1_3) {
    make_leaf("broker");
    Broker mosquitto = tls_broker("broker", "tls_version tlsv1.3\n");
    Process agent = start(config(tls_url(mosquitto), trust()));
    CHECK_TRUE_TEXT(agent.wait_for("connected to mqtts://", 30s), agent.err().c_str());
}

// promise: tls-refuses
TEST(Tls, refuses_a_certificate_of_another_host_an_expired_one_and_one_of_the_future) {
    make_leaf("other", "DNS:broker.example");
    make_leaf("expired", "IP:127.0.0.1", "20200101", "20200201");
    make_leaf("future", "IP:127.0.0.1", "20480101", "20490101");
    for (const auto& [certificate, reason] :
         {std::pair{"other", "its certificate is refused: IP address mismatch"},
          std::pair{"expired", "certificate has expired (this device's clock says 2"},
          std::pair{"future", "certificate is not yet valid (this device's clock says 2"}}) {
        Broker mosquitto = tls_broker(certificate);
        refuses(mosquitto, trust(), reason);
    }
}

TEST(Tls, refuses_a_broker_that_its_ca_did_not_sign) {
    make_leaf("broker");
    make_ca("foreign");
    Broker mosquitto = tls_broker("broker");
    refuses(mosquitto, trust("foreign"), "its certificate is refused: ");
}

TEST(Tls, never_speaks_plain_text_to_a_port_that_does) {
    Broker mosquitto = broker();
    refuses(mosquitto, trust(), "(is that a port without TLS?)");
}

TEST(Tls, refuses_versions_before_1_2) {
    make_leaf("broker");
    const auto port = free_port();
    CHECK_TRUE(port.has_value());
    auto server = Process::start(
        {.command = {"openssl", "s_server", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0", "-accept",
                     "127.0.0.1:" + std::to_string(*port), "-cert", file("broker.pem"), "-key",
                     file("broker.key")},
         .log_dir = dir.path(),
         .name = "old",
         .stdin_pipe = true});
    CHECK_TRUE(server.has_value());
    CHECK_TRUE(wait_until([&] { return accepts_connections(*port); }, 30s));
    Process agent = start(config("mqtts://127.0.0.1:" + std::to_string(*port), trust()));
    CHECK_TRUE_TEXT(agent.wait_for("TLS 1.2 or later is needed", 30s), agent.err().c_str());
    LONGS_EQUAL(0, count(agent.err(), "connected to"));
}

TEST(Tls, does_not_begin_with_a_private_key_that_others_can_read) {
    make_leaf("device");
    CHECK_TRUE(::chmod(file("device.key").c_str(), 0640) == 0);
    const auto refused =
        finish({"run", "--config", config("mqtts://127.0.0.1:1", trust() + identity())});
    LONGS_EQUAL(78, refused.status.code);
    CHECK_TRUE_TEXT(refused.err.find("device.key can be read by others; run chmod 600 on it") !=
                        std::string::npos,
                    refused.err.c_str());
}
