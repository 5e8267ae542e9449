# What an appliance maker gets from `cmake --install BUILD --component library`: the shared library and
# the archive, the two headers, and what CMake and pkg-config need to find them. All paths are relative
# to where the files lie, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

set(AFTERCARE_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/aftercare)
install(TARGETS aftercare EXPORT aftercare_shared
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(TARGETS aftercare_static EXPORT aftercare_archive
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY include/aftercare DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
# Two exports: who links the shared library needs no development files of the MQTT library.
install(EXPORT aftercare_shared NAMESPACE aftercare:: FILE aftercareTargets.cmake
    DESTINATION ${AFTERCARE_CMAKE_DIR} COMPONENT library)
install(EXPORT aftercare_archive NAMESPACE aftercare:: FILE aftercareStaticTargets.cmake
    DESTINATION ${AFTERCARE_CMAKE_DIR} COMPONENT library)

configure_package_config_file(aftercareConfig.cmake.in aftercareConfig.cmake
    INSTALL_DESTINATION ${AFTERCARE_CMAKE_DIR} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break what calls it.
write_basic_package_version_file(aftercareConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/aftercareConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/aftercareConfigVersion.cmake
    DESTINATION ${AFTERCARE_CMAKE_DIR} COMPONENT library)

file(RELATIVE_PATH AFTERCARE_PC_TO_PREFIX
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(aftercare.pc.in aftercare.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/aftercare.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
