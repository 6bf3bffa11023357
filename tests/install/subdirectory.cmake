# Configures, builds and runs a small project that has the source tree as a
# subdirectory.
#
#   cmake -DWORK_DIR= -DSOURCE_DIR= -DGENERATOR= -DCOMPILER= -DLAUNCHER=
#         -P subdirectory.cmake

cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed with ${result}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/subdirectory" -B "${WORK_DIR}"
  -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
  "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}")
run("${CMAKE_COMMAND}" --build "${WORK_DIR}" --target consumer)
run("${WORK_DIR}/consumer")
