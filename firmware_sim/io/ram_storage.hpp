// Flash of a simulated appliance in memory: erase before write, as the agent's storage port
// demands.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/ports/ports.hpp"

namespace aftercare::sim {

class RamStorage {
  public:
    RamStorage(std::uint32_t sector_bytes, std::uint32_t sector_count);
    /// Lifetime: the port points to this object.
    [[nodiscard]] agent::StoragePort port();

  private:
    [[nodiscard]] std::byte* at(std::uint32_t sector, std::uint32_t offset, std::size_t size);

    std::uint32_t sector_bytes_, sector_count_;
    std::vector<std::byte> bytes_;
};

}  // namespace aftercare::sim
