#include "common/divide.hpp"

namespace aftercare {

Division divide(std::uint64_t dividend, std::uint64_t divisor) {
    if constexpr (sizeof(void*) < sizeof(std::uint64_t)) {
        return divide_by_bits(dividend, divisor);
    } else {
        return {dividend / divisor, dividend % divisor};
    }
}

}  // namespace aftercare
