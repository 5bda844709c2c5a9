# The package of several machines' daemon, beside the other one's: CPack makes it of a configuration of its own,
#   cpack -G DEB --config CPackCluster.cmake
# so that whoever runs one machine installs no gRPC.
set(doc ${CMAKE_INSTALL_DATADIR}/doc/catlog-cluster)
set(own COMPONENT cluster EXCLUDE_FROM_ALL)
install(TARGETS catlogd-cluster RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} ${own})
file(WRITE ${CMAKE_BINARY_DIR}/package/catlogd-cluster.8 ".so man8/catlogd.8\n")
execute_process(COMMAND ${GZIP} -9n INPUT_FILE ${CMAKE_BINARY_DIR}/package/catlogd-cluster.8
                OUTPUT_FILE ${CMAKE_BINARY_DIR}/package/catlogd-cluster.8.gz)
install(FILES ${CMAKE_BINARY_DIR}/package/catlogd-cluster.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 ${own})
install(FILES ${package}/copyright DESTINATION ${doc} ${own})
file(READ ${package}/changelog changes)
string(REGEX REPLACE "catlog \\(" "catlog-cluster (" changes "${changes}")
file(WRITE ${CMAKE_BINARY_DIR}/package/changelog-cluster "${changes}")
execute_process(COMMAND ${GZIP} -9n INPUT_FILE ${CMAKE_BINARY_DIR}/package/changelog-cluster
                OUTPUT_FILE ${CMAKE_BINARY_DIR}/package/changelog-cluster.gz)
install(FILES ${CMAKE_BINARY_DIR}/package/changelog-cluster.gz DESTINATION ${doc} RENAME changelog.gz ${own})
file(READ ${package}/lintian-overrides overrides)
string(REPLACE "catlog:" "catlog-cluster:" overrides "${overrides}")
file(WRITE ${CMAKE_BINARY_DIR}/package/lintian-overrides-cluster "${overrides}")
install(FILES ${CMAKE_BINARY_DIR}/package/lintian-overrides-cluster DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
        RENAME catlog-cluster ${own})
install(CODE "set(ops \"${CMAKE_SOURCE_DIR}/ops\")\nset(scratch \"${CMAKE_BINARY_DIR}/package\")\nset(part cluster)" ${own})
install(SCRIPT ${package}/install_prefixed.cmake ${own})

# What CPackConfig.cmake says, and what is different of this one.
set(control postinst postrm)
list(TRANSFORM control PREPEND ${package}/cluster_debian/)
file(WRITE ${CMAKE_BINARY_DIR}/CPackCluster.cmake "include(${CMAKE_BINARY_DIR}/CPackConfig.cmake)
set(CPACK_INSTALL_CMAKE_PROJECTS \"${CMAKE_BINARY_DIR};catlog;cluster;/\")
set(CPACK_PACKAGE_NAME catlog-cluster)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY \"event-sourced media catalogue on several machines\")
set(CPACK_PACKAGE_DESCRIPTION \"The daemon of catlog as one of several machines, whose log etcd replicates, in
the place of the one that knows one machine only. Until its configuration names
a cluster it does what that one does.\")
set(CPACK_DEBIAN_PACKAGE_DEPENDS \"catlog (= ${CATLOG_VERSION})\")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS \"etcd-server, etcd-client\")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA \"${control}\")
")
