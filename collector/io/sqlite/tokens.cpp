#include "collector/io/sqlite/tokens.hpp"

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/schema.hpp"

namespace aftercare::collector {

using namespace sqlite;

struct SqliteTokens::Impl {
    std::string path;
    std::unique_ptr<SQLite::Database> database;
};

namespace {

constexpr std::string_view kPrincipalColumns = "name, role, tenant, centre";

Principal read_principal(Row& row) {
    Principal principal;
    principal.name = row.text();
    principal.role = row.name(&parse_role);
    principal.tenant = row.text();
    principal.centre = row.text();
    return principal;
}

}  // namespace

SqliteTokens::SqliteTokens() : impl_(std::make_unique<Impl>()) {}
SqliteTokens::~SqliteTokens() = default;

Result<std::unique_ptr<SqliteTokens>> SqliteTokens::open(const std::string& path) {
    return guarded(path, [&]() -> Result<std::unique_ptr<SqliteTokens>> {
        std::unique_ptr<SqliteTokens> tokens(new SqliteTokens);
        tokens->impl_->path = path;
        tokens->impl_->database = connect(path, {.access = Access::create});
        Status ready = prepare_schema(*tokens->impl_->database, path, Upgrade::only_when_empty);
        if (!ready) return fail(ready.error());
        return tokens;
    });
}

Result<Principal> SqliteTokens::find(const std::string& sha256) {
    return guarded(impl_->path, [&]() -> Result<Principal> {
        SQLite::Statement select(*impl_->database, "SELECT " + std::string(kPrincipalColumns) +
                                                       " FROM api_token WHERE sha256 = ? "
                                                       "AND revoked_at IS NULL");
        Binder(select).text(sha256);
        if (!select.executeStep()) return fail(Errc::not_found, "there is no such token");
        Row row(select);
        return read_principal(row);
    });
}

Status SqliteTokens::add(const TokenRow& token) {
    return guarded(impl_->path, [&]() -> Status {
        SQLite::Statement known(*impl_->database,
                                "SELECT count(*) FROM api_token WHERE name = ? OR sha256 = ?");
        Transaction transaction(*impl_->database);
        Binder(known).text(token.principal.name).text(token.sha256);
        if (known.executeStep() && Row(known).integer() > 0) {
            return fail(Errc::conflict, "a token named \"" + token.principal.name +
                                            "\" exists or existed; choose another name");
        }
        known.tryReset();
        SQLite::Statement insert(*impl_->database,
                                 "INSERT INTO api_token(sha256, name, role, tenant, centre, "
                                 "created_at) VALUES (?, ?, ?, ?, ?, ?)");
        Binder binder(insert);
        binder.text(token.sha256).text(token.principal.name).text(to_string(token.principal.role));
        binder.text(token.principal.tenant).text(token.principal.centre).time(token.created_at);
        insert.exec();
        transaction.commit();
        return {};
    });
}

Status SqliteTokens::revoke(const std::string& name, WallTime now) {
    return guarded(impl_->path, [&]() -> Status {
        SQLite::Statement end(*impl_->database,
                              "UPDATE api_token SET revoked_at = coalesce(revoked_at, ?) "
                              "WHERE name = ?");
        Binder(end).time(now).text(name);
        if (end.exec() > 0) return {};
        return fail(Errc::not_found, "there is no token named \"" + name + "\"");
    });
}

Result<std::vector<TokenRow>> SqliteTokens::list() {
    return guarded(impl_->path, [&]() -> Result<std::vector<TokenRow>> {
        SQLite::Statement select(
            *impl_->database, "SELECT " + std::string(kPrincipalColumns) +
                                  ", sha256, created_at, revoked_at FROM api_token ORDER BY name");
        std::vector<TokenRow> tokens;
        while (select.executeStep()) {
            Row row(select);
            TokenRow token;
            token.principal = read_principal(row);
            token.sha256 = row.text();
            token.created_at = row.time();
            token.revoked_at = row.optional_time();
            tokens.push_back(std::move(token));
        }
        return tokens;
    });
}

}  // namespace aftercare::collector
