// A name in the config file that the catalogue, which is read later, must know.
#pragma once

#include <cstdint>
#include <string>

namespace aftercare::collector {

struct CatalogueName {
    enum class Kind : std::uint8_t { family, skill } kind = Kind::family;
    std::string name;
    std::string place;  ///< "FILE:LINE:COLUMN: [[centre]], key 'families': "
};

}  // namespace aftercare::collector
