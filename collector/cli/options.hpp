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
