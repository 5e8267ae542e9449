# Third parties, all from Debian 12 packages (deploy/install-deps lists them). Each is linked by the one
# or two files that open the door to it.

# The agent's core needs one header, tl/expected.hpp.
if(CMAKE_CROSSCOMPILING)
    # A device's tool chain must not see the host's /usr/include: it gets a copy of that header alone.
    find_path(AFTERCARE_EXPECTED_DIR tl/expected.hpp PATHS /usr/include /usr/local/include
        NO_CMAKE_FIND_ROOT_PATH REQUIRED)
    file(COPY ${AFTERCARE_EXPECTED_DIR}/tl/expected.hpp DESTINATION ${PROJECT_BINARY_DIR}/third_party/tl)
    set(AFTERCARE_THIRD_PARTY_DIR ${PROJECT_BINARY_DIR}/third_party)
endif()
if(CMAKE_SYSTEM_NAME STREQUAL Generic)
    return()
endif()

# The agent on Linux.
find_package(Threads REQUIRED)
find_package(eclipse-paho-mqtt-c REQUIRED)
find_package(PahoMqttCpp REQUIRED)
find_package(OpenSSL REQUIRED)
if(AFTERCARE_DAEMON OR NOT AFTERCARE_AGENT_ONLY)
    find_package(nlohmann_json REQUIRED)
    find_package(tomlplusplus REQUIRED)
    find_package(CLI11 REQUIRED)
endif()
if(AFTERCARE_AGENT_ONLY)
    return()
endif()

find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(Protobuf REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(zstd REQUIRED)
find_package(date REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
