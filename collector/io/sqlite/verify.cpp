#include "collector/io/sqlite/verify.hpp"

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/integrity.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "collector/io/sqlite/verify_checks.hpp"

namespace aftercare::collector {

using namespace sqlite;

Status check_database_file(const std::string& path, Thoroughness how) {
    return guarded(path, [&]() -> Status {
        const auto database = connect(path, {.access = Access::read});
        return check_integrity(*database, path, how);
    });
}

Result<VerifyReport> verify_database(const std::string& path, const VerifyOptions& options) {
    const auto stage = [&](std::string_view words) {
        if (options.on_stage) options.on_stage(words);
    };
    VerifyReport report;
    Status checked = guarded(path, [&]() -> Status {
        const auto database = connect(path, {.access = Access::read});
        if (Status ready = prepare_schema(*database, path, Upgrade::never); !ready) return ready;
        const Snapshot snapshot(*database);
        stage("file and tables");
        verify_tables(*database, report.checks);
        verify_decisions(*database, report.checks);
        verify_tickets(*database, report.checks);
        stage("stored reports");
        verify_telemetry(*database, report.checks);
        stage("what the engine makes of them");
        verify_engine(*database, options.knowledge, report.checks);
        return {};
    });
    if (checked) return report;
    if (checked.error().code != Errc::corrupt || report.checks.empty())
        return fail(checked.error());
    // Damage that ends a check half-way is itself the finding.
    report.checks.push_back({"readable", "every table can be read", 1, 1, checked.error().message});
    return report;
}

}  // namespace aftercare::collector
