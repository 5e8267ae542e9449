#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "collector/cli/commands.hpp"

namespace aftercare::collector {

int run_cli(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
            const Terminal& terminal) {
    Shell shell{out, err, terminal};
    CLI::App app{"Turns appliance telemetry into service tickets, and outcomes into KPIs.",
                 "aftercare-collector"};
    app.set_version_flag("--version", std::string("aftercare-collector ") + AFTERCARE_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Data goes to stdout, talk to stderr. Exit codes as in sysexits.h: 0, 64 usage, 65 data,\n"
        "69 unavailable, 70 bug, 74 I/O, 75 try again, 78 config.\n"
        "Example:\n  aftercare-collector run --config /etc/aftercare/collector.toml");
    add_run_command(app, shell);
    add_kpi_command(app, shell);
    add_tickets_commands(app, shell);
    add_problems_commands(app, shell);
    add_devices_commands(app, shell);
    add_centres_commands(app, shell);
    add_import_commands(app, shell);
    add_rules_commands(app, shell);
    add_catalogue_command(app, shell);
    add_token_commands(app, shell);
    add_backup_commands(app, shell);
    add_quarantine_commands(app, shell);
    add_verify_command(app, shell);
    add_doctor_command(app, shell);
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        const bool is_answer = error.get_exit_code() == 0;  // --help, --version
        app.exit(error, out, err);
        return is_answer ? 0 : static_cast<int>(Exit::usage);
    }
    return shell.exit_code;
}

}  // namespace aftercare::collector
