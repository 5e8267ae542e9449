// Reports of one device and lane as one compressed chunk, and back bit for bit. Reports are taken
// apart into columns by their protobuf structure only, so fields of later versions survive; bytes
// that are no canonical protobuf are kept as they are. Private to collector/io/sqlite.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commit.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

inline constexpr std::size_t kChunkBytesMax = 64U * 1024 * 1024;  ///< when taken apart

/// Everything of the reports but device, stream and lane, which the chunk's row holds. Reuses the
/// compressor's memory. Cost: about 1 µs a record. Thread: one at a time.
class ChunkCodec {
  public:
    ChunkCodec();
    ~ChunkCodec();
    ChunkCodec(const ChunkCodec&) = delete;
    ChunkCodec& operator=(const ChunkCodec&) = delete;

    std::string pack(std::span<const RawReport> reports);
    /// The reports with device, stream and lane of `like`.
    /// Errors: corrupt.
    Result<std::vector<RawReport>> unpack(std::string_view bytes, const RawReport& like);

  private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace aftercare::collector::sqlite
