// Options that several commands take, spelled once.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "collector/cli/shell.hpp"

namespace aftercare::collector {

inline void add_database_option(CLI::App& command, std::string& path) {
    command.add_option("--db", path, "Database file of the collector")
        ->required()
        ->type_name("FILE");
}

/// Histories to learn or judge from; `together` says what several of them are.
inline CLI::Option* add_sources_option(CLI::App& command, std::vector<std::string>& sources,
                                       const std::string& together = "are one fleet") {
    return command
        .add_option("--history,--db", sources,
                    "Trace folder or database of the collector; several " + together)
        ->type_name("PATH");
}

inline void add_catalogue_option(
    CLI::App& command, std::string& file,
    const std::string& otherwise =
        "Default: the one that a database keeps, or the names in the folders") {
    command.add_option("--catalogue", file, otherwise)->type_name("FILE");
}

/// Where a change goes: into a database that nobody runs, or through a running collector.
struct TargetOptions {
    std::string& database_path;
    std::string& config_file;
    std::string& url;
    std::string& token_file;
};
inline void add_target_options(CLI::App& command, const TargetOptions& into) {
    CLI::Option_group* where = command.add_option_group("target");
    where->add_option("--db", into.database_path, "Database that no collector is running on")
        ->type_name("FILE");
    CLI::Option* url = where->add_option("--url", into.url, "A running collector");
    url->type_name("URL");
    where->require_option(1);
    CLI::Option* token = command.add_option("--token-file", into.token_file, "API token for --url");
    token->type_name("FILE");
    url->needs(token);
    token->needs(url);
    command
        .add_option("--config", into.config_file,
                    "Settings, catalogue and rules; default: what the database keeps")
        ->type_name("FILE")
        ->excludes(url);
}

/// Writes into `moment`; a mistake is a usage error.
inline void add_moment_option(CLI::App& command, const std::string& name,
                              std::optional<WallTime>& moment, const std::string& help) {
    command
        .add_option_function<std::string>(
            name,
            [&moment, name](const std::string& text) {
                const Result<WallTime> parsed = parse_moment(text);
                if (!parsed) throw CLI::ValidationError(name, parsed.error().message);
                moment = *parsed;
            },
            help + " (RFC 3339 or a date, UTC)")
        ->type_name("TIME");
}

inline void add_example(CLI::App& command, const std::string& example) {
    command.footer("Example:\n  " + example);
}

}  // namespace aftercare::collector
