// What a test needs to go on: a failure is the test's. Included after CppUTest's header.
#pragma once

#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {

inline void must(const Status& status) {
    if (!status) FAIL(status.error().message.c_str());
}
template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message.c_str());
    return std::move(*result);
}

}  // namespace aftercare::collector::testing
