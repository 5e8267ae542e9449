# The layers of the house (docs/architecture.md) as CMake functions, so that a wrong include path or a
# wrong link fails at configure time instead of in review.

set(AFTERCARE_CORE_MAY_LINK aftercare_common aftercare_warnings)
# Header-only mathematics, in the collector only.
set(AFTERCARE_COLLECTOR_CORE_MAY_LINK ${AFTERCARE_CORE_MAY_LINK} Boost::headers Eigen3::Eigen)

function(aftercare_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE aftercare_warnings ${ARG_PRIVATE_LINKS})
endfunction()

# A core library: pure, links nothing but `common` (COLLECTOR adds header-only mathematics, SIBLINGS
# names core libraries of the same program). DEVICE code has no exceptions and no RTTI.
function(aftercare_core_library name)
    cmake_parse_arguments(ARG "COLLECTOR;DEVICE" "" "SOURCES;LINKS;SIBLINGS" ${ARGN})
    set(allowed ${AFTERCARE_CORE_MAY_LINK})
    if(ARG_COLLECTOR)
        set(allowed ${AFTERCARE_COLLECTOR_CORE_MAY_LINK})
    endif()
    foreach(link IN LISTS ARG_LINKS)
        if(NOT link IN_LIST allowed)
            message(FATAL_ERROR "${name} is a core library: it may link ${allowed}, not ${link}. "
                                "Move the code that needs ${link} into io/ behind a port.")
        endif()
    endforeach()
    foreach(sibling IN LISTS ARG_SIBLINGS)
        get_target_property(is_core ${sibling} AFTERCARE_CORE)
        if(NOT is_core)
            message(FATAL_ERROR "${name} is a core library: its sibling ${sibling} must be one too.")
        endif()
    endforeach()
    aftercare_library(${name} SOURCES ${ARG_SOURCES} LINKS ${ARG_LINKS} ${ARG_SIBLINGS})
    set_target_properties(${name} PROPERTIES AFTERCARE_CORE TRUE)
    if(ARG_DEVICE)
        target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
    endif()
endfunction()
