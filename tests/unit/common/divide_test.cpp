#include "common/divide.hpp"

#include "common/rng.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

TEST_GROUP(Divide) {
    void check(std::uint64_t dividend, std::uint64_t divisor) {
        const Division bits = divide_by_bits(dividend, divisor);
        CHECK(bits.quotient == dividend / divisor);
        CHECK(bits.remainder == dividend % divisor);
        CHECK(divide(dividend, divisor).quotient == bits.quotient);
        CHECK(divide(dividend, divisor).remainder == bits.remainder);
    }
};

TEST(Divide, bit_by_bit_is_what_the_processor_says) {
    for (const std::uint64_t edge : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3},
                                     std::uint64_t{1} << 32, std::uint64_t{1} << 63, UINT64_MAX}) {
        check(0, edge);
        check(1, edge);
        check(edge, edge);
        check(edge - 1, edge);
        check(UINT64_MAX, edge);
    }
    Rng rng{7};
    for (int i = 0; i < 10'000; ++i) {
        check(rng.next() >> rng.below(64), (rng.next() >> rng.below(64)) | 1);
    }
}
