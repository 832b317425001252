# SPDX-License-Identifier: BSD-2-Clause
# How every room of nmgen builds: one function for each kind of target, so that warnings, sanitizers and test registration
# are the same everywhere.

set(NMGEN_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, e.g. address,undefined or thread")
option(NMGEN_FUZZ "Build the fuzz targets (clang)" OFF)
option(NMGEN_BENCH "Build the benchmarks" ON)
# Cycles a frame depend on it, so the release preset turns it on: scripts/run builds on the machine that runs. Leave it off
# for a binary that is to be copied to another machine.
option(NMGEN_NATIVE "Compile for this machine's processor only (-march=native)" OFF)
option(NMGEN_STYLE "Register the style checks of scripts/style with ctest" OFF)
option(NMGEN_CCACHE "Compile through ccache where it is installed" ON)
set(NMGEN_FUZZ_SECONDS 60 CACHE STRING "How long ctest runs each fuzz target, in seconds")

find_package(Threads REQUIRED)
# In the precompiled headers.
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)

# Objects name their sources from the tree's root, and the cache's keys do, so that another clone finds this one's objects.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")
find_program(NMGEN_CCACHE_PROGRAM ccache)
mark_as_advanced(NMGEN_CCACHE_PROGRAM)
if(NMGEN_CCACHE AND NMGEN_CCACHE_PROGRAM)
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_LAUNCHER env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${NMGEN_CCACHE_PROGRAM}")
  endforeach()
endif()

add_library(nmgen_options INTERFACE)
target_compile_options(nmgen_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -fno-omit-frame-pointer)
# False alarms of GCC 12 inside its own library (GCC bugs 105329 and 105651); other compilers keep both warnings.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(nmgen_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict;-Wno-stringop-overread>)
endif()
# Clang since 19 has -Wextra ask for each member of a structure, where those that are named say which matter.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
  target_compile_options(nmgen_options INTERFACE -Wno-missing-designated-field-initializers)
endif()
target_include_directories(nmgen_options INTERFACE
  "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/kernel/include")
# A program with the property NMGEN_PORTABLE is for another processor, a guest's, whatever the preset says. Nothing here gains by
# AVX-512, and without it the emulated processor of a guest, which has none, runs the same nmgen.
if(NMGEN_NATIVE)
  target_compile_options(nmgen_options INTERFACE
    "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:NMGEN_PORTABLE>>>:-march=native;-mno-avx512f>")
endif()
if(NMGEN_SANITIZE)
  target_compile_options(nmgen_options INTERFACE "-fsanitize=${NMGEN_SANITIZE}" -fno-sanitize-recover=all)
  target_link_options(nmgen_options INTERFACE "-fsanitize=${NMGEN_SANITIZE}")
