// Columns and sequences give back any values, and damage never reads past what is there.
#include "collector/io/sqlite/columns.hpp"

#include <array>
#include <functional>

#include "collector/io/sqlite/decimal.hpp"
#include "common/rng.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector::sqlite;

namespace {

std::string joined(const std::vector<std::string>& parts) {
    std::string bytes;
    for (const std::string& part : parts) bytes += part;
    return bytes;
}

}  // namespace

TEST_GROUP(Sequence) {
    Rng rng{11};

    std::string written(const std::vector<Numbers>& sequences) {
        SequenceWriter writer;
        std::vector<std::string> parts(1);
        for (const Numbers& values : sequences) writer.put(values, writer.plan(values), parts);
        return joined(parts);
    }
    void come_back(const std::vector<Numbers>& sequences) {
        const std::string bytes = written(sequences);
        VarintReader in(bytes);
        SequenceReader reader;
        for (const Numbers& values : sequences) CHECK(reader.next(in, values.size()) == values);
        CHECK(in.ok() && in.at_end());
    }
    Numbers made(std::size_t size, const std::function<std::uint64_t(std::size_t)>& value) {
        Numbers numbers;
        for (std::size_t i = 0; i < size; ++i) numbers.push_back(value(i));
        return numbers;
    }
};

TEST(Sequence, of_any_numbers_comes_back) {
    for (const std::size_t size : {0U, 1U, 2U, 3U, 300U}) {
        for (int round = 0; round < 20; ++round) {
            const std::uint64_t span = std::uint64_t{1} << rng.below(64);
            const Numbers noise = made(size, [&](auto) { return rng.next() % span; });
            come_back({noise, made(size, [&](auto i) { return i * span; }),
                       made(size, [&](auto i) { return i * i - span; }),
                       made(size, [&](auto i) { return noise[i] + span + i % 3; }),
                       made(size, [&](auto i) { return 2 * noise[i] + i % 5; }),
                       made(size, [&](auto) { return rng.next(); }),
                       made(size, [&](auto i) { return i % 7 == 0 ? ~std::uint64_t{0} : 0; })});
        }
    }
}

TEST(Sequence, that_is_constant_or_even_takes_a_few_bytes) {
    CHECK(written({made(2'000, [](auto) { return 1'767'225'600'000U; })}).size() <= 9);
    CHECK(written({made(2'000, [](auto i) { return 1'767'225'600'000U + 300'000U * i; })}).size() <=
          12);
}

// What a report says twice costs nothing: a zigzag clock is twice the uptime and a constant.
TEST(Sequence, that_follows_another_takes_a_few_bytes) {
    const Numbers uptime = made(500, [&](auto i) { return 60'000 * i + rng.below(1'000); });
    const Numbers clock = made(500, [&](auto i) { return 2 * (uptime[i] + 1'767'225'600'000U); });
    CHECK(written({uptime, clock}).size() <= written({uptime}).size() + 12);
}

TEST_GROUP(Decimal){};

// 20.3 is not a float; the nearest one is 0x41A26666 (IEEE 754).
TEST(Decimal, fractions_are_counted_in_units_when_they_come_back_bit_for_bit) {
    LONGS_EQUAL(203, *units_of(0x41A26666, 1));
    CHECK_FALSE(units_of(0x41A26666, 0));
    CHECK_FALSE(units_of(0x41A26667, 1));
    LONGS_EQUAL(-5, *units_of(0xC0A00000, 0));
    LONGS_EQUAL(0, *units_of(0, 6));
    CHECK_FALSE(units_of(0x80000000, 0));  // minus zero
    CHECK_FALSE(units_of(0x7FC00000, 2));  // not a number
    CHECK_FALSE(units_of(0x7F800000, 2));  // infinity
    CHECK_FALSE(units_of(0x7F7FFFFF, 0));  // the largest
    UNSIGNED_LONGS_EQUAL(0x41A26666, float_bits_of(203, 1));
}

TEST_GROUP(Columns) {
    Rng rng{12};

    /// Floats of a few decimals among other bytes, at no even place.
    std::string reading(std::size_t i) {
        std::string text = "\x22\x05";
        for (const double value : {20.0 + static_cast<double>(i % 9) / 10, rng.normal(0, 1)}) {
            const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
            for (int byte = 0; byte < 4; ++byte) text += static_cast<char>(bits >> 8 * byte & 0xFF);
        }
        return text + static_cast<char>(i);
    }
};

TEST(Columns, give_back_numbers_and_texts_in_order) {
    ColumnWriter writer;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 400; ++i) {
        texts.push_back(i % 10 == 3 ? std::string(rng.below(3), 'x') : reading(i));
        writer.number(1, i * 17);
        writer.text(2, texts.back());
    }
    const std::string bytes = joined(writer.parts());
    ColumnReader reader(bytes, ColumnFormat::sequences);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        UNSIGNED_LONGS_EQUAL(i * 17, reader.number(1));
        std::string text;
        reader.append_text(2, text);
        CHECK(text == texts[i]);
    }
    CHECK(reader.ok());
    reader.number(1);
    CHECK_FALSE(reader.ok());
}

TEST(Columns, that_are_damaged_end_reading_and_nothing_else) {
    ColumnWriter writer;
    for (std::size_t i = 0; i < 40; ++i) {
        writer.number(1, i * i);
        writer.text(2, reading(i));
    }
    const std::string sound = joined(writer.parts());
    for (const ColumnFormat format : {ColumnFormat::first, ColumnFormat::sequences}) {
        for (int round = 0; round < 5'000; ++round) {
            std::string bytes = sound;
            for (std::uint64_t i = 0; i <= rng.below(4); ++i) {
                bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
            }
            bytes.resize(bytes.size() - (round % 3 == 0 ? rng.below(bytes.size()) : 0));
            ColumnReader reader(bytes, format);
            std::string text;
            for (int i = 0; i < 50 && reader.ok(); ++i) {
                reader.number(1);
                reader.append_text(2, text);
            }
            CHECK_FALSE(reader.ok());  // forty were written
        }
    }
}
