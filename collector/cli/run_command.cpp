// run: the collector itself.
#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/live/live.hpp"

namespace aftercare::collector {

void add_run_command(CLI::App& app, Shell& shell) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* run = app.add_subcommand("run", "Run the collector until SIGTERM or Ctrl-C");
    run->add_option("--config", options->config_file, "Config file (TOML)")->type_name("FILE");
    run->add_option("--broker", options->broker_url, "Broker, wins over the config")
        ->type_name("mqtt://HOST:PORT");
    run->add_option("--db", options->database_path, "Database file, wins over the config")
        ->type_name("FILE");
    run->add_option("--listen", options->listen,
                    "HTTP address, wins over the config; port 0: a free one")
        ->type_name("HOST:PORT");
    run->add_option("--port-file", options->port_file, "Write the HTTP port here once it listens")
        ->type_name("FILE");
    run->add_option("--log-level", options->log_level, "What is told on stderr")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    run->add_flag("--set-aside-corrupt", options->set_aside_corrupt,
                  "Move a damaged database aside, to FILE.corrupt-TIME, and start with a new one");
    run->add_flag("--insecure-lab", options->insecure_lab,
                  "Allow an anonymous plaintext broker that is not on this machine");
    add_moment_option(*run, "--clock-start", options->clock_start, "Virtual time at --clock-epoch");
    run->add_option_function<double>(
           "--clock-speed", [options](double speed) { options->clock_speed = speed; },
           "Virtual seconds per real second")
        ->type_name("FACTOR");
    add_moment_option(*run, "--clock-epoch", options->clock_epoch,
                      "Real moment at which virtual time starts; default: now");
    add_example(*run, "aftercare-collector run --config /etc/aftercare/collector.toml");
    run->callback([options, &shell] { shell.exit_code = run_live(*options); });
}

}  // namespace aftercare::collector
