#include "collector/io/sqlite/pack_versions.hpp"

#include <algorithm>
#include <set>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "common/hash.hpp"
#include "common/hex_text.hpp"

namespace aftercare::collector::sqlite {
namespace {

std::string hash_of(const std::string& toml) {
    Hash64 hash;
    hash.add(toml);
    return hex_text(hash.value());
}

struct InForce {
    std::set<std::string> going_on;   ///< names whose text is the same
    std::vector<std::int64_t> ended;  ///< rows of the others
};

InForce compared(SQLite::Database& database, const std::vector<PackText>& packs) {
    InForce found;
    SQLite::Statement query(database, "SELECT no, name, toml FROM rule_pack WHERE until IS NULL");
    while (query.executeStep()) {
        Row row(query);
        const std::int64_t no = row.integer();
        const std::string name = row.text();
        const std::string toml = row.text();
        const bool same = std::any_of(packs.begin(), packs.end(), [&](const PackText& pack) {
            return pack.name == name && pack.toml == toml;
        });
        if (same) {
            found.going_on.insert(name);
        } else {
            found.ended.push_back(no);
        }
    }
    return found;
}

}  // namespace

void put_in_force(SQLite::Database& database, const std::vector<PackText>& packs, WallTime now) {
    Transaction transaction(database);
    const InForce before = compared(database, packs);
    SQLite::Statement end(database, "UPDATE rule_pack SET until = ? WHERE no = ?");
    for (const std::int64_t no : before.ended) {
        Binder(end).time(now).integer(no);
        end.exec();
    }
    SQLite::Statement begin(database,
                            "INSERT INTO rule_pack(name, pack_id, version, hash, since, toml) "
                            "VALUES (?, ?, ?, ?, ?, ?)");
    for (const PackText& pack : packs) {
        if (before.going_on.contains(pack.name)) continue;
        const std::string hash = hash_of(pack.toml);
        Binder(begin)
            .text(pack.name)
            .text(pack.pack_id)
            .integer(pack.version)
            .text(hash)
            .time(now)
            .text(pack.toml);
        begin.exec();
    }
    transaction.commit();
}

}  // namespace aftercare::collector::sqlite
