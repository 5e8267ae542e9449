// aftercare-agent: the command line. Exit codes follow sysexits(3).
#include <malloc.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "agent/io/daemon.hpp"
#include "agent/io/status.hpp"
#include "common/time_text.hpp"

namespace {

using namespace aftercare;

int complain(const Error& error, int code) {
    std::fprintf(stderr, "aftercare-agent: %s\n", error.message.c_str());
    return code;
}

int exit_code(Errc code) {
    switch (code) {
        case Errc::invalid:
            return EX_CONFIG;
        case Errc::conflict:
            return EX_TEMPFAIL;
        case Errc::unavailable:
            return EX_IOERR;
        default:
            return EX_SOFTWARE;
    }
}

// Private memory is what an appliance pays for: one arena for Paho's threads and ours, and what a
// burst took goes back to the system instead of staying at the heap's top.
void bound_memory() {
    constexpr int kBytes = 64 * 1024;
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, kBytes);  // set, it no longer grows by itself
    ::mallopt(M_TRIM_THRESHOLD, kBytes);
    ::mallopt(M_TOP_PAD, kBytes / 4);
}

}  // namespace

int main(int argc, char** argv) {
    bound_memory();
    CLI::App app{"Keeps an appliance's telemetry until the collector has stored it."};
    app.set_version_flag("--version", "aftercare-agent " AFTERCARE_VERSION);
    app.require_subcommand(1);
    std::string config_path;
    std::string linger = "10s";
    bool feed_stdin = false;
    bool json = false;
    CLI::App* run = app.add_subcommand("run", "Run until SIGTERM, or with --stdin until its end");
    run->add_option("--config", config_path, "agent.toml")->required();
    run->add_flag("--stdin", feed_stdin, "Feed JSON lines from stdin, answers on stdout");
    run->add_option("--linger", linger, "Wait so long for acknowledgements when stopping")
        ->capture_default_str();
    CLI::App* status =
        app.add_subcommand("status", "Show spool, lanes and link of a running agent");
    status->add_option("--config", config_path, "its agent.toml")->required();
    status->add_flag("--json", json, "One JSON object instead of text");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : EX_USAGE;
    }
    auto config = agent::load_config(config_path);
    if (!config) return complain(config.error(), EX_CONFIG);
    if (status->parsed()) {
        if ((*config)->socket.empty()) {
            return complain(
                {Errc::invalid, config_path + ": feed.socket is missing: status asks there"},
                EX_CONFIG);
        }
        const auto answer = agent::ask_status((*config)->socket);
        if (!answer) return complain(answer.error(), EX_UNAVAILABLE);
        std::printf("%s\n", (json ? *answer : agent::status_text(*answer)).c_str());
        return 0;
    }
    const auto linger_span = parse_duration(linger);
    if (!linger_span) return complain(linger_span.error().within("--linger"), EX_USAGE);
    const auto ran = agent::run_daemon(**config, {feed_stdin, *linger_span});
    return ran ? 0 : complain(ran.error(), exit_code(ran.error().code));
}
