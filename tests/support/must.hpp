// What a program that measures or sets a stage needs to go on: a failure ends it with its message.
#pragma once

#include <utility>

#include "common/result.hpp"

namespace aftercare::test {

template <class T>
T must(Result<T> result) {
    if (!result) invariant_broken(result.error().message.c_str(), __FILE__, __LINE__);
    return std::move(*result);
}
inline void must(const Status& status) {
    if (!status) invariant_broken(status.error().message.c_str(), __FILE__, __LINE__);
}

}  // namespace aftercare::test
