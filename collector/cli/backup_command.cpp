// backup and restore: whole copies of a database, while a collector writes it and in place of one.
#include "collector/io/sqlite/backup.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"

namespace aftercare::collector {
namespace {

struct CopyRequest {
    std::string database_path;
    std::string file;
    bool json = false;
};

/// One line that counts up, where somebody watches.
CopyProgress progress_line(Shell& shell) {
    if (!shell.terminal.talk_is_watched) return {};
    return [&shell](std::uint64_t done, std::uint64_t total) {
        shell.err << "\r" << (total == 0 ? 100 : done * 100 / total) << " % of " << total
                  << " pages";
        shell.err << (done == total ? "\n" : "") << std::flush;
    };
}

void fail_copy(Shell& shell, const Error& error) {
    const bool is_data = error.code == Errc::corrupt || error.code == Errc::invalid;
    const bool is_use = error.code == Errc::conflict;
    shell.fail(is_data ? Exit::data : is_use ? Exit::usage : Exit::io, error.message);
}

Json json_of_copy(const BackupReport& copy, const std::string& file) {
    Json json;
    json["file"] = file;
    json["bytes"] = copy.bytes;
    json["schema_version"] = copy.schema_version;
    return json;
}

void run_backup(Shell& shell, const CopyRequest& request) {
    const auto copy = back_up(request.database_path, request.file, progress_line(shell));
    if (!copy) return fail_copy(shell, copy.error());
    if (request.json) {
        shell.out << pretty_text(json_of_copy(*copy, request.file));
    } else {
        shell.err << request.file << ": " << copy->bytes << " bytes, checked and on the disk\n";
    }
}

void run_restore(Shell& shell, const CopyRequest& request) {
    const auto restored =
        restore(request.file, request.database_path, real_now(), progress_line(shell));
    if (!restored) return fail_copy(shell, restored.error());
    if (request.json) {
        Json json = json_of_copy(restored->copy, request.database_path);
        json["kept_aside"] = restored->kept_aside.empty() ? Json() : Json(restored->kept_aside);
        shell.out << pretty_text(json);
        return;
    }
    shell.err << request.database_path << ": " << restored->copy.bytes << " bytes from "
              << request.file << ", checked and in place\n";
    if (!restored->kept_aside.empty()) {
        shell.err << "The database that was there is now " << restored->kept_aside << "\n";
    }
    shell.err
        << "What devices had acknowledged since the backup and hold no more becomes a declared "
           "gap, counted as gap_records.\n";
}

}  // namespace

void add_backup_commands(CLI::App& app, Shell& shell) {
    auto request = std::make_shared<CopyRequest>();
    CLI::App* backup =
        app.add_subcommand("backup", "Copy the database, also while a collector writes it");
    add_database_option(*backup, request->database_path);
    backup->add_option("--to", request->file, "New file")->required()->type_name("FILE");
    backup->add_flag("--json", request->json, "One JSON object");
    add_example(*backup, "aftercare-collector backup --db aftercare.db --to monday.db");
    backup->callback([request, &shell] { run_backup(shell, *request); });

    CLI::App* restored = app.add_subcommand(
        "restore",
        "Put a backup in place of the database, which is kept aside; the collector must "
        "not run");
    add_database_option(*restored, request->database_path);
    restored->add_option("--from", request->file, "Backup")->required()->type_name("FILE");
    restored->add_flag("--json", request->json, "One JSON object");
    add_example(*restored, "aftercare-collector restore --db aftercare.db --from monday.db");
    restored->callback([request, &shell] { run_restore(shell, *request); });
}

}  // namespace aftercare::collector
