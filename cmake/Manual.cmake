# SPDX-License-Identifier: BSD-2-Clause
# Manual pages, made from the pages of the commands by lowdown. A page gets the form of a manual page first: NAME and SYNOPSIS from its
# first lines, headings in capitals, an item "- `--set PATH=VALUE`: text" as a definition, and no links, which lead nowhere there.
find_program(NMGEN_LOWDOWN lowdown)
mark_as_advanced(NMGEN_LOWDOWN)
if(NOT NMGEN_LOWDOWN)
  set(NMGEN_LOWDOWN lowdown) # The target says that it is missing, whoever builds it.
endif()

# nmgen_page_summary(PAGE VARIABLE): its first paragraph, without the full stop.
function(nmgen_page_summary page variable)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
  file(STRINGS "${page}" lines LIMIT_COUNT 2 LENGTH_MINIMUM 1)
  list(GET lines 1 summary)
  string(REGEX REPLACE "[.]$" "" summary "${summary}")
  set(${variable} "${summary}" PARENT_SCOPE)
endfunction()

# nmgen_manual_page(NAME PAGE MORE): NAME.1.gz in build/manual/, from the Markdown of PAGE and, after it, of the text MORE. NAME is
# nmgen or nmgen-COMMAND.
function(nmgen_manual_page name page more)
  nmgen_page_summary("${page}" summary)
  file(READ "${page}" text)
  string(REGEX MATCH "^# ([^\n]*)\n\n[^\n]*\n(.*)$" all "${text}${more}")
  set(call "${CMAKE_MATCH_1}")
  set(text "${CMAKE_MATCH_2}")
  if(NOT text MATCHES "^\n## ")
    set(text "\n## Description\n${text}")
  endif()
  string(REPLACE "-" " " command "${name}")
  string(REPLACE "${command}" "**${command}** [OPTIONS]" synopsis "${call}")
  string(REGEX MATCHALL "\n## [A-Z][^\n]*" headings "${text}")
  foreach(heading IN LISTS headings)
    string(TOUPPER "${heading}" upper)
    string(REPLACE "${heading}\n" "${upper}\n\n" text "${text}")
  endforeach()
  string(REPLACE "\n## " "\n# " text "${text}")
  string(REGEX REPLACE "\n- (`[^`\n]*`(, `[^`\n]*`)*)(( \\([^)\n]*\\))?): " "\n\n\\1\\3\n: " text "${text}")
  string(REGEX REPLACE "\\[([^]]*)\\]\\([^)]*\\)" "\\1" text "${text}")
  set(source "${PROJECT_BINARY_DIR}/manual/${name}.md")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT
    "# NAME\n\n${name} \\- ${summary}\n\n# SYNOPSIS\n\n${synopsis}\n${text}")
  add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/manual/${name}.1.gz"
    COMMAND "${NMGEN_LOWDOWN}" -s -t man --out-no-smarty -M "title=${name}" -M section=1 -M "source=nmgen ${PROJECT_VERSION}"
            -M "volume=User Commands" -o "${name}.1" "${source}"
    COMMAND gzip -9nf "${name}.1"
    DEPENDS "${source}"
    WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/manual"
    COMMENT "Manual page of ${name}"
    VERBATIM)
endfunction()
