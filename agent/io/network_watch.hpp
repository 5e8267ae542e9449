// Hears from the kernel when the machine gets a network: a link with a carrier, an address that
// reaches beyond it, a default route. Needs no privilege. Only what is new counts: a renewed lease
// or a route announced again tells nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace aftercare::agent {

/// What rtnetlink has told so far, apart from the socket so that tests can speak for the kernel.
class NetworkFacts {
  public:
    /// Bound of what is remembered; what comes beyond it counts as new each time.
    static constexpr std::size_t kFactsMax = 64;

    /// Takes the messages of one datagram. True when one of them tells of something new that may
    /// make the broker reachable. Malformed messages end the datagram.
    /// Source: rtnetlink(7).
    bool take(std::span<const std::byte> datagram);

  private:
    enum class Kind : std::uint8_t { carrier, address, default_route };
    struct Fact {
        Kind kind = Kind::carrier;
        std::uint32_t interface = 0;
        std::uint32_t detail = 0;  ///< checksum of the address or gateway
        bool operator==(const Fact&) const = default;
    };
    bool add(const Fact& fact);
    bool note(int type, std::span<const std::byte> body);
    bool note_link(std::span<const std::byte> body);
    bool note_address(bool present, std::span<const std::byte> body);
    bool note_route(bool present, std::span<const std::byte> body);

    std::vector<Fact> facts_;
};

class NetworkWatch {
  public:
    /// Without rtnetlink (a sandbox) it never tells anything: the back-off alone remains.
    NetworkWatch();
    ~NetworkWatch();
    NetworkWatch(const NetworkWatch&) = delete;
    NetworkWatch& operator=(const NetworkWatch&) = delete;

    /// Readable when the kernel has something to tell; negative without rtnetlink.
    [[nodiscard]] int fd() const { return file_; }
    /// True when a network came up since the last call.
    bool came_up();

  private:
    int file_ = -1;
    NetworkFacts facts_;
};

}  // namespace aftercare::agent