endif()
if(NMGEN_FUZZ)
  target_compile_options(nmgen_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Everything that the fuzz preset builds; nmgen_fuzz() adds to it.
add_custom_target(nmgen_fuzzers)

# What the build writes before it compiles (headers, sources); a room that generates such a file adds its target here with
# add_dependencies(), so that clang-tidy, which compiles nothing, finds it.
add_custom_target(nmgen_generated)

# The presets ask for some optimisation only, as compiling takes a third of the time so. What runs for every frame gets more,
# and where sanitizers make compiling slow, all else gets less; not under libFuzzer, which is to try as many inputs as it can.
set(NMGEN_HOT -O3)
set(NMGEN_COLD "")
if(NMGEN_SANITIZE)
  set(NMGEN_HOT "")
  if(NOT NMGEN_FUZZ)
    set(NMGEN_COLD -O0)
  endif()
endif()

# nmgen_precompile(TARGET KIND): its C++ sources start from a precompiled header, which saves a third of compiling them. There is one
# for each set of options: hot, cold and test. GCC only: clang's would name this build's folder, and ccache would not know it elsewhere.
# The style preset goes without, so that a missing #include is found.
function(nmgen_precompile name kind)
  if(NMGEN_STYLE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  set(holder nmgen_precompiled_${kind})
  if(NOT TARGET ${holder})
    # What nearly every unit includes, and no more: a large one costs each unit that has no need of it.
    set(headers <algorithm> <functional> <map> <memory> <optional> <string> <vector> <fmt/format.h> <tl/expected.hpp>)
    set(libraries nmgen_options fmt::fmt tl::expected)
    set(options ${NMGEN_COLD})
    if(kind STREQUAL "hot")
      set(options ${NMGEN_HOT})
    elseif(kind STREQUAL "test")
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
      list(APPEND libraries GTest::gmock)
    endif()
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/precompiled/${kind}.cc" CONTENT "")
    add_library(${holder} OBJECT EXCLUDE_FROM_ALL "${PROJECT_BINARY_DIR}/precompiled/${kind}.cc")
    target_compile_options(${holder} PRIVATE ${options})
    target_link_libraries(${holder} PRIVATE ${libraries} Threads::Threads)
    target_precompile_headers(${holder} PRIVATE ${headers})
    set_target_properties(${holder} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
  endif()
  target_precompile_headers(${name} REUSE_FROM ${holder})
  # Of what comes out of such a header GCC has forgotten that it is the system's, and warns of what it sees in there: false alarms
  # in std::string and gmock. clang and GCC's analysis of C keep these warnings.
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-maybe-uninitialized>)
endfunction()

# nmgen_library(NAME [HOT] SOURCES a.cc ... [DEPS lib ...]). HOT: its code runs for every frame.
function(nmgen_library name)
  cmake_parse_arguments(arg "HOT;C" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC nmgen_options ${arg_DEPS})
  if(arg_HOT)
    target_compile_options(${name} PRIVATE ${NMGEN_HOT})
    set(kind hot)
  else()
    target_compile_options(${name} PRIVATE ${NMGEN_COLD})
    set(kind cold)
  endif()
  if(NOT arg_C)
    target_link_libraries(${name} PRIVATE fmt::fmt tl::expected)
    nmgen_precompile(${name} ${kind})
  endif()
endfunction()

# nmgen_c_library(NAME SOURCES a.c ... [DEPS lib ...]): a library in C11, with the warnings that only C has.
function(nmgen_c_library name)
  nmgen_library(${name} HOT C ${ARGN})
  target_compile_options(${name} PRIVATE -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition)
endfunction()

# Everything that tests with the label unit run; nmgen_test() adds to it.
add_custom_target(nmgen_unit_tests)

# nmgen_test(NAME [ONE_THREAD] SOURCES a_test.cc ... [DEPS lib ...] [PROPERTIES key value ...]): one executable; each of its
# cases is a ctest entry NAME.Suite.Case, so that a skipped case is counted as skipped and cannot hide another that fails.
# ONE_THREAD: neither the cases nor what they test start threads, so ThreadSanitizer would see nothing and is not asked.
function(nmgen_test name)
  cmake_parse_arguments(arg "ONE_THREAD" "" "SOURCES;DEPS;PROPERTIES" ${ARGN})
  if(NOT TARGET GTest::gtest_main)
    find_package(GTest REQUIRED)
  endif()
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${NMGEN_COLD})
  target_link_libraries(${name} PRIVATE nmgen_options ${arg_DEPS} fmt::fmt tl::expected GTest::gmock GTest::gtest_main Threads::Threads)
  nmgen_precompile(${name} test)
  if(arg_ONE_THREAD AND NMGEN_SANITIZE STREQUAL "thread")
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  add_dependencies(nmgen_unit_tests ${name})
  # Listed when ctest starts and not after linking: a sanitized program runs in ctest's environment only. It runs in the tree's root,
  # and names files from there: a folder's name compiled in would keep ccache from finding the object in another clone.
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    PROPERTIES LABELS unit TIMEOUT 300 ${arg_PROPERTIES})
endfunction()

# nmgen_bench(NAME SOURCES a_bench.cc ... [DEPS lib ...]): a Google Benchmark program, never a test.
function(nmgen_bench name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  if(NOT NMGEN_BENCH)
    return()
  endif()
  if(NOT TARGET benchmark::benchmark_main)
    find_package(benchmark REQUIRED)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${NMGEN_HOT})
  target_link_libraries(${name} PRIVATE nmgen_options ${arg_DEPS} benchmark::benchmark_main Threads::Threads)
endfunction()

