// What is behind an aftercare_agent handle. Shared by the C interface of the core and of Linux.
#pragma once

#include <cstring>

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

/// Copies a struct that begins with its size; members behind that are 0. The first `first_bytes`
/// every version has. A later version must not put a member where an earlier one had padding.
template <class T>
aftercare_result copy_sized(const T* in, std::size_t first_bytes, T& out) {
    if (in == nullptr || in->size < first_bytes) return AFTERCARE_INVALID;
    if (in->size > sizeof out) return AFTERCARE_NEWER;
    out = T{};
    std::memcpy(&out, in, in->size);
    return AFTERCARE_OK;
}

/// Errors: INVALID (a text is missing, or the size is that of no version), NEWER.
aftercare_result options_from_c(const aftercare_options* in, Options& out);
/// Keeps a copy in the handle; null is allowed.  Errors: INVALID, NEWER.
aftercare_result handlers_from_c(const aftercare_handlers* in, aftercare_agent& handle);
/// The same for ports; whether they are complete is not looked at.
aftercare_result take_ports(const aftercare_ports* in, aftercare_agent& handle);
/// Ports that hand on to handle.ports.
Ports ports_from_c(aftercare_agent& handle);
/// Callbacks that hand on to handle.handlers.
HandlerPort handler_port(aftercare_agent& handle);
aftercare_result result_to_c(Errc code);

}  // namespace aftercare::agent
