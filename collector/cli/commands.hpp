// The command groups of aftercare-collector, one file each.
#pragma once

#include "collector/cli/shell.hpp"

namespace CLI {
class App;
}

namespace aftercare::collector {

void add_run_command(CLI::App& app, Shell& shell);
void add_kpi_command(CLI::App& app, Shell& shell);
void add_tickets_commands(CLI::App& app, Shell& shell);
void add_devices_commands(CLI::App& app, Shell& shell);
void add_import_commands(CLI::App& app, Shell& shell);
void add_backup_commands(CLI::App& app, Shell& shell);
void add_centres_commands(CLI::App& app, Shell& shell);
void add_problems_commands(CLI::App& app, Shell& shell);
void add_quarantine_commands(CLI::App& app, Shell& shell);
void add_verify_command(CLI::App& app, Shell& shell);
void add_doctor_command(CLI::App& app, Shell& shell);
void add_rules_commands(CLI::App& app, Shell& shell);
/// Below `rules`.
void add_fit_command(CLI::App& rules, Shell& shell);
void add_backtest_command(CLI::App& rules, Shell& shell);
void add_cohort_command(CLI::App& rules, Shell& shell);
void add_rank_command(CLI::App& rules, Shell& shell);
void add_report_commands(CLI::App& rules, Shell& shell);
void add_reload_command(CLI::App& rules, Shell& shell);
void add_catalogue_command(CLI::App& app, Shell& shell);
void add_token_commands(CLI::App& app, Shell& shell);

}  // namespace aftercare::collector
