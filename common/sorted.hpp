// Vectors as sorted sets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace aftercare {

template <class T>
void sort_unique(std::vector<T>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// Where `value` stands.  Pre: `sorted` holds it.
template <class T, class Value>
std::size_t place_in(const std::vector<T>& sorted, const Value& value) {
    return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                    sorted.begin());
}

}  // namespace aftercare
