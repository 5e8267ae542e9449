// One number for everything a database holds: equal content, equal number, whatever the order of
// arrival between devices, the page layout or the file name.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.hpp"

namespace aftercare::collector {

/// Hash over all tables in key order. Numbers that only record the order of insertion (of raw
/// reports and streams) do not count. Cost: reads the whole database and sorts the keys. Errors: of
/// SqliteQueries::open.
Result<std::uint64_t> database_content_hash(const std::string& path);

}  // namespace aftercare::collector
