// Waiting for other processes: the one place where tests sleep.
#pragma once

#include <chrono>
#include <functional>

namespace aftercare::test {

/// Asks every `period` until `condition` holds. False when `timeout` passed first.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition,
                              std::chrono::milliseconds timeout,
                              std::chrono::milliseconds period = std::chrono::milliseconds{20});

}  // namespace aftercare::test
