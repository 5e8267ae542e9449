// The SQLite store keeps the promises of Store and Queries.
#include <memory>
#include <string>

#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector;

namespace {

class SqliteFixture final : public testing::StoreFixture {
  public:
    SqliteFixture() { open(); }
    Store& store() override { return *store_; }
    Queries& queries() override { return *queries_; }
    void reopen() override {
        queries_.reset();
        store_.reset();
        open();
    }

  private:
    void open() {
        const std::string path = (folder_ / "collector.db").string();
        auto store = SqliteStore::open(path, {.durable = false});
        AFTERCARE_ASSERT(store.has_value());
        store_ = std::move(*store);
        auto queries = SqliteQueries::open(path);
        AFTERCARE_ASSERT(queries.has_value());
        queries_ = std::move(*queries);
    }

    aftercare::test::ScratchDir folder_{"store-contract"};
    std::unique_ptr<SqliteStore> store_;
    std::unique_ptr<SqliteQueries> queries_;
};

}  // namespace

TEST_GROUP(SqliteStore) {
    SqliteFixture fixture;
};

#define CONTRACT_TEST(promise)     \
    TEST(SqliteStore, promise) {   \
        testing::promise(fixture); \
    }
STORE_CONTRACT_LIST(CONTRACT_TEST)
