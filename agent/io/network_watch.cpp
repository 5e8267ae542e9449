#include "agent/io/network_watch.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/crc32c.hpp"

namespace aftercare::agent {
namespace {

// Datagrams read in one go: a kernel that talks without end does not keep the agent from its work.
constexpr int kDatagramsMax = 64;

template <class T>
bool copy_head(std::span<const std::byte> bytes, T& into) {
    if (bytes.size() < sizeof into) return false;
    std::memcpy(&into, bytes.data(), sizeof into);
    return true;
}

// The payload of the first attribute of this type behind the head; empty when there is none.
std::span<const std::byte> attribute(std::span<const std::byte> body, std::size_t head, int type) {
    std::size_t at = NLMSG_ALIGN(head);
    for (rtattr a{}; at < body.size() && copy_head(body.subspan(at), a);) {
        if (a.rta_len < sizeof a || a.rta_len > body.size() - at) break;
        if (a.rta_type == type) return body.subspan(at + sizeof a, a.rta_len - sizeof a);
        at += RTA_ALIGN(a.rta_len);
    }
    return {};
}

std::uint32_t checksum(std::span<const std::byte> bytes) {
    return bytes.empty() ? 0 : crc32c(bytes.data(), bytes.size());
}

}  // namespace

bool NetworkFacts::add(const Fact& fact) {
    if (std::find(facts_.begin(), facts_.end(), fact) != facts_.end()) return false;
    if (facts_.size() < kFactsMax) facts_.push_back(fact);
    return true;
}

// The kernel does not tell which IPv4 routes go with an interface: they are forgotten with it.
bool NetworkFacts::note_link(std::span<const std::byte> body) {
    ifinfomsg link{};
    if (!copy_head(body, link) || (link.ifi_flags & IFF_LOOPBACK) != 0) return false;
    const auto interface = static_cast<std::uint32_t>(link.ifi_index);
    constexpr unsigned kUsable = IFF_UP | IFF_RUNNING;
    if ((link.ifi_flags & kUsable) == kUsable) return add({Kind::carrier, interface, 0});
    std::erase_if(facts_, [&](const Fact& f) { return f.interface == interface; });
    return false;
}

bool NetworkFacts::note_address(bool present, std::span<const std::byte> body) {
    ifaddrmsg address{};
    if (!copy_head(body, address) || address.ifa_scope >= RT_SCOPE_LINK) return false;
    const Fact fact{Kind::address, address.ifa_index,
                    checksum(attribute(body, sizeof address, IFA_ADDRESS))};
    if (present) return add(fact);
    std::erase(facts_, fact);
    return false;
}

bool NetworkFacts::note_route(bool present, std::span<const std::byte> body) {
    rtmsg route{};
    if (!copy_head(body, route) || route.rtm_dst_len != 0 || route.rtm_type != RTN_UNICAST ||
        route.rtm_table == RT_TABLE_LOCAL) {
        return false;
    }
    std::uint32_t interface = 0;
    copy_head(attribute(body, sizeof route, RTA_OIF), interface);
    const Fact fact{Kind::default_route, interface,
                    checksum(attribute(body, sizeof route, RTA_GATEWAY))};
    if (present) return add(fact);
    std::erase(facts_, fact);
    return false;
}

bool NetworkFacts::note(int type, std::span<const std::byte> body) {
    switch (type) {
        case RTM_NEWLINK:
            return note_link(body);
        case RTM_NEWADDR:
        case RTM_DELADDR:
            return note_address(type == RTM_NEWADDR, body);
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            return note_route(type == RTM_NEWROUTE, body);
        default:
            return false;
    }
}

bool NetworkFacts::take(std::span<const std::byte> datagram) {
    bool came_up = false;
    for (nlmsghdr head{}; copy_head(datagram, head);) {
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.size()) break;
        came_up |= note(head.nlmsg_type, datagram.first(head.nlmsg_len).subspan(sizeof head));
        datagram =
            datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), datagram.size()));
    }
    return came_up;
}

NetworkWatch::NetworkWatch()
    : file_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                        RTMGRP_IPV6_ROUTE;
    if (file_ >= 0 &&
        ::bind(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(file_);
        file_ = -1;
    }
}

NetworkWatch::~NetworkWatch() {
    if (file_ >= 0) ::close(file_);
}

bool NetworkWatch::came_up() {
    bool up = false;
    alignas(nlmsghdr) std::byte bytes[8 * 1024];
    for (int i = 0; file_ >= 0 && i < kDatagramsMax; ++i) {
        const ssize_t n = ::recv(file_, bytes, sizeof bytes, 0);
        if (n > 0) {
            up |= facts_.take(std::span{bytes, static_cast<std::size_t>(n)});
            continue;
        }
        // Some were lost in a burst: something happened, and one attempt more does no harm.
        if (n < 0 && errno == ENOBUFS) {
            up = true;
            continue;
        }
        if (n == 0 || errno != EINTR) break;
    }
    return up;
}

}  // namespace aftercare::agent
