# SPDX-License-Identifier: BSD-2-Clause
# What `cmake --install` and the Debian package (scripts/package) hold: nmgen with its manual pages, completion, scenarios and scripts;
# the hosted netmap as a library with its headers, for pkg-config and find_package(); the module's source for DKMS.
include(GNUInstallDirs)

include(Manual)
# A page for each command, and nmgen's own, which lists them.
get_property(commands GLOBAL PROPERTY NMGEN_COMMANDS)
set(cli "${PROJECT_SOURCE_DIR}/pktgen/cli")
set(manual_dir "${PROJECT_BINARY_DIR}/manual")
set(manual "${manual_dir}/nmgen.1.gz")
set(list "\n## Commands\n\n")
foreach(command IN LISTS commands)
  nmgen_manual_page("nmgen-${command}" "${cli}/commands/${command}/${command}.md" "\n## See also\n\n**nmgen**(1)\n")
  nmgen_page_summary("${cli}/commands/${command}/${command}.md" summary)
  string(APPEND list "- `${command}`: ${summary}. See **nmgen-${command}**(1).\n")
  list(APPEND manual "${manual_dir}/nmgen-${command}.1.gz")
endforeach()
nmgen_manual_page(nmgen "${cli}/nmgen.md" "${list}")
add_custom_command(OUTPUT "${manual_dir}/completion"
  COMMAND sh -c "\"$1\" completion > \"$2\"" sh "$<TARGET_FILE:nmgen>" "${manual_dir}/completion"
  DEPENDS nmgen
  COMMENT "Completion for bash"
  VERBATIM)
# Not part of `all`: a build for tests has no need of it.
add_custom_target(nmgen_manual DEPENDS ${manual} "${manual_dir}/completion")
# All that an installation takes; scripts/package builds just this.
add_custom_target(nmgen_package DEPENDS nmgen nmgen_manual netmap_hosted)

# An installation takes what has been built, and builds nothing by itself (tests and benchmarks least of all).
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS nmgen RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES ${manual} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${manual_dir}/completion" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME nmgen)
install(DIRECTORY scenarios DESTINATION "${CMAKE_INSTALL_DATADIR}/nmgen" PATTERN CMakeLists.txt EXCLUDE)
install(DIRECTORY scripts/ DESTINATION "${CMAKE_INSTALL_DATADIR}/nmgen/scripts" USE_SOURCE_PERMISSIONS
        FILES_MATCHING PATTERN "sweep.py" PATTERN "cpufreq.py" PATTERN "icount.py" PATTERN "plot.py")
install(DIRECTORY results/published DESTINATION "${CMAKE_INSTALL_DATADIR}/nmgen/results")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME copyright)
install(FILES README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY pktgen/packet/modifier pktgen/traffic/schedule DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.md")
# Where they are in the tree, so that links between pages lead somewhere.
install(DIRECTORY pktgen/cli/commands DESTINATION "${CMAKE_INSTALL_DOCDIR}/pktgen/cli" FILES_MATCHING PATTERN "*.md")

install(TARGETS netmap_hosted ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES kernel/include/net/netmap.h kernel/include/net/netmap_user.h
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/net")
install(FILES kernel/hosted/netmap_hosted.h kernel/hosted/nmh_driver.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
configure_file(cmake/install/netmap_hosted.pc.in install/netmap_hosted.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/install/netmap_hosted.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
include(CMakePackageConfigHelpers)
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/netmap_hosted")
configure_package_config_file(cmake/install/netmap_hosted-config.cmake.in install/netmap_hosted-config.cmake
  INSTALL_DESTINATION "${config_dir}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/install/netmap_hosted-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/install/netmap_hosted-config.cmake"
              "${PROJECT_BINARY_DIR}/install/netmap_hosted-config-version.cmake"
        DESTINATION "${config_dir}")
install(FILES examples/send.c DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples")

# DKMS looks in /usr/src, wherever the rest goes.
set(dkms_dir "${CMAKE_INSTALL_PREFIX}/src/netmap-${PROJECT_VERSION}")
file(STRINGS kernel/dkms.conf dkms_version REGEX "^PACKAGE_VERSION=\"${PROJECT_VERSION}\"$")
if(NOT dkms_version)
  message(FATAL_ERROR "kernel/dkms.conf has another version than the project, ${PROJECT_VERSION}: make them the same")
endif()
install(FILES kernel/dkms.conf DESTINATION "${dkms_dir}")
foreach(room core drivers include linux)
  install(DIRECTORY kernel/${room} DESTINATION "${dkms_dir}"
          FILES_MATCHING PATTERN "*.c" PATTERN "*.h" PATTERN "sources.cmake" PATTERN "Kbuild" PATTERN "Makefile" PATTERN "module.mk"
          PATTERN "corpus" EXCLUDE PATTERN "tests" EXCLUDE PATTERN "testing" EXCLUDE PATTERN "*_check*" EXCLUDE)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nmgen)
set(CPACK_PACKAGE_VENDOR "nmgen")
set(CPACK_PACKAGE_CONTACT "nmgen")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "dkms, python3-matplotlib, python3-numpy, python3-scipy, python3-rich")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/cmake/install/postinst;${PROJECT_SOURCE_DIR}/cmake/install/prerm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
