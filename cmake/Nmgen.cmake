# SPDX-License-Identifier: BSD-2-Clause
# How every room of nmgen builds: one function for each kind of target, so that warnings, sanitizers and test registration
# are the same everywhere.

set(NMGEN_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, e.g. address,undefined or thread")
option(NMGEN_FUZZ "Build the fuzz targets (clang)" OFF)
option(NMGEN_BENCH "Build the benchmarks" ON)

find_package(Threads REQUIRED)

add_library(nmgen_options INTERFACE)
target_compile_options(nmgen_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -fno-omit-frame-pointer)
target_include_directories(nmgen_options INTERFACE
  "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/kernel/include")
if(NMGEN_SANITIZE)
  target_compile_options(nmgen_options INTERFACE "-fsanitize=${NMGEN_SANITIZE}" -fno-sanitize-recover=all -g)
  target_link_options(nmgen_options INTERFACE "-fsanitize=${NMGEN_SANITIZE}")
endif()
if(NMGEN_FUZZ)
  target_compile_options(nmgen_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# nmgen_library(NAME SOURCES a.cc ... [DEPS lib ...])
function(nmgen_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC nmgen_options ${arg_DEPS})
endfunction()

# nmgen_test(NAME SOURCES a_test.cc ... [DEPS lib ...]): one executable, one ctest entry.
function(nmgen_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  if(NOT TARGET GTest::gtest_main)
    find_package(GTest REQUIRED)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE nmgen_options ${arg_DEPS} GTest::gmock GTest::gtest_main Threads::Threads)
  add_test(NAME ${name} COMMAND ${name})
  # A GTEST_SKIP() prints this mark; ctest then reports the test as skipped, never as passed.
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
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
  target_link_libraries(${name} PRIVATE nmgen_options ${arg_DEPS} benchmark::benchmark_main Threads::Threads)
endfunction()

# nmgen_fuzz(NAME SOURCES a_fuzz.cc ... [DEPS lib ...]): a libFuzzer target, in the fuzz preset only.
function(nmgen_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  if(NOT NMGEN_FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE nmgen_options ${arg_DEPS} Threads::Threads)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
