# The etcd engine: a library of its own, catlog_etcd, made where gRPC and etcd's .proto files are. CATLOG_CLUSTER says whether.
# Not by pkg-config, which walks gRPC's graph a dozen times: seventeen seconds of a processor.
find_path(GRPC_HEADERS grpcpp/grpcpp.h)
find_library(GRPC_LIBRARY grpc++)
find_library(PROTOBUF_LIBRARY protobuf)
find_program(PROTOC protoc)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin)
set(go_sources /usr/share/gocode/src)
set(CATLOG_CLUSTER OFF)
if(GRPC_HEADERS AND GRPC_LIBRARY AND PROTOBUF_LIBRARY AND PROTOC AND GRPC_CPP_PLUGIN AND NOT CATLOG_FUZZ
   AND EXISTS ${go_sources}/go.etcd.io/etcd/etcdserver/etcdserverpb/rpc.proto)
  set(CATLOG_CLUSTER ON)
endif()
if(NOT CATLOG_CLUSTER)
  message(STATUS "Without the engine of several machines: gRPC or etcd's .proto files are missing (ops/install --cluster)")
  return()
endif()

# Of etcd's .proto files what the engine speaks: neither other services, nor what is for Go and HTTP, nor reflection.
set(etcd_generated ${CMAKE_BINARY_DIR}/etcd)
set(etcd_protos etcd/etcdserver/etcdserverpb/rpc etcd/mvcc/mvccpb/kv)
set(others "(Member|Alarm|Defragment|MoveLeader|Status|Hash|Snapshot|Auth(Enable|Disable|User|Role))")
foreach(proto ${etcd_protos})
  file(READ ${go_sources}/go.etcd.io/${proto}.proto text)
  string(REGEX REPLACE "(import \"(gogoproto|google|etcd/auth)/|option \\(gogoproto[.])[^\n]*\n" "" text "${text}")
  string(REGEX REPLACE "option \\(google[.]api[.]http\\) = {[^;]*};" "" text "${text}")
  string(REGEX REPLACE "service Cluster {.*\nservice Auth {.*\n}\n\nmessage ResponseHeader {"
                       "service Auth { rpc Authenticate(AuthenticateRequest) returns (AuthenticateResponse); }\nmessage ResponseHeader {" text "${text}")
  string(REGEX REPLACE "\nmessage ${others}[A-Za-z]* ?{(\n[^}\n][^\n]*|\n)*\n}" "" text "${text}")
  string(REGEX REPLACE "(\npackage [^\n]*\n)" "\\1option optimize_for = LITE_RUNTIME;\n" text "${text}")
  file(CONFIGURE OUTPUT ${etcd_generated}/${proto}.proto CONTENT "${text}" @ONLY)
endforeach()
list(TRANSFORM etcd_protos REPLACE "(.+)" "${etcd_generated}/\\1.proto" OUTPUT_VARIABLE etcd_proto_files)
list(TRANSFORM etcd_protos REPLACE "(.+)" "${etcd_generated}/\\1.pb.cc" OUTPUT_VARIABLE etcd_sources)
list(APPEND etcd_sources ${etcd_generated}/etcd/etcdserver/etcdserverpb/rpc.grpc.pb.cc)
add_custom_command(OUTPUT ${etcd_sources} DEPENDS ${etcd_proto_files}
                   COMMAND ${PROTOC} -I${etcd_generated} --cpp_out=${etcd_generated} --grpc_out=${etcd_generated}
                           --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} ${etcd_proto_files} VERBATIM)
# Generated code is not held to our warnings. Unoptimized it is a quarter of a transaction's instructions here.
add_library(catlog_etcd_protocol STATIC EXCLUDE_FROM_ALL ${etcd_sources})
target_include_directories(catlog_etcd_protocol SYSTEM PUBLIC ${etcd_generated})
target_compile_options(catlog_etcd_protocol PRIVATE -w -O1 -g0)
set_target_properties(catlog_etcd_protocol PROPERTIES UNITY_BUILD ON)
# Not by their targets, whose -pthread would be another precompiled header's.
target_link_libraries(catlog_etcd_protocol PUBLIC grpc++ grpc gpr protobuf absl_synchronization Threads::Threads)

file(GLOB etcd_engine_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/store/engine/etcd/*.cpp)
catlog_library(catlog_etcd "${etcd_engine_sources}" catlog_store catlog_etcd_protocol)
