# catlogd-mistaken: catlogd-cluster with mistakes, of which CATLOG_MISTAKE names the one that is made. Its engine is the
# product's source with these lines changed, so that the product has no such option. Named points at which it kills itself
# (CATLOG_KILL_AT) stand around that engine and beneath the libraries that it calls.
function(catlog_change text from to)
  string(FIND "${${text}}" "${from}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "tests/support/mistaken: store/engine/etcd/etcd_engine.cpp has no line '${from}' any more")
  endif()
  string(REPLACE "${from}" "${to}" ${text} "${${text}}")
  set(${text} "${${text}}" PARENT_SCOPE)
endfunction()

set(etcd_engine ${CMAKE_SOURCE_DIR}/store/engine/etcd/etcd_engine.cpp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${etcd_engine})
file(READ ${etcd_engine} mistaken)
string(REPLACE ";" "<semicolon>" mistaken "${mistaken}")
catlog_change(mistaken "  compare.set_create_revision(static_cast<int64_t>(term))<semicolon>\n"
              "  compare.set_create_revision(static_cast<int64_t>(term))<semicolon>\n  if (tests::is_made(tests::append_without_leader)) compare.set_result(Compare::NOT_EQUAL), compare.set_create_revision(-1)<semicolon>\n")
catlog_change(mistaken "return lease_.is_kept(term)" "return tests::is_made(tests::append_without_leader) || lease_.is_kept(term)")
catlog_change(mistaken "return std::make_unique<EtcdEngine>(options)" "return tests::with_mistake(std::make_unique<EtcdEngine>(options))")
string(REPLACE "<semicolon>" ";" mistaken "${mistaken}")
set(mistaken_engine ${CMAKE_BINARY_DIR}/mistaken/etcd_engine.cpp)
file(CONFIGURE OUTPUT ${mistaken_engine} CONTENT "#include \"tests/support/mistaken/mistakes.h\"\n${mistaken}" @ONLY)

file(GLOB mistaken_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/store/engine/etcd/*.cpp)
list(REMOVE_ITEM mistaken_sources ${etcd_engine})
catlog_program(catlogd-mistaken $<TARGET_OBJECTS:catlog_daemon_main> ${CMAKE_SOURCE_DIR}/bin/daemon/engine_etcd.cpp
               ${mistaken_sources} ${mistaken_engine} ${CMAKE_CURRENT_LIST_DIR}/mistakes.cpp
               ${CMAKE_CURRENT_LIST_DIR}/kill_points.cpp)
target_link_libraries(catlogd-mistaken PRIVATE catlog_daemon catlog_command_line catlog_housekeeping catlog_store
                                               catlog_etcd_protocol ${CMAKE_DL_LIBS})
