// The kernel's words, written by hand after rtnetlink(7).
#include "agent/io/network_watch.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstring>
#include <string>

#include <CppUTest/TestHarness.h>

using namespace aftercare::agent;

namespace {

template <class T>
std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string with_length(int type, const std::string& body) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + body.size());
    head.nlmsg_type = static_cast<std::uint16_t>(type);
    return bytes_of(head) + body;
}

std::string attribute(int type, const std::string& payload) {
    rtattr a{};
    a.rta_len = static_cast<std::uint16_t>(sizeof a + payload.size());
    a.rta_type = static_cast<std::uint16_t>(type);
    return bytes_of(a) + payload;  // payloads here are whole words
}

std::string link(int interface, unsigned flags) {
    ifinfomsg body{};
    body.ifi_index = interface;
    body.ifi_flags = flags;
    return with_length(RTM_NEWLINK, bytes_of(body));
}

std::string address(int type, unsigned char scope, const std::string& value) {
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_scope = scope;
    body.ifa_index = 2;
    return with_length(type, bytes_of(body) + attribute(IFA_ADDRESS, value));
}

std::string route(int type, unsigned char destination_bits, const std::string& gateway) {
    rtmsg body{};
    body.rtm_family = AF_INET;
    body.rtm_dst_len = destination_bits;
    body.rtm_table = RT_TABLE_MAIN;
    body.rtm_type = RTN_UNICAST;
    const std::uint32_t interface = 2;
    return with_length(type, bytes_of(body) + attribute(RTA_GATEWAY, gateway) +
                                 attribute(RTA_OIF, bytes_of(interface)));
}

constexpr unsigned kUp = IFF_UP | IFF_RUNNING;

}  // namespace

TEST_GROUP(NetworkFacts) {
    NetworkFacts facts;

    bool take(const std::string& datagram) {
        return facts.take(std::as_bytes(std::span{datagram.data(), datagram.size()}));
    }
};

TEST(NetworkFacts, a_carrier_an_address_and_a_default_route_count_once_each) {
    CHECK_TRUE(take(link(2, kUp)));
    CHECK_FALSE(take(link(2, kUp)));
    CHECK_TRUE(take(address(RTM_NEWADDR, RT_SCOPE_UNIVERSE, "\x0A\x01\x01\x02")));
    CHECK_FALSE(take(address(RTM_NEWADDR, RT_SCOPE_UNIVERSE, "\x0A\x01\x01\x02")));  // a lease
    CHECK_TRUE(take(address(RTM_NEWADDR, RT_SCOPE_UNIVERSE, "\x0A\x01\x01\x03")));
    CHECK_TRUE(take(route(RTM_NEWROUTE, 0, "\x0A\x01\x01\x01")));
    CHECK_FALSE(take(route(RTM_NEWROUTE, 0, "\x0A\x01\x01\x01")));
}

TEST(NetworkFacts, what_went_away_counts_when_it_comes_back) {
    const std::string gateway = "\x0A\x01\x01\x01";
    CHECK_TRUE(take(route(RTM_NEWROUTE, 0, gateway)));
    CHECK_FALSE(take(route(RTM_DELROUTE, 0, gateway)));
    CHECK_TRUE(take(route(RTM_NEWROUTE, 0, gateway)));
    // A cable pulled takes its routes and addresses along, without a word about them.
    CHECK_TRUE(take(link(2, kUp)));
    CHECK_FALSE(take(link(2, IFF_UP)));
    CHECK_TRUE(take(link(2, kUp)));
    CHECK_TRUE(take(route(RTM_NEWROUTE, 0, gateway)));
}

TEST(NetworkFacts, what_does_not_reach_a_broker_does_not_count) {
    CHECK_FALSE(take(link(1, kUp | IFF_LOOPBACK)));
    CHECK_FALSE(take(address(RTM_NEWADDR, RT_SCOPE_LINK, "\xFE\x80\x01\x01")));
    CHECK_FALSE(take(address(RTM_NEWADDR, RT_SCOPE_HOST, "\x7F\x01\x01\x01")));
    CHECK_FALSE(take(route(RTM_NEWROUTE, 24, "\x0A\x01\x01\x01")));
}

TEST(NetworkFacts, reads_several_messages_and_stops_at_a_malformed_one) {
    CHECK_TRUE(take(link(1, kUp | IFF_LOOPBACK) + link(3, kUp)));
    std::string cut = link(4, kUp);
    for (std::size_t size = 0; size < cut.size(); ++size) CHECK_FALSE(take(cut.substr(0, size)));
    std::string lies = address(RTM_NEWADDR, RT_SCOPE_UNIVERSE, "\x0A\x01\x01\x09");
    const std::uint16_t too_long = 4'000;
    std::memcpy(lies.data() + sizeof(nlmsghdr) + sizeof(ifaddrmsg), &too_long, sizeof too_long);
    CHECK_TRUE(take(lies));  // an address it cannot read is an address
    // Bounded: beyond it facts count as new, and nothing is kept.
    for (int i = 10; i < 2'000; ++i) take(link(i, kUp));
    CHECK_TRUE(take(link(1'999, kUp)));
}
