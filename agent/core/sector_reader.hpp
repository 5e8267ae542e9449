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
    std::span<std::byte> bytes;  ///< the whole frame
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
    /// Lifetime: `storage` and `window` (kWindowBytes) must outlive the reader.
    SectorReader(const StoragePort& storage, std::span<std::byte> window)
        : storage_(storage), window_(window) {}

    /// Ends the walk before: there is one window.
    void begin(const Place& place);
    /// False at the end and on a read error.
    bool next();
    /// The one that next() found, valid until the next call of it or of begin().
    [[nodiscard]] const FrameView& frame() const { return frame_; }

    /// Stretches of damaged bytes passed so far that once held frames; torn writes do not count.
    [[nodiscard]] std::uint32_t corrupt_stretches() const { return walk_.corrupt; }
    /// After the end: first offset behind the last intact frame, and whether all behind it is
    /// blank.
    [[nodiscard]] std::uint32_t tail() const { return walk_.tail; }
    [[nodiscard]] bool tail_blank() const { return !walk_.tail_damaged; }
    [[nodiscard]] bool failed() const { return walk_.failed; }
    /// Of all walks.
    [[nodiscard]] std::uint32_t read_errors() const { return read_errors_; }

  private:
    struct Walk {
        std::uint32_t at = 0;           // next byte to look at
        std::uint32_t window_at = 0;    // offset of window_[0]
        std::uint32_t window_used = 0;  // bytes behind it that were read
        std::uint32_t tail = 0;
        std::uint32_t corrupt = 0;
        std::uint32_t damaged_words = 0;  // in the current stretch
        bool stretch_was_torn = false;
        bool tail_damaged = false;
        bool failed = false;
    };
    [[nodiscard]] std::span<std::byte> ahead() const;
    bool fill();
    void end_stretch();

    const StoragePort& storage_;
    std::span<std::byte> window_;
    Place place_;
    Walk walk_;
    FrameView frame_;
    std::uint32_t read_errors_ = 0;
};

}  // namespace aftercare::agent
