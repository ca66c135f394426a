# The headers that weigh most, read once per target. Not with a compiler cache in front, which serves
# better and does not like them; so both ways are in use and no file can rely on them.
function(lifeboat_precompile target)
    if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
        target_precompile_headers(${target} PRIVATE
            "${CMAKE_SOURCE_DIR}/src/base/json.h" <functional> <map> <memory> <optional> <string> <vector> ${ARGN})
    endif()
endfunction()

# For what need not be fast itself: a test (what it tests is in a library), a verb's options.
function(lifeboat_compile_quickly target level)
    target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:${level}>)
endfunction()

# lifeboat_layer(NAME [DEPENDS layer...] [LIBRARIES target...] [PRECOMPILED header...])
#
# One static library per folder of src/. Every *.cpp below the folder belongs to it; *_test.cpp
# makes the layer's test program, and testing/*.cpp a library of fakes which only tests link.
function(lifeboat_layer name)
    cmake_parse_arguments(arg "" "" "DEPENDS;LIBRARIES;PRECOMPILED" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    set(tests ${sources})
    set(fakes ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/testing/")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER fakes INCLUDE REGEX "/testing/[^/]*\\.cpp$")
    list(FILTER fakes EXCLUDE REGEX "_test\\.cpp$")

    set(links ${arg_LIBRARIES} Threads::Threads)
    set(fake_links "")
    foreach(layer IN LISTS arg_DEPENDS)
        list(APPEND links lifeboat_${layer})
        if(TARGET lifeboat_${layer}_testing)
            list(APPEND fake_links lifeboat_${layer}_testing)
        endif()
    endforeach()

    if(sources)
        add_library(lifeboat_${name} STATIC ${sources})
        lifeboat_precompile(lifeboat_${name} ${arg_PRECOMPILED})
        target_include_directories(lifeboat_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
        target_link_libraries(lifeboat_${name} PUBLIC ${links})
    else()
        add_library(lifeboat_${name} INTERFACE)
        target_link_libraries(lifeboat_${name} INTERFACE ${links})
    endif()

    if(LIFEBOAT_TESTS AND (fakes OR fake_links))
        if(fakes)
            add_library(lifeboat_${name}_testing STATIC ${fakes})
            lifeboat_precompile(lifeboat_${name}_testing)
            target_link_libraries(lifeboat_${name}_testing PUBLIC lifeboat_${name} ${fake_links})
        else()
            add_library(lifeboat_${name}_testing INTERFACE)
            target_link_libraries(lifeboat_${name}_testing INTERFACE lifeboat_${name} ${fake_links})
        endif()
    endif()

    if(LIFEBOAT_TESTS AND tests)
        add_executable(${name}_test ${tests})
        lifeboat_precompile(${name}_test <gtest/gtest.h>)
        lifeboat_compile_quickly(${name}_test -O0)
        target_link_libraries(${name}_test PRIVATE lifeboat_${name} GTest::gtest_main)
        if(TARGET lifeboat_${name}_testing)
            target_link_libraries(${name}_test PRIVATE lifeboat_${name}_testing)
        endif()
        target_compile_definitions(${name}_test PRIVATE
            LIFEBOAT_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
            LIFEBOAT_CONFORMANCE_DIR="${LIFEBOAT_CONFORMANCE_DIR}")
        add_test(NAME unit.${name} COMMAND ${name}_test)
        set_tests_properties(unit.${name} PROPERTIES TIMEOUT 600)
    endif()
endfunction()

if(LIFEBOAT_TESTS)
    find_package(GTest REQUIRED)
    # Recorded AWS behaviour lies beside the repository; tests that need it count as skipped, aloud,
    # where it is absent.
    set(LIFEBOAT_CONFORMANCE_DIR "${CMAKE_SOURCE_DIR}/../shared/conformance" CACHE PATH
        "Folder with recorded AWS behaviour")
endif()
