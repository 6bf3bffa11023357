# Finds a Go compiler for the programs that play the other end of the wire.
#
# Sets CAF_REMOTE_GO_FOUND, and CAF_REMOTE_GO_REASON where there is none.

set(CAF_REMOTE_GO_MINIMUM 1.21)

# An old Go on the PATH must not hide a newer one elsewhere.
function(caf_remote_validate_go result candidate)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env GOTOOLCHAIN=local "${candidate}" version
    WORKING_DIRECTORY /
    OUTPUT_VARIABLE output ERROR_QUIET)
  if(NOT output MATCHES "go([0-9]+\\.[0-9]+)"
     OR CMAKE_MATCH_1 VERSION_LESS CAF_REMOTE_GO_MINIMUM)
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

set(CAF_REMOTE_GO_FOUND FALSE)
if(CAF_REMOTE_GO STREQUAL "OFF")
  set(CAF_REMOTE_GO_REASON "CAF_REMOTE_GO is OFF")
else()
  if(CAF_REMOTE_GO_EXECUTABLE AND NOT EXISTS "${CAF_REMOTE_GO_EXECUTABLE}")
    unset(CAF_REMOTE_GO_EXECUTABLE CACHE)
  endif()
  file(GLOB go_paths "/usr/lib/go-*/bin")
  list(SORT go_paths COMPARE NATURAL ORDER DESCENDING)
  find_program(CAF_REMOTE_GO_EXECUTABLE NAMES go
    PATHS /usr/local/go/bin ${go_paths}
    VALIDATOR caf_remote_validate_go)
  mark_as_advanced(CAF_REMOTE_GO_EXECUTABLE)
  if(CAF_REMOTE_GO_EXECUTABLE)
    set(CAF_REMOTE_GO_FOUND TRUE)
  else()
    set(CAF_REMOTE_GO_REASON "there is no Go >= ${CAF_REMOTE_GO_MINIMUM}")
    if(CAF_REMOTE_GO STREQUAL "ON")
      message(FATAL_ERROR "CAF_REMOTE_GO is ON, but ${CAF_REMOTE_GO_REASON}")
    elseif(NOT "$ENV{CI}" STREQUAL "" AND NOT "$ENV{CI}" STREQUAL "false")
      message(FATAL_ERROR "CI runs the Go programs, but ${CAF_REMOTE_GO_REASON}")
    endif()
  endif()
endif()

if(CAF_REMOTE_GO_FOUND)
  message(STATUS "Found Go: ${CAF_REMOTE_GO_EXECUTABLE}")
else()
  message(STATUS "No programs in Go: ${CAF_REMOTE_GO_REASON}")
endif()

# Builds the Go module in <dir> as <binary dir of the project>/<name>/<name>. Its
# dependencies should be in the module cache already: scripts/setup fetches them.
function(caf_remote_add_go_program name dir)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    "${dir}/*.go" "${dir}/go.mod" "${dir}/go.sum")
  set(binary "${PROJECT_BINARY_DIR}/${name}/${name}")
  add_custom_command(OUTPUT "${binary}"
    COMMAND "${CMAKE_COMMAND}" -E env CGO_ENABLED=0
      "${CAF_REMOTE_GO_EXECUTABLE}" build -mod=readonly -trimpath
      -buildvcs=false -o "${binary}" .
    WORKING_DIRECTORY "${dir}"
    DEPENDS ${sources}
    COMMENT "Building Go program ${name}"
    VERBATIM)
  add_custom_target(${name} ALL DEPENDS "${binary}")
endfunction()
