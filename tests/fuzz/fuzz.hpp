// The one function of every fuzz target, as libFuzzer wants it. It aborts when a promise is broken
// and returns 0 otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
