// Requests that name an Idempotency-Key are done once: what was answered is stored with what was
// changed, so that the same request again, after a lost answer or a kill, gets the same answer.
// Refusals are not kept: nothing was changed, and the same request may be sent again.
#pragma once

#include <functional>

#include "collector/io/http/keys_in_flight.hpp"
#include "collector/io/http/routes.hpp"

namespace aftercare::collector {

/// Runs `write` unless the request's key says that it was answered, is being done, or names another
/// request. Without a key it just runs.
void write_once(Call call, KeysInFlight& in_flight,
                const std::function<void(const Call&, Reply)>& write, Reply reply);

}  // namespace aftercare::collector
