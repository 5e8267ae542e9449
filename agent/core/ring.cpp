// Faults from an interrupt or another thread, through a ring in the caller's memory: one producer,
// one consumer, no lock, no heap. A part of its own: who does not use it does not link it.
#include "agent/core/c_handle.hpp"

using namespace aftercare;

namespace {

bool usable(const aftercare_ring* ring) {
    return ring != nullptr && ring->slots != nullptr && ring->slot_count != 0 &&
           (ring->slot_count & (ring->slot_count - 1)) == 0;
}

}  // namespace

extern "C" {

// The producer alone writes head and dropped, the consumer alone tail and told. A slot is written
// before the head that shows it, and read before the tail that frees it.
bool aftercare_ring_fault(aftercare_ring* ring, uint32_t code, aftercare_fault_state state) {
    if (!usable(ring)) return false;
    const std::uint32_t head = ring->head;
    if (head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) >= ring->slot_count) {
        __atomic_store_n(&ring->dropped, ring->dropped + 1, __ATOMIC_RELAXED);
        return false;
    }
    aftercare_ring_slot& slot = ring->slots[head & (ring->slot_count - 1)];
    slot.code = code;
    slot.state = static_cast<std::uint32_t>(state);
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

aftercare_result aftercare_take(aftercare_agent* agent, aftercare_ring* ring) {
    if (!usable(ring)) return AFTERCARE_INVALID;
    aftercare_result first_error = AFTERCARE_OK;
    const std::uint32_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
    for (std::uint32_t tail = ring->tail; tail != head; ++tail) {
        const aftercare_ring_slot& slot = ring->slots[tail & (ring->slot_count - 1)];
        const aftercare_result result = aftercare_fault(
            agent, slot.code, static_cast<aftercare_fault_state>(slot.state), nullptr, 0, nullptr);
        // What the storage did not take stays in the ring.
        if (result == AFTERCARE_UNAVAILABLE) return result;
        if (first_error == AFTERCARE_OK) first_error = result;
        __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
    }
    const std::uint32_t dropped = __atomic_load_n(&ring->dropped, __ATOMIC_RELAXED);
    if (dropped == ring->told) return first_error;
    const aftercare_result told = aftercare_lost(agent, dropped - ring->told);
    if (told != AFTERCARE_OK) return told;
    ring->told = dropped;
    return first_error;
}

}  // extern "C"
