// The daemon in a network namespace of its own: the kernel tells it that the network came up.
#include <csignal>
#include <fstream>

#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;

TEST_GROUP(Network) {
    ScratchDir dir{"network"};

    bool namespaces_allowed() {
        const auto tried =
            test::run_program({.command = {"/bin/sh", "-c", "unshare -rn ip link set lo up"},
                               .log_dir = dir.path(),
                               .name = "try"},
                              30s);
        return tried && tried->status.clean();
    }
    void write(const char* name, const std::string& text) {
        std::ofstream{dir / name} << text;
    }
};

TEST(Network, that_comes_up_is_heard_of_and_ends_the_wait) {
    if (!namespaces_allowed()) {
        std::printf("SKIP: no network namespace without privileges, or no ip and unshare here\n");
        return;
    }
    write("broker.conf", "listener 1883 0.0.0.0\nallow_anonymous true\nuser root\n");
    // A back-off of minutes: only the kernel's word brings an attempt within this test.
    write("agent.toml",
          "[device]\ntenant = \"acme\"\nid = \"wm-0001\"\nmodel = \"WM-7\"\nfirmware = \"1\"\n"
          "[broker]\nurl = \"mqtt://10.9.9.2:1883\"\n[spool]\npath = \"" +
              (dir / "spool").string() +
              "\"\n[link]\nbackoff_base = \"10m\"\nbackoff_cap = \"10m\"\nreconnect_spread = "
              "\"50ms\"\nboot_spread = \"0s\"\n");
    auto inside = Process::start(
        {.command = {"/bin/sh", "-c",
                     "cd " + dir.path().string() +
                         " && exec unshare -rn sh -c 'ip link set lo up; /usr/sbin/mosquitto -c "
                         "broker.conf & " AFTERCARE_AGENT
                         " run --config agent.toml & until [ -e go ]; do sleep 0.05; done; "
                         "ip addr add 10.9.9.2/24 dev lo; wait'"},
         .log_dir = dir.path(),
         .name = "inside",
         .own_group = true});
    CHECK_TRUE(inside.has_value());
    CHECK_TRUE_TEXT(inside->wait_for("cannot connect", 30s), inside->err().c_str());
    CHECK_FALSE(inside->wait_for("connected to", 500ms));
    write("go", "");
    CHECK_TRUE_TEXT(inside->wait_for("connected to mqtt://10.9.9.2", 20s), inside->err().c_str());
    inside->signal_group(SIGKILL);
}
