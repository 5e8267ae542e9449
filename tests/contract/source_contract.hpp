// What every Source promises, as one list of tests. A test file makes a fixture with the devices'
// side of the link and expands SOURCE_CONTRACT_LIST once.
#pragma once

#include <string>
#include <vector>

#include "collector/ports/source.hpp"

namespace aftercare::collector::testing {

class SourceFixture {
  public:
    virtual ~SourceFixture() = default;
    virtual Source& source() = 0;
    /// A device sends a message; returns once the link has it. May wait while the source is full.
    virtual void send(const std::string& topic, const std::string& payload) = 0;
    /// A message on a presence topic that stays there for whoever subscribes later.
    virtual void retain(const std::string& topic, const std::string& payload) = 0;
    /// The source as a program that was started again has it.
    virtual void restart_source() = 0;
    /// What came down to devices so far.
    virtual std::vector<Message> heard() = 0;
    virtual void cut_link() = 0;
    virtual void mend_link() = 0;
};

/// Messages a fixture's source may hold: fewer than the tests send.
inline constexpr std::size_t kSourceQueueMax = 50;

#define SOURCE_CONTRACT_LIST(X)                     \
    X(messages_of_a_device_come_in_order_and_once)  \
    X(a_stalled_consumer_loses_nothing)             \
    X(a_poll_gives_no_more_than_asked)              \
    X(a_poll_without_messages_gives_none)           \
    X(what_is_published_reaches_devices_in_order)   \
    X(what_is_published_does_not_wait_for_room)     \
    X(a_cut_link_shows_and_mends)                   \
    X(what_is_retained_comes_again_after_a_start)   \
    X(what_must_arrive_waits_while_the_link_is_cut) \
    X(a_delivery_is_told_once_it_is_taken)

#define SOURCE_CONTRACT_DECLARE(name) void name(SourceFixture& fixture);
SOURCE_CONTRACT_LIST(SOURCE_CONTRACT_DECLARE)
#undef SOURCE_CONTRACT_DECLARE

}  // namespace aftercare::collector::testing
