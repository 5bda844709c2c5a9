# What `cmake --install` puts where, and the Debian package that CPack makes of it.
include(GNUInstallDirs)
set(package ${CMAKE_SOURCE_DIR}/ops/package)

install(TARGETS catlogd catlog catlog-torrent RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Made of what the programs declare. A sanitized program is nobody's to install.
find_program(PYTHON3 python3)
if(PYTHON3 AND NOT CATLOG_SANITIZE)
  set(pages ${CMAKE_BINARY_DIR}/pages)
  file(GLOB page_sources CONFIGURE_DEPENDS ${package}/*.py ${package}/pages ${package}/changelog)
  add_custom_command(OUTPUT ${pages}/stamp
                     COMMAND ${PYTHON3} ${package}/pages ${pages} $<TARGET_FILE:catlog> $<TARGET_FILE:catlogd>
                             $<TARGET_FILE:catlog-torrent>
                     COMMAND ${CMAKE_COMMAND} -E touch ${pages}/stamp
                     DEPENDS catlog catlogd catlog-torrent ${page_sources} ${CMAKE_SOURCE_DIR}/ops/RUNBOOK.md VERBATIM)
  add_custom_target(catlog_pages ALL DEPENDS ${pages}/stamp)
  install(FILES ${pages}/man/catlog.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${pages}/man/catlogd.8.gz ${pages}/man/catlog-torrent.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
  install(DIRECTORY ${pages}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(DIRECTORY ${pages}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()

install(FILES README.md ops/RUNBOOK.md events/PROTOCOL.md projector/READERS.md ${package}/copyright
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/catlog)
find_program(GZIP gzip REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
execute_process(COMMAND ${GZIP} -9nc ${package}/changelog OUTPUT_FILE ${CMAKE_BINARY_DIR}/package/changelog.gz)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${package}/changelog)
install(FILES ${CMAKE_BINARY_DIR}/package/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/catlog)
install(FILES ${package}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME catlog)
install(FILES ${package}/sysusers.conf DESTINATION lib/sysusers.d RENAME catlog.conf)
# Where these go, and what they name, hangs on the prefix, which is only known when installing.
install(CODE "set(ops \"${CMAKE_SOURCE_DIR}/ops\")\nset(scratch \"${CMAKE_BINARY_DIR}/package\")")
install(SCRIPT ${package}/install_prefixed.cmake)

if(CATLOG_CLUSTER)
  include(${package}/cluster.cmake)
endif()

set(CPACK_GENERATOR DEB)
# All but what is the other package's (cluster.cmake).
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};catlog;Unspecified;/")
set(CPACK_PACKAGE_NAME catlog)
set(CPACK_PACKAGE_VERSION ${CATLOG_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "event-sourced media catalogue")
set(CPACK_PACKAGE_DESCRIPTION "Producers send commands over a message bus; what happened is kept as immutable
events in a log, projected into a plain SQLite database, and published to
subscribers. The package has the daemon, its command line, systemd units,
manual pages and completions.")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CATLOG_MAINTAINER "catlog maintainers <catlog@localhost>" CACHE STRING "The package's Maintainer field")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${CATLOG_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(control postinst prerm postrm conffiles)
list(TRANSFORM control PREPEND ${package}/debian/)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${control})
include(CPack)
