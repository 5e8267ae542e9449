// Loopback ports nobody listens on.
#pragma once

#include <cstdint>

#include "common/result.hpp"

namespace aftercare::test {

/// A TCP port of 127.0.0.1 that was free a moment ago. Errors: exhausted.
Result<std::uint16_t> free_port();

/// Whether something accepts connections on 127.0.0.1:`port`.
bool accepts_connections(std::uint16_t port);

}  // namespace aftercare::test
