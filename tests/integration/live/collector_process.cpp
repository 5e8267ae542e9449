#include "tests/integration/live/collector_process.hpp"

#include <fstream>

#include "tests/support/free_port.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/wait_until.hpp"

namespace aftercare::test {
namespace {

using std::chrono::seconds;

Status write_configuration(const CollectorOptions& options, const std::filesystem::path& database) {
    const std::string deploy = std::string(AFTERCARE_SOURCE_DIR) + "/deploy/";
    std::ofstream file(options.dir / "collector.toml");
    file << "[broker]\nurl = \"" << options.broker_url << "\"\n"
         << "[database]\npath = \"" << database.string() << "\"\n"
         << "[tenants]\nlist = [\"demo\"]\nenrolment = \"registered\"\n"
         << "[catalogue]\nfile = \"" << deploy << "catalogue/appliances.toml\"\n"
         << "[rules]\nfile = \"" << deploy << "rules/appliances.toml\"\n"
         << "[intake]\nack_delay_lazy = \"500ms\"\n";
    file.close();
    if (!file) return fail(Errc::unavailable, "cannot write collector.toml");
    return {};
}

}  // namespace

Result<CollectorProcess> CollectorProcess::start(CollectorOptions options) {
    CollectorProcess collector;
    collector.options_ = std::move(options);
    if (Status written = write_configuration(collector.options_, collector.database()); !written) {
        return fail(written.error());
    }
    const Result<std::uint16_t> port = free_port();
    if (!port) return fail(port.error());
    collector.port_ = *port;
    if (Status made = collector.make_token(); !made) return fail(made.error());
    if (Status launched = collector.launch(); !launched) return fail(launched.error());
    return collector;
}

Status CollectorProcess::make_token() {
    const Result<Finished> made =
        run_program({.command = {options_.program, "token", "create", "--db", database().string(),
                                 "--role", "maker", "--tenant", "demo"},
                     .log_dir = options_.dir,
                     .name = "token-create"},
                    seconds{10});
    if (!made) return fail(made.error());
    if (!made->status.clean()) return fail(Errc::unavailable, "token create: " + made->err);
    token_ = made->out.substr(0, made->out.find('\n'));
    std::ofstream(token_file()) << token_ << '\n';
    return {};
}

Status CollectorProcess::launch() {
    std::vector<std::string> command{options_.program, "run",
                                     "--config",       (options_.dir / "collector.toml").string(),
                                     "--listen",       "127.0.0.1:" + std::to_string(port_)};
    if (!options_.clock_start.empty()) {
        command.insert(command.end(), {"--clock-start", options_.clock_start, "--clock-epoch",
                                       options_.clock_epoch, "--clock-speed",
                                       std::to_string(options_.clock_speed)});
    }
    Result<Process> process =
        Process::start({.command = command, .log_dir = options_.dir, .name = "collector"});
    if (!process) return fail(process.error());
    process_.emplace(std::move(*process));
    const bool decided = wait_until(
        [this] {
            if (!process_->running()) return true;
            const auto reply = http({.url = api_url() + "/healthz"});
            return reply && reply->status == 200;
        },
        seconds{20});
    if (!decided || !process_->running()) {
        return fail(Errc::unavailable, "the collector does not answer: " + process_->err());
    }
    return {};
}

Status CollectorProcess::stop() {
    const Result<ExitStatus> ended = process_->stop(seconds{20});
    if (!ended) return fail(ended.error());
    if (!ended->clean()) return fail(Errc::unavailable, "the collector did not end cleanly");
    return {};
}

Status CollectorProcess::start_again() {
    return launch();
}

Result<Finished> CollectorProcess::verify() const {
    return run_program({.command = {options_.program, "verify", "--db", database().string()},
                        .log_dir = options_.dir,
                        .name = "verify"},
                       seconds{60});
}

}  // namespace aftercare::test
