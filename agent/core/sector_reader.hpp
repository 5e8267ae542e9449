// Walks the frames of one sector through a window of RAM: every byte is read once, damaged
// stretches are stepped over.
#pragma once

#include "agent/core/spool_format.hpp"
#include "agent/ports/ports.hpp"

namespace aftercare::agent {

inline constexpr std::size_t kWindowBytes = 1024;
static_assert(kWindowBytes >= kFrameBytesMax);

struct FrameView {
    FrameHeader header;
    std::uint32_t offset = 0;
    std::span<std::byte> bytes;  ///< the whole frame, valid until the next call of next()
    [[nodiscard]] std::span<const std::byte> payload() const {
        return bytes.subspan(kFrameHeaderBytes, header.payload_bytes);
    }
};

class SectorReader {
  public:
    struct Place {
        std::uint32_t sector = 0;
        std::uint32_t generation = 0;
        std::uint32_t begin = 0;  ///< offset of a frame, or of the data area
        std::uint32_t end = 0;    ///< nothing is read from here on
    };
    /// Lifetime: `storage`, `window` (kWindowBytes) and `errors` must outlive the reader; one
    /// reader a window.
    SectorReader(const StoragePort& storage, std::span<std::byte> window, const Place& place,
                 std::uint64_t& errors)
        : storage_(storage),
          window_(window),
          place_(place),
          errors_(errors),
          at_(place.begin),
          tail_(place.begin) {}

    /// False at the end and on a read error.
    bool next(FrameView& frame);

    /// Stretches of damaged bytes passed so far that once held frames; torn writes do not count.
    [[nodiscard]] std::uint32_t corrupt_stretches() const { return corrupt_; }
    /// After the end: first offset behind the last intact frame, and whether all behind it is
    /// blank.
    [[nodiscard]] std::uint32_t tail() const { return tail_; }
    [[nodiscard]] bool tail_blank() const { return tail_blank_; }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    [[nodiscard]] std::span<std::byte> ahead() const;
    bool fill();
    void pass_damage(std::span<const std::byte> bytes);

    const StoragePort& storage_;
    std::span<std::byte> window_;
    Place place_;
    std::uint64_t& errors_;        // counts reads that failed
    std::uint32_t at_;             // next byte to look at
    std::uint32_t window_at_ = 0;  // offset of window_[0]
    std::uint32_t window_used_ = 0;
    std::uint32_t tail_;
    std::uint32_t corrupt_ = 0;
    std::uint32_t damaged_words_ = 0;  // in the current stretch
    bool stretch_was_torn_ = false;
    bool tail_blank_ = true;
    bool failed_ = false;
};

}  // namespace aftercare::agent