# nmgen_fuzz(NAME SOURCES a_fuzz.cc ... [DEPS lib ...] [ARGS -max_len=4096 ...]): a libFuzzer target, in the fuzz preset
# only. ctest runs it for NMGEN_FUZZ_SECONDS from the seeds in corpus/NAME/ beside the caller, or else corpus/. What it
# learns stays in the build directory; a crash's input is left there too, and its path is in the output.
function(nmgen_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;ARGS" ${ARGN})
  if(NOT NMGEN_FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE nmgen_options ${arg_DEPS} Threads::Threads)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(nmgen_fuzzers ${name})

  set(learned "${CMAKE_CURRENT_BINARY_DIR}/corpus-${name}")
  file(MAKE_DIRECTORY "${learned}")
  set(seeds "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
  if(NOT IS_DIRECTORY "${seeds}")
    set(seeds "${CMAKE_CURRENT_SOURCE_DIR}/corpus")
  endif()
  if(NOT IS_DIRECTORY "${seeds}")
    set(seeds "")
  endif()
  add_test(NAME ${name} COMMAND ${name} -max_total_time=${NMGEN_FUZZ_SECONDS} -rss_limit_mb=4096 -timeout=25
    -print_final_stats=1 "-artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/${name}-" ${arg_ARGS} "${learned}" ${seeds})
  math(EXPR limit_s "${NMGEN_FUZZ_SECONDS} + 120")
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT ${limit_s})
endfunction()

# nmgen_style_checks(): the checks of scripts/style as ctest entries, and the target nmgen_headers, which compiles every
# header alone: a header that only compiles after another one breaks whoever includes it next.
function(nmgen_style_checks)
  # The label says which part of the tests it is (scripts/tiers/parts.py).
  set(label_of_checkpatch kernel-style)
  set(label_of_sparse kernel-style)
  set(label_of_tidy tidy)
  foreach(check format spdx words shell includes checkpatch sparse tidy)
    add_test(NAME style.${check} COMMAND "${PROJECT_SOURCE_DIR}/scripts/style" ${check} "${PROJECT_BINARY_DIR}")
    set(label "${label_of_${check}}")
    if(NOT label)
      set(label style)
    endif()
    # 77 is what a check that cannot run here exits with, after it said why.
    set_tests_properties(style.${check} PROPERTIES LABELS "${label}" TIMEOUT 1800 SKIP_RETURN_CODE 77)
  endforeach()
  add_test(NAME style.headers COMMAND "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}" --target nmgen_headers -- --quiet -k 0)
  set_tests_properties(style.headers PROPERTIES LABELS style TIMEOUT 1800)
  # They keep all cores busy by themselves.
  set_tests_properties(style.tidy style.headers PROPERTIES RUN_SERIAL ON)

  # Headers of both languages end in .h: one of C starts with "/* SPDX", one of C++ with "// SPDX", and the ABI's, in
  # kernel/include/, are for both.
  set(patterns "")
  foreach(room kernel/include kernel/core kernel/hosted kernel/drivers pktgen reporters tests)
    list(APPEND patterns "${PROJECT_SOURCE_DIR}/${room}/*.h")
  endforeach()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" ${patterns})
  # A list of macro calls is there for whoever defines the macros.
  list(FILTER headers EXCLUDE REGEX "_list[.]h$")
  # The kernel's own, with Linux' headers in it: a module's build compiles it.
  list(FILTER headers EXCLUDE REGEX "/nm_native[.]h$")
  set(sources "")
  foreach(header IN LISTS headers)
    file(READ "${PROJECT_SOURCE_DIR}/${header}" start LIMIT 2)
    if(header MATCHES "^kernel/include/")
      set(languages c cc)
    elseif(start STREQUAL "/*")
      set(languages c)
    else()
      set(languages cc)
    endif()
    foreach(language IN LISTS languages)
      string(REPLACE "/" "__" unit "${header}")
      set(unit "${PROJECT_BINARY_DIR}/headers/${unit}.${language}")
      # Twice, so that a missing include guard shows too. The typedef is there because C forbids an empty unit.
      file(CONFIGURE OUTPUT "${unit}" CONTENT
        "#include \"${header}\"\n#include \"${header}\"\ntypedef int nmgen_header_compiles;\n" @ONLY)
      list(APPEND sources "${unit}")
    endforeach()
  endforeach()
  add_library(nmgen_headers OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(nmgen_headers PRIVATE nmgen_options)
  # A header may ask its residence for another one (nm_os_impl.h), so look wherever the libraries look.
  nmgen_collect_libraries(libraries "${PROJECT_SOURCE_DIR}")
  foreach(library IN LISTS libraries)
    target_include_directories(nmgen_headers PRIVATE "$<TARGET_PROPERTY:${library},INCLUDE_DIRECTORIES>")
  endforeach()
endfunction()

# nmgen_collect_libraries(VARIABLE DIRECTORY): the static libraries defined in DIRECTORY and below.
function(nmgen_collect_libraries variable directory)
  set(found "")
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(children DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    nmgen_collect_libraries(below "${child}")
    list(APPEND found ${below})
  endforeach()
  set(${variable} ${found} PARENT_SCOPE)
endfunction()
