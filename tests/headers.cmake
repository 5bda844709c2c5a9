# Whether headers stand alone: one that has a .cpp is that source's first include, which `ops/check` holds; any other is
# compiled here, by a source of one line, where sources are compiled alone too (the preset debug): a unity piece shows
# neither. What the precompiled header hides, `ops/check` looks for in their text.
if(NOT CATLOG_TOGETHER AND NOT CATLOG_SANITIZE AND NOT CATLOG_SUITES)
  set(alone "")
  foreach(room events store commandhandler projector bin tests)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/${room}/*.h)
    foreach(header ${headers})
      cmake_path(REPLACE_EXTENSION header LAST_ONLY .cpp OUTPUT_VARIABLE source)
      if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${source})
        set(generated ${CMAKE_BINARY_DIR}/headers_alone/${source})
        file(CONFIGURE OUTPUT ${generated} CONTENT "#include \"${header}\"\n")
        list(APPEND alone ${generated})
      endif()
    endforeach()
  endforeach()
  add_library(headers_alone OBJECT ${alone})
  target_link_libraries(headers_alone PRIVATE catlog_commandhandler catlog_answers catlog_options
                                              Boost::unit_test_framework)
  target_compile_definitions(headers_alone PRIVATE BOOST_TEST_DYN_LINK CATLOG_BIN="" CATLOG_SOURCE="")  # of suites
  target_compile_options(headers_alone PRIVATE -Wno-array-bounds -Wno-stringop-overread)  # as of the suites
  target_precompile_headers(headers_alone REUSE_FROM catlog_precompiled_everywhere)
endif()
