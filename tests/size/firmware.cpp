// Calls everything of the core once, so that the linker keeps what a firmware would use and no
// more.
#include "agent/core/agent.hpp"
#include "agent/core/agent_parts.hpp"

using namespace aftercare;
using namespace aftercare::agent;

extern "C" {

Options* volatile given_options;
Ports* volatile given_ports;
std::byte* volatile given_memory;
volatile std::size_t given_size;
const void* volatile given_record;
volatile int wanted;

// Read by `measure` from the symbol table: RAM of an agent beside its buffers.
__attribute__((used)) char agent_ram_bytes[sizeof(Agent) + sizeof(Agent::Parts)];
__attribute__((used)) char sector_ram_bytes[sizeof(Sector) + sizeof(std::uint16_t)];

int main() {
    auto opened = Agent::open(*given_options, *given_ports, {given_memory, given_size});
    if (!opened) return 1;
    Agent& agent = **opened;
    switch (wanted) {
        case 0:
            return agent.fault(*static_cast<const Fault*>(given_record)).has_value();
        case 1:
            return agent.reading(*static_cast<const Reading*>(given_record)).has_value();
        case 2:
            return agent.usage(*static_cast<const Usage*>(given_record)).has_value();
        case 3:
            return agent.lifecycle(*static_cast<const Lifecycle*>(given_record)).has_value();
        case 4:
            return agent.self_test(*static_cast<const SelfTest*>(given_record)).has_value();
        case 5:
            agent.poll();
            break;
        case 6:
            return static_cast<int>(agent.next_poll_ms());
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
            return agent.consent(1, 2).has_value();
        case 11:
            agent.flush();
            break;
        default:
            Agent::close(&agent);
            break;
    }
    return 0;
}

void _exit(int) {
    for (;;) {
    }
}
}
