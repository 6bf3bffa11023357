# Generates C++ from .proto files into the build tree and compiles it.
#
#   caf_remote_add_protos(<target> <OBJECT|STATIC>
#     SOURCE_DIR <dir>     where imports start
#     OUTPUT_DIR <dir>     becomes a SYSTEM include directory
#     PROTOS <file>...     relative to SOURCE_DIR
#     [GRPC <file>...])    those of PROTOS that define services
#
# Also adds <target>_headers, which only generates.
function(caf_remote_add_protos target type)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "SOURCE_DIR;OUTPUT_DIR" "PROTOS;GRPC")
  list(TRANSFORM arg_PROTOS PREPEND "${arg_SOURCE_DIR}/" OUTPUT_VARIABLE inputs)
  file(MAKE_DIRECTORY "${arg_OUTPUT_DIR}")

  set(generated)
  foreach(proto IN LISTS arg_PROTOS)
    cmake_path(REMOVE_EXTENSION proto LAST_ONLY OUTPUT_VARIABLE stem)
    set(stem "${arg_OUTPUT_DIR}/${stem}")
    set(outputs "${stem}.pb.cc" "${stem}.pb.h")
    set(flags)
    if(proto IN_LIST arg_GRPC)
      list(APPEND outputs "${stem}.grpc.pb.cc" "${stem}.grpc.pb.h")
      set(flags --grpc_out "${arg_OUTPUT_DIR}"
        "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>")
    endif()
    # Depends on all inputs, since they may import each other.
    add_custom_command(OUTPUT ${outputs}
      COMMAND protobuf::protoc --cpp_out "${arg_OUTPUT_DIR}" ${flags}
        -I "${arg_SOURCE_DIR}" "${arg_SOURCE_DIR}/${proto}"
      DEPENDS ${inputs} protobuf::protoc
      COMMENT "Generating C++ from ${proto}"
      VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()

  add_custom_target(${target}_headers DEPENDS ${generated})
  add_library(${target} ${type} ${generated})
  add_dependencies(${target} ${target}_headers)
  target_include_directories(${target} SYSTEM PUBLIC "${arg_OUTPUT_DIR}")
  target_compile_features(${target} PUBLIC cxx_std_17)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  if(arg_GRPC)
    target_link_libraries(${target} PUBLIC gRPC::grpc++)
  endif()
endfunction()
