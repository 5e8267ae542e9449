option(AFTERCARE_TESTS "Build the tests" ON)
# Inside another project, and on a device, only the agent's library is wanted: no collector, no
# tests, and none of the packages they need. Without an operating system it is the core alone.
set(AFTERCARE_AGENT_ONLY_DEFAULT ON)
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_SYSTEM_NAME STREQUAL Generic)
    set(AFTERCARE_AGENT_ONLY_DEFAULT OFF)
endif()
option(AFTERCARE_AGENT_ONLY "Only the agent: no collector, simulator or tests" ${AFTERCARE_AGENT_ONLY_DEFAULT})
option(AFTERCARE_DAEMON "With AFTERCARE_AGENT_ONLY: build the daemon too" ${PROJECT_IS_TOP_LEVEL})
option(AFTERCARE_WERROR "Treat warnings as errors" OFF)
option(AFTERCARE_FUZZ "Link the fuzz targets to libFuzzer (preset fuzz; clang)" OFF)
set(AFTERCARE_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, for example address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
if(NOT CMAKE_SYSTEM_NAME STREQUAL Generic)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
# Not -O3: it costs build time, and nothing here is bound by vectorised loops.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Every target of ours links this; third-party headers come in as SYSTEM and stay silent.
add_library(aftercare_warnings INTERFACE)
target_compile_options(aftercare_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast -Wnon-virtual-dtor>
    # Options structs are initialised by the members that matter; the rest keep their defaults.
    -Wno-missing-field-initializers
    # g++ 12 at -O3 sees overlaps in `"text" + string` that are not there (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${AFTERCARE_WERROR}>:-Werror>)

if(AFTERCARE_SANITIZE)
    add_compile_options(-fsanitize=${AFTERCARE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${AFTERCARE_SANITIZE})
    if(AFTERCARE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio's fences are invisible to the sanitizer; its locks, which order our data, are not.
        add_compile_options(-Wno-tsan)
    endif()
endif()
