// The fake keeps the promises of the real store, so tests that use it prove something.
#include "tests/contract/memory_store.hpp"
#include "tests/contract/store_contract.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector;

namespace {

class MemoryFixture final : public testing::StoreFixture {
  public:
    Store& store() override { return store_; }
    Queries& queries() override { return queries_; }
    void reopen() override {}

  private:
    testing::MemoryStore store_;
    testing::MemoryQueries queries_{store_};
};

}  // namespace

TEST_GROUP(MemoryStore) {
    MemoryFixture fixture;
};

#define CONTRACT_TEST(promise)     \
    TEST(MemoryStore, promise) {   \
        testing::promise(fixture); \
    }
STORE_CONTRACT_LIST(CONTRACT_TEST)
