pkg_check_modules(cpputest REQUIRED IMPORTED_TARGET cpputest)

# One executable per area; every TEST_GROUP in its sources is a ctest of its own.
function(aftercare_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT;LABEL" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/support/main.cpp ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_definitions(${name} PRIVATE CPPUTEST_MEM_LEAK_DETECTION_DISABLED
        AFTERCARE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" AFTERCARE_BINARY_DIR="${PROJECT_BINARY_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_LINKS} PkgConfig::cpputest aftercare_warnings)
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 60)
    endif()
    foreach(source IN LISTS ARG_SOURCES)
        file(STRINGS ${source} lines REGEX "^TEST_GROUP(_BASE)?\\(")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
        foreach(line IN LISTS lines)
            string(REGEX REPLACE "^TEST_GROUP(_BASE)?\\(([A-Za-z0-9_]+).*" "\\2" group "${line}")
            add_test(NAME ${name}.${group} COMMAND ${name} -sg ${group} -v
                     WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
            set_tests_properties(${name}.${group} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABEL}"
                SKIP_REGULAR_EXPRESSION "SKIP:")
        endforeach()
    endforeach()
endfunction()
