# Generates C++ from .proto files into the build tree and compiles it. Comes with
# the package: links what is needed, and what links it finds the headers.
#
#   caf_remote_add_protos(<target> <OBJECT|STATIC>
#     PROTOS <file>...       relative to SOURCE_DIR
#     [SOURCE_DIR <dir>]     where imports start; default: the current one
#     [OUTPUT_DIR <dir>]     becomes a SYSTEM include directory; default:
#                            <target> in the current build directory
#     [IMPORT_DIRS <dir>...] further places of imports, generated elsewhere
#     [GRPC <file>...])      those of PROTOS that define services
#
# Also adds <target>_headers, which only generates.
function(caf_remote_add_protos target type)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "SOURCE_DIR;OUTPUT_DIR"
    "PROTOS;GRPC;IMPORT_DIRS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "caf_remote_add_protos(${target}): unknown argument "
      "'${arg_UNPARSED_ARGUMENTS}'; files come after PROTOS")
  endif()
  if(NOT type MATCHES "^(OBJECT|STATIC)$")
    message(FATAL_ERROR
      "caf_remote_add_protos(${target}): '${type}' is neither OBJECT nor STATIC")
  endif()
  if(NOT arg_PROTOS)
    message(FATAL_ERROR "caf_remote_add_protos(${target}): no PROTOS given")
  endif()
  if(NOT TARGET protobuf::protoc)
    message(FATAL_ERROR "caf_remote_add_protos(${target}): the Protobuf "
      "compiler is missing (Debian: protobuf-compiler)")
  endif()
  if(NOT arg_SOURCE_DIR)
    set(arg_SOURCE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  if(NOT arg_OUTPUT_DIR)
    set(arg_OUTPUT_DIR "${CMAKE_CURRENT_BINARY_DIR}/${target}")
  endif()
  foreach(proto IN LISTS arg_PROTOS)
    if(NOT EXISTS "${arg_SOURCE_DIR}/${proto}")
      message(FATAL_ERROR "caf_remote_add_protos(${target}): there is no "
        "'${proto}' in ${arg_SOURCE_DIR}")
    endif()
  endforeach()
  foreach(proto IN LISTS arg_GRPC)
    if(NOT proto IN_LIST arg_PROTOS)
      message(FATAL_ERROR "caf_remote_add_protos(${target}): '${proto}' is in "
        "GRPC, but not in PROTOS")
    endif()
  endforeach()
  list(TRANSFORM arg_IMPORT_DIRS PREPEND "-I" OUTPUT_VARIABLE import_flags)
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
        "-I${arg_SOURCE_DIR}" ${import_flags} "${arg_SOURCE_DIR}/${proto}"
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
