#include "collector/io/sqlite/tokens.hpp"

#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

TokenRow token(const char* name, char digit) {
    return {std::string(64, digit), {name, Role::centre, "acme", "north"}, hour(1)};
}

std::unique_ptr<SqliteTokens> open(const ScratchDatabase& database) {
    auto tokens = SqliteTokens::open(database.path());
    AFTERCARE_ASSERT(tokens.has_value());
    return std::move(*tokens);
}

}  // namespace

TEST_GROUP(SqliteTokens) {
    ScratchDatabase database{"tokens"};
};

TEST(SqliteTokens, find_whom_a_hash_speaks_for) {
    const auto tokens = open(database);
    CHECK(tokens->add(token("desk", 'a')).has_value());
    const auto found = tokens->find(std::string(64, 'a'));
    CHECK(found.has_value());
    STRCMP_EQUAL("desk", found->name.c_str());
    STRCMP_EQUAL("north", found->centre.c_str());
    CHECK(found->role == Role::centre);
    CHECK(tokens->find(std::string(64, 'b')).error().code == Errc::not_found);
}

TEST(SqliteTokens, refuse_a_name_or_hash_that_exists) {
    const auto tokens = open(database);
    CHECK(tokens->add(token("desk", 'a')).has_value());
    CHECK(tokens->add(token("desk", 'b')).error().code == Errc::conflict);
    CHECK(tokens->add(token("other", 'a')).error().code == Errc::conflict);
    UNSIGNED_LONGS_EQUAL(1, tokens->list()->size());
}

TEST(SqliteTokens, speak_for_nobody_when_revoked_and_stay_on_the_list) {
    const auto tokens = open(database);
    CHECK(tokens->add(token("desk", 'a')).has_value());
    CHECK(tokens->add(token("other", 'b')).has_value());
    CHECK(tokens->revoke("desk", hour(5)).has_value());
    CHECK(tokens->revoke("desk", hour(7)).has_value());
    CHECK(tokens->find(std::string(64, 'a')).error().code == Errc::not_found);
    CHECK(tokens->find(std::string(64, 'b')).has_value());
    CHECK(tokens->list()->at(0).revoked_at == hour(5));
    CHECK_FALSE(tokens->list()->at(1).revoked_at.has_value());
    CHECK(tokens->revoke("nobody", hour(5)).error().code == Errc::not_found);
    CHECK(tokens->add(token("desk", 'c')).error().code == Errc::conflict);
}

TEST(SqliteTokens, can_be_made_while_a_collector_owns_the_database) {
    const auto store = database.open();
    const auto tokens = open(database);
    CHECK(tokens->add(token("desk", 'a')).has_value());
    Commit commit;
    commit.devices = {device(1)};
    CHECK(store->apply(commit).has_value());
    UNSIGNED_LONGS_EQUAL(1, tokens->list()->size());
}

TEST(SqliteTokens, never_upgrade_a_database_that_a_collector_may_own) {
    open(database);
    database.sql("PRAGMA user_version = 0");
    const auto tokens = SqliteTokens::open(database.path());
    CHECK(!tokens && tokens.error().code == Errc::unavailable);
    STRCMP_CONTAINS("start the collector with it once", tokens.error().message.c_str());
}
