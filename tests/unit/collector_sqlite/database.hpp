// A scratch database, and a plain SQLite connection beside the product's to look at it or to damage
// it.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/support/scratch_dir.hpp"

namespace aftercare::collector::testing {

class ScratchDatabase {
  public:
    explicit ScratchDatabase(std::string_view name = "sqlite") : folder_(name) {}

    [[nodiscard]] std::string path(std::string_view file = "collector.db") const {
        return (folder_ / file).string();
    }
    std::unique_ptr<SqliteStore> open(const StoreOptions& options = {.durable = false}) const {
        auto store = SqliteStore::open(path(), options);
        if (!store) invariant_broken(store.error().message.c_str(), __FILE__, __LINE__);
        return std::move(*store);
    }
    [[nodiscard]] std::unique_ptr<SqliteQueries> queries() const {
        auto queries = SqliteQueries::open(path());
        if (!queries) invariant_broken(queries.error().message.c_str(), __FILE__, __LINE__);
        return std::move(*queries);
    }
    /// Runs `sql` and returns the first column of its last row.
    std::string sql(const std::string& text) const {
        sqlite3* database = nullptr;
        sqlite3_open(path().c_str(), &database);
        std::string value;
        const auto keep = [](void* into, int count, char** columns, char**) {
            if (count > 0 && columns[0] != nullptr) *static_cast<std::string*>(into) = columns[0];
            return 0;
        };
        char* error = nullptr;
        sqlite3_exec(database, text.c_str(), keep, &value, &error);
        if (error != nullptr) value = std::string("error: ") + error;
        sqlite3_free(error);
        sqlite3_close(database);
        return value;
    }

  private:
    test::ScratchDir folder_;
};

}  // namespace aftercare::collector::testing
