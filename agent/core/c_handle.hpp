// What is behind an aftercare_agent handle. Shared by the C interface of the core and of Linux.
#pragma once

#include "agent/core/agent.hpp"
#include "agent/include/aftercare/agent.h"

struct aftercare_agent {
    aftercare::agent::Agent* agent = nullptr;
    aftercare_ports ports{};
    aftercare_handlers handlers{};
    // Null in a handle of aftercare_open. unlock also wakes the agent's thread.
    void* host = nullptr;
    void (*lock)(void* host) = nullptr;
    void (*unlock)(void* host) = nullptr;
};

namespace aftercare::agent {

/// False when a member is out of its bounds or the size is that of no version.
bool options_from_c(const aftercare_options* in, Options& out);
/// Keeps a copy in the handle; null is allowed.
bool handlers_from_c(const aftercare_handlers* in, aftercare_agent& handle);
/// Ports that hand on to handle.ports.
Ports ports_from_c(aftercare_agent& handle);
/// Callbacks that hand on to handle.handlers.
HandlerPort handler_port(aftercare_agent& handle);
aftercare_result result_to_c(Errc code);

}  // namespace aftercare::agent
