// API tokens in the collector's database, over a short connection of their own, so that a token can
// be made or revoked while a collector runs. Thread: one instance per thread.
#pragma once

#include <memory>
#include <string>

#include "collector/ports/tokens.hpp"

namespace aftercare::collector {

class SqliteTokens final : public Tokens {
  public:
    /// Makes the database when missing; never upgrades one that a collector may be using.
    /// Errors: as SqliteStore::open.
    static Result<std::unique_ptr<SqliteTokens>> open(const std::string& path);
    ~SqliteTokens() override;
    SqliteTokens(const SqliteTokens&) = delete;
    SqliteTokens& operator=(const SqliteTokens&) = delete;

    Result<Principal> find(const std::string& sha256) override;
    Status add(const TokenRow& row) override;
    Status revoke(const std::string& name, WallTime now) override;
    Result<std::vector<TokenRow>> list() override;

  private:
    SqliteTokens();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
