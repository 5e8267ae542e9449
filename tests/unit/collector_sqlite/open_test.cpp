// Opening: what is made, what is upgraded, what is refused and how it says so.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

void refused(const Result<std::unique_ptr<SqliteStore>>& opened, Errc code, const char* words) {
    CHECK_FALSE(opened.has_value());
    STRCMP_EQUAL(std::string(to_string(code)).c_str(),
                 std::string(to_string(opened.error().code)).c_str());
    STRCMP_CONTAINS(words, opened.error().message.c_str());
}

}  // namespace

TEST_GROUP(OpeningADatabase) {
    ScratchDatabase database{"open"};
};

TEST(OpeningADatabase, makes_a_new_one_with_our_mark_and_version) {
    database.open();
    STRCMP_EQUAL("1095128131", database.sql("PRAGMA application_id").c_str());  // "AFTC"
    STRCMP_EQUAL("15", database.sql("PRAGMA user_version").c_str());
    STRCMP_EQUAL("wal", database.sql("PRAGMA journal_mode").c_str());
    STRCMP_EQUAL("2", database.sql("PRAGMA auto_vacuum").c_str());
    STRCMP_EQUAL("ok", database.sql("PRAGMA integrity_check").c_str());
}

TEST(OpeningADatabase, keeps_every_table_strict) {
    database.open();
    STRCMP_EQUAL("0", database
                          .sql("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND "
                               "NOT strict AND name NOT LIKE 'sqlite%'")
                          .c_str());
}

TEST(OpeningADatabase, refuses_a_missing_folder_by_name) {
    const auto opened = SqliteStore::open(database.path("nowhere/collector.db"));
    refused(opened, Errc::unavailable, "nowhere does not exist; create it");
}

TEST(OpeningADatabase, refuses_a_second_collector_and_names_the_first) {
    const auto first = database.open();
    refused(SqliteStore::open(database.path()), Errc::unavailable,
            ("process " + std::to_string(::getpid())).c_str());
    std::filesystem::create_symlink(database.path(), database.path("link.db"));
    refused(SqliteStore::open(database.path("link.db")), Errc::unavailable, "running collector");
}

TEST(OpeningADatabase, is_free_again_when_its_owner_was_killed) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto owned = SqliteStore::open(database.path());
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(SqliteStore::open(database.path()).has_value());
}

TEST(OpeningADatabase, refuses_a_newer_schema) {
    database.open();
    database.sql("PRAGMA user_version = 99");
    refused(SqliteStore::open(database.path()), Errc::invalid,
            "has schema version 99, this program knows up to 15");
    const auto queries = SqliteQueries::open(database.path());
    CHECK(!queries && queries.error().code == Errc::invalid);
    STRCMP_EQUAL("99", database.sql("PRAGMA user_version").c_str());
}

TEST(OpeningADatabase, refuses_the_database_of_another_program) {
    database.sql("CREATE TABLE stamps(price)");
    refused(SqliteStore::open(database.path()), Errc::invalid, "made by another program");
    STRCMP_EQUAL("1", database.sql("SELECT count(*) FROM sqlite_schema").c_str());
}

TEST(OpeningADatabase, refuses_a_file_that_is_no_database) {
    std::ofstream(database.path()) << std::string(8192, 'x');
    refused(SqliteStore::open(database.path()), Errc::corrupt, "damaged or not an SQLite database");
}

TEST(OpeningADatabase, reading_a_missing_one_fails_and_makes_nothing) {
    const auto queries = SqliteQueries::open(database.path());
    CHECK(!queries && queries.error().code == Errc::unavailable);
    STRCMP_CONTAINS("no such file", queries.error().message.c_str());
    CHECK_FALSE(std::filesystem::exists(database.path()));
}

TEST(OpeningADatabase, says_when_a_path_is_a_folder) {
    std::filesystem::create_directory(database.path());
    CHECK_FALSE(SqliteStore::open(database.path()).has_value());
}

TEST_GROUP(Documents) {
    ScratchDatabase database{"documents"};
};

TEST(Documents, know_which_rules_were_in_force_when) {
    const auto store = database.open();
    const auto in_force = [&](std::vector<PackText> packs, WallTime at) {
        CHECK(store->put_in_force(packs, at).has_value());
    };
    in_force({{"a.toml", "washers", 1, "one"}, {"b.toml", "dryers", 1, "other"}}, hour(1));
    in_force({{"a.toml", "washers", 1, "one"}, {"b.toml", "dryers", 1, "other"}}, hour(2));
    in_force({{"a.toml", "washers", 2, "two"}, {"b.toml", "dryers", 1, "other"}}, hour(3));
    in_force({{"a.toml", "washers", 1, "one"}}, hour(4));
    const auto rows = [&](const std::string& columns) {
        return database.sql("SELECT group_concat(line, '; ') FROM (SELECT " + columns +
                            " AS line FROM rule_pack ORDER BY no)");
    };
    STRCMP_EQUAL("washers 1; dryers 1; washers 2; washers 1",
                 rows("pack_id || ' ' || version").c_str());
    const auto hours = [](WallTime at) { return std::to_string(unix_ms(at)); };
    STRCMP_EQUAL(
        (hours(hour(1)) + "-" + hours(hour(3)) + "; " + hours(hour(1)) + "-" + hours(hour(4)) +
         "; " + hours(hour(3)) + "-" + hours(hour(4)) + "; " + hours(hour(4)) + "-")
            .c_str(),
        rows("since || '-' || coalesce(until, '')").c_str());
    STRCMP_EQUAL("3", database.sql("SELECT count(DISTINCT hash) FROM rule_pack").c_str());
    const auto kept = read_documents(database.path(), Document::rule_pack).value();
    LONGS_EQUAL(1, kept.size());
    STRCMP_EQUAL("one", kept[0].toml.c_str());
    CHECK(kept[0].loaded_at == hour(4));
    const auto ever = read_pack_history(database.path()).value();
    LONGS_EQUAL(4, ever.size());
    STRCMP_EQUAL("two", ever[2].toml.c_str());
    CHECK(ever[2].loaded_at == hour(3) && ever[2].until == hour(4));
    CHECK(!ever[3].until);
}

TEST(Documents, keep_one_text_of_a_catalogue_per_version) {
    const auto store = database.open();
    CHECK(store->keep_document(Document::catalogue, "x", 1, "", hour(1)).has_value());
    STRCMP_EQUAL("1", database.sql("SELECT count(*) FROM catalogue").c_str());
}
