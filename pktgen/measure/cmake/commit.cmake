# SPDX-License-Identifier: BSD-2-Clause
# Writes HEADER with the commit of SOURCE_DIR, "unknown" where that is not the top of a git checkout (a tarball may lie
# inside somebody else's). Runs in every build; touches the header only where its text changes.
set(commit "unknown")
set(dirty "false")
set(ENV{GIT_OPTIONAL_LOCKS} 0)  # never hold up a git command that runs beside the build

find_program(GIT git)
if(GIT)
  execute_process(COMMAND "${GIT}" -C "${SOURCE_DIR}" rev-parse --show-toplevel HEAD
    OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(status EQUAL 0 AND answer MATCHES "^([^\n]+)\n([0-9a-f]+)$")
    set(head "${CMAKE_MATCH_2}")
    file(REAL_PATH "${CMAKE_MATCH_1}" top)
    file(REAL_PATH "${SOURCE_DIR}" source)
    if(top STREQUAL source)
      set(commit "${head}")
      execute_process(COMMAND "${GIT}" -C "${SOURCE_DIR}" status --porcelain --untracked-files=no
        OUTPUT_VARIABLE changes ERROR_QUIET RESULT_VARIABLE status)
      # A checkout whose state cannot be told must not pass for a clean one.
      if(NOT status EQUAL 0 OR NOT changes STREQUAL "")
        set(dirty "true")
      endif()
    endif()
  endif()
endif()

set(text "// Made by pktgen/measure/cmake/commit.cmake in every build.
#pragma once
namespace nmgen {
inline constexpr char kCommit[] = \"${commit}\";
inline constexpr bool kCommitDirty = ${dirty};
}  // namespace nmgen
")
set(old "")
if(EXISTS "${HEADER}")
  file(READ "${HEADER}" old)
endif()
if(NOT old STREQUAL text)
  file(WRITE "${HEADER}" "${text}")
endif()
