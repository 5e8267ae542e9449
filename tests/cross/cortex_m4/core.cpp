// Calls everything of the C++ core once, without the C interface: core and codec as the design
// counts them.
#include "agent/core/agent.hpp"

using namespace aftercare;
using namespace aftercare::agent;

extern "C" {

Options* volatile given_options;
Ports* volatile given_ports;
std::byte* volatile given_memory;
volatile std::size_t given_size;
const void* volatile given_record;
volatile int wanted;
volatile std::uint64_t answer;

void reset();
void reset() {
    auto opened = Agent::open(*given_options, *given_ports, {given_memory, given_size});
    if (!opened) return;
    Agent& agent = **opened;
    switch (wanted) {
        case 0:
            answer = agent.fault(*static_cast<const Fault*>(given_record)).has_value();
            break;
        case 1:
            answer = agent.reading(*static_cast<const Reading*>(given_record)).has_value();
            break;
        case 2:
            answer = agent.usage(*static_cast<const Usage*>(given_record)).has_value();
            break;
        case 3:
            answer = agent.lifecycle(*static_cast<const Lifecycle*>(given_record)).has_value();
            break;
        case 4:
            answer = agent.self_test(*static_cast<const SelfTest*>(given_record)).has_value();
            break;
        case 5:
            agent.poll();
            break;
        case 6:
            answer = agent.next_poll_ms();
            break;
        case 7:
            agent.on_connected();
            break;
        case 8:
            agent.on_disconnected();
            break;
        case 9:
            agent.on_downlink({given_memory, given_size});
            break;
        case 10:
            answer = agent.consent(1, 2).has_value();
            break;
        case 11:
            agent.flush();
            break;
        default:
            Agent::close(&agent);
            break;
    }
}
}
