# Tool chain file for 32-bit ARM Linux (Debian: crossbuild-essential-armhf) against libraries in
# AFTERCARE_SYSROOT, unpacked there from Debian's armhf packages.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES AFTERCARE_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${AFTERCARE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# OpenSSL keeps a part of its headers by architecture.
set(CMAKE_CXX_FLAGS_INIT "-isystem ${AFTERCARE_SYSROOT}/usr/include/arm-linux-gnueabihf")
set(libraries ${AFTERCARE_SYSROOT}/usr/lib/arm-linux-gnueabihf)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${libraries}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-Wl,-rpath-link,${libraries}")
