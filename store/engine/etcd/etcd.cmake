# The etcd engine: a library of its own, catlog_etcd, made where gRPC and etcd's .proto files are. CATLOG_CLUSTER says whether.
pkg_check_modules(GRPC QUIET grpc++ grpc gpr protobuf)
find_program(PROTOC protoc)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin)
set(go_sources /usr/share/gocode/src)
set(etcd_imports ${go_sources}/go.etcd.io ${go_sources}/github.com/gogo/protobuf
                 ${go_sources}/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis)
set(CATLOG_CLUSTER OFF)
if(GRPC_FOUND AND PROTOC AND GRPC_CPP_PLUGIN AND EXISTS ${go_sources}/go.etcd.io/etcd/etcdserver/etcdserverpb/rpc.proto
   AND NOT CATLOG_FUZZ)
  set(CATLOG_CLUSTER ON)
endif()
if(NOT CATLOG_CLUSTER)
  message(STATUS "Without the engine of several machines: gRPC or etcd's .proto files are missing (ops/install --cluster)")
  return()
endif()

set(etcd_generated ${CMAKE_BINARY_DIR}/etcd)
file(MAKE_DIRECTORY ${etcd_generated})
set(etcd_protos etcd/etcdserver/etcdserverpb/rpc etcd/mvcc/mvccpb/kv etcd/auth/authpb/auth gogoproto/gogo
                google/api/annotations google/api/http)
list(TRANSFORM etcd_imports PREPEND -I OUTPUT_VARIABLE etcd_includes)
list(TRANSFORM etcd_protos APPEND .proto OUTPUT_VARIABLE etcd_proto_files)
list(TRANSFORM etcd_protos REPLACE "(.+)" "${etcd_generated}/\\1.pb.cc" OUTPUT_VARIABLE etcd_sources)
list(APPEND etcd_sources ${etcd_generated}/etcd/etcdserver/etcdserverpb/rpc.grpc.pb.cc)
add_custom_command(OUTPUT ${etcd_sources}
                   COMMAND ${PROTOC} ${etcd_includes} --cpp_out=${etcd_generated} --grpc_out=${etcd_generated}
                           --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} ${etcd_proto_files} VERBATIM)
# Generated code is not held to our warnings, and is not where time goes.
add_library(catlog_etcd_protocol STATIC EXCLUDE_FROM_ALL ${etcd_sources})
target_include_directories(catlog_etcd_protocol SYSTEM PUBLIC ${etcd_generated})
target_compile_options(catlog_etcd_protocol PRIVATE -w -O0 -g0)
# Not by their targets, whose -pthread would be another precompiled header's.
target_link_libraries(catlog_etcd_protocol PUBLIC grpc++ grpc gpr protobuf Threads::Threads)

file(GLOB etcd_engine_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/store/engine/etcd/*.cpp)
catlog_library(catlog_etcd "${etcd_engine_sources}" catlog_store catlog_etcd_protocol)
