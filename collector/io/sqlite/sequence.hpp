// Whole numbers of one kind as bytes that compress well: each sequence is written in the way that
// leaves the least information (as distances from the smallest, as differences to the one before,
// or either of the distances from an earlier sequence of equal length), one byte position after the
// other, because the high bytes are alike and the low ones are noise. Lossless for any numbers.
// Private to collector/io/sqlite. The format: docs/database.md, "A chunk's bytes".
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/sqlite/varint.hpp"

namespace aftercare::collector::sqlite {

using Numbers = std::vector<std::uint64_t>;

/// Numbers in one chunk; beyond that it is damage.
inline constexpr std::size_t kNumbersMax = std::size_t{1} << 22;

/// About how many bits the bytes take when compressed by their frequencies, with the table of
/// these.
double bits_of(std::string_view bytes);

class SequenceWriter {
  public:
    enum class Form : std::uint8_t { offsets, steps, signed_steps, signed_bends };
    /// One way to write a sequence.
    struct Plan {
        Form form = Form::offsets;
        std::size_t reference = 0;  ///< 0 = none, else ordinal of the sequence, from 1
        std::uint64_t times = 1;  ///< of the reference's numbers; a zigzag number is twice its own
        Numbers heads;            ///< what the residues start from
        Numbers residues;
        unsigned width = 0;  ///< bytes of the largest residue
        unsigned shift = 0;  ///< bits that residues are moved up before they become bytes
        double bits = 0;
    };

    /// The best way that was found.
    [[nodiscard]] Plan plan(const Numbers& values) const;
    /// Appends to the last part, and parts of its own that are best compressed alone.
    void put(const Numbers& values, const Plan& plan, std::vector<std::string>& parts);

  private:
    struct Kept {
        std::size_t ordinal = 0;
        Numbers values;
    };
    std::vector<Kept> noisy_;  ///< those that others may be near to, the latest last
    std::size_t count_ = 0;
};

class SequenceReader {
  public:
    /// `count` numbers; empty, with `in` spoilt, when they cannot be read.
    /// Lifetime: the reader's.
    const Numbers& next(VarintReader& in, std::uint64_t count);

  private:
    std::deque<Numbers> all_;
    std::uint64_t number_count_ = 0;
};

}  // namespace aftercare::collector::sqlite
