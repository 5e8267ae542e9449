// What a database says was in force, and since when.
#include "collector/cli/kept_knowledge.hpp"

#include "collector/io/sqlite/sqlite_store.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "tests/unit/collector_cli/cli_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

WallTime hour(int hours) {
    return wall_from_unix_ms(1'767'225'600'000) + hours_ms(hours);
}

std::string pack(const std::string& rule) {
    return "[pack]\nid = \"p\"\nversion = 1\n[[rule]]\nid = \"" + rule +
           "\"\ncomponent = \"c\"\nfailure_mode = \"c\"\nhorizon = \"48h\"\n"
           "when = { fault_count = [\"E1\"] }\n";
}

}  // namespace

TEST_GROUP(KeptKnowledge) {
    CliWorld world;
    std::string db = world.path("a.db");
    std::unique_ptr<SqliteStore> store = SqliteStore::open(db).value();

    void setup() override {
        const std::string toml = catalogue_to_toml(catalogue_for_trace({"m"}, {}, {"E1"}, {"c"}));
        CHECK(store->keep_document(Document::catalogue, "c", 1, toml, hour(0)).has_value());
    }
};

// So verify holds no device that reported under the packs of before against these.
TEST(KeptKnowledge, is_of_the_packs_in_force_and_since_the_last_of_them_came) {
    CHECK(store->put_in_force({{"a", "p", 1, pack("one")}}, hour(1)).has_value());
    CHECK(kept_knowledge(db).value().since == hour(1));
    CHECK(store->put_in_force({{"a", "p", 1, pack("two")}, {"b", "p", 1, pack("three")}}, hour(5))
              .has_value());
    const KeptKnowledge now = kept_knowledge(db).value();
    CHECK(now.since == hour(5));
    LONGS_EQUAL(2, now.pack.rules.size());
    STRCMP_EQUAL("two", now.pack.rules[0].id.c_str());
    // One goes: what goes on was in force all the time, but not alone.
    CHECK(store->put_in_force({{"a", "p", 1, pack("two")}}, hour(9)).has_value());
    LONGS_EQUAL(1, kept_knowledge(db).value().pack.rules.size());
    CHECK(kept_knowledge(db).value().since == hour(9));
}
