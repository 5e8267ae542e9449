#include "collector/io/live/knowledge.hpp"

#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

std::string rule(const std::string& id, int version) {
    return "[[rule]]\nid = \"" + id + "\"\nversion = " + std::to_string(version) +
           "\ncomponent = \"c\"\nfailure_mode = \"m\"\nhorizon = \"2d\"\n"
           "when = { fault_count = [\"E1\"] }\n";
}

}  // namespace

TEST_GROUP(RuleHistory) {
    test::ScratchDir dir{"knowledge"};
    const std::string path = dir / "collector.db";
    static WallTime hour(int n) {
        return wall_from_unix_ms(n * 3'600'000LL);
    }
};

TEST(RuleHistory, says_when_each_version_of_a_rule_was_first_and_last_in_force) {
    {
        const auto store = SqliteStore::open(path).value();
        const std::string head = "[pack]\nid = \"p\"\nversion = 1\n";
        const auto in_force = [&](const std::string& toml, int at) {
            CHECK(store->put_in_force({{"p.toml", "p", 1, toml}}, hour(at)).has_value());
        };
        in_force(head + rule("pump", 1) + rule("door", 1), 1);
        in_force(head + rule("pump", 2) + rule("door", 1), 3);
        in_force("of a grammar that nobody reads", 4);
        in_force(head + rule("pump", 2), 6);
    }
    const RuleHistory history = rule_history(path).value();
    LONGS_EQUAL(1, history.unreadable);
    LONGS_EQUAL(3, history.spans.size());
    const auto is = [&](const char* name, WallTime from, std::optional<WallTime> to) {
        CHECK_TEXT(history.spans.at(name).from == from, name);
        CHECK_TEXT(history.spans.at(name).to == to, name);
    };
    is("pump@1", hour(1), hour(3));
    is("pump@2", hour(3), std::nullopt);
    is("door@1", hour(1), hour(4));
}
