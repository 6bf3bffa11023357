# Small cases of what threads share without a lock, in all interleavings: see
# docs/interleavings.md. The cases, and what they test, are compiled with the
# instrumentation of ThreadSanitizer, but linked with a runtime of our own.

set(reason)
if(sanitized)
  set(reason "another sanitizer is in use")
elseif(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
    OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12
    OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(reason "they need GCC 12 or later, and Linux")
endif()
if(reason)
  message(STATUS "No tests of all interleavings: ${reason}")
  return()
endif()

# What is not here is linked as it is, and seen only where it takes a lock.
set(instrumented
  compat/inbound_element.cpp
  compat/outbound_consumer.cpp
  compat/outbound_element.cpp
  endpoint/admission.cpp
  endpoint/endpoint.cpp
  endpoint/event_hub.cpp
  endpoint/inbound_ledger.cpp
  endpoint/log.cpp
  endpoint/peer.cpp
  endpoint/pending_requests.cpp
  endpoint/process_registry.cpp
  endpoint/recycled_storage.cpp
  endpoint/stream_events.cpp
  transport/event_relay.cpp
  transport/frame_pool.cpp)
list(TRANSFORM instrumented PREPEND "${PROJECT_SOURCE_DIR}/caf_remote/")

set(interleaving_files ${test_files})
list(FILTER interleaving_files INCLUDE REGEX "^interleavings/")
file(GLOB runtime_sources CONFIGURE_DEPENDS interleavings/*.cpp)
list(FILTER runtime_sources EXCLUDE REGEX "(\\.test|/references)\\.cpp$")

add_library(caf_remote_interleaving_runtime OBJECT ${runtime_sources})
target_link_libraries(caf_remote_interleaving_runtime
  PRIVATE caf_remote_test_base)
target_compile_options(caf_remote_interleaving_runtime PRIVATE -O2)
caf_remote_warnings(caf_remote_interleaving_runtime)

add_executable(caf_remote_interleaving_tests
  ${interleaving_files} interleavings/references.cpp ${instrumented})
target_link_libraries(caf_remote_interleaving_tests
  PRIVATE caf_remote_test_support caf_remote_interleaving_runtime
    ${CMAKE_DL_LIBS})
# Protobuf's classes have other members under ThreadSanitizer, which the library
# does not know, hence the macros.
target_compile_options(caf_remote_interleaving_tests PRIVATE
  -O1 -g1 -fsanitize=thread --param=tsan-instrument-func-entry-exit=0
  -U__SANITIZE_THREAD__ -D_GLIBCXX_TSAN=1)
caf_remote_warnings(caf_remote_interleaving_tests)
caf_remote_precompile(caf_remote_interleaving_tests
  <caf/all.hpp> <doctest/doctest.h> <chrono> <functional> <memory> <string>
  <vector>)
target_link_options(caf_remote_interleaving_tests PRIVATE
  -Wl,--wrap=_ZNSt6chrono3_V212steady_clock3nowEv)
set_target_properties(caf_remote_interleaving_tests PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
foreach(file IN LISTS interleaving_files)
  caf_remote_test_entry(caf_remote_interleaving_tests "${file}"
    TIMEOUT 120 LABEL unit)
endforeach()
