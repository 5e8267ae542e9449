// A rule pack as its file has it.
#pragma once

#include <cstdint>
#include <string>

namespace aftercare::collector {

struct PackText {
    std::string name;  ///< of the file
    std::string pack_id;
    std::uint32_t version = 0;
    std::string toml;
};

}  // namespace aftercare::collector
