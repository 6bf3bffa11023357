# Installs a build tree into a fresh prefix, then configures, builds and runs a
# small project against it.
#
#   cmake -DBUILD_DIR= -DWORK_DIR= -DSOURCE_DIR= -DGENERATOR= -DCOMPILER=
#         -DBUILD_TYPE= -DFLAGS= -P consume.cmake

cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed with ${result}")
  endif()
endfunction()

set(prefix "${WORK_DIR}/prefix")
set(build "${WORK_DIR}/build")
file(REMOVE_RECURSE "${prefix}" "${build}")

run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${prefix}")

# Sub-folders of caf_remote/ are private.
file(GLOB folders LIST_DIRECTORIES true "${prefix}/include/caf_remote/*")
foreach(folder IN LISTS folders)
  if(IS_DIRECTORY "${folder}")
    message(FATAL_ERROR "private headers were installed: ${folder}")
  endif()
endforeach()

# The package must not refer to where it was built.
file(GLOB_RECURSE package_files "${prefix}/*/cmake/caf_remote/*.cmake")
if(NOT package_files)
  message(FATAL_ERROR "no CMake package in ${prefix}")
endif()
foreach(package_file IN LISTS package_files)
  file(READ "${package_file}" text)
  string(FIND "${text}" "${BUILD_DIR}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "${package_file} names the build tree")
  endif()
endforeach()

# Works after the tree was moved, too.
set(moved "${WORK_DIR}/moved")
file(REMOVE_RECURSE "${moved}")
file(RENAME "${prefix}" "${moved}")

run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B "${build}" -G "${GENERATOR}"
  "-DCMAKE_PREFIX_PATH=${moved}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
  "-DCMAKE_CXX_FLAGS=${FLAGS}")
run("${CMAKE_COMMAND}" --build "${build}")
run("${build}/consumer")

if(EXISTS "${BUILD_DIR}/bin/caf-remote")
  run("${moved}/bin/caf-remote" --help)
endif()
