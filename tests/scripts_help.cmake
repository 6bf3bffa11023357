# Each script says what it is for, and does nothing else then.
#
#   cmake -DROOT= -P scripts_help.cmake

cmake_minimum_required(VERSION 3.25)

file(GLOB scripts RELATIVE "${ROOT}" "${ROOT}/scripts/*" "${ROOT}/.ci/run")
list(REMOVE_ITEM scripts scripts/common.sh) # is sourced
foreach(script IN LISTS scripts)
  foreach(option IN ITEMS --help -h)
    execute_process(COMMAND "${ROOT}/${script}" ${option}
      WORKING_DIRECTORY /
      OUTPUT_VARIABLE page ERROR_VARIABLE errors RESULT_VARIABLE result
      TIMEOUT 20)
    if(NOT result EQUAL 0 OR NOT errors STREQUAL ""
       OR NOT page MATCHES "\n  +${script}")
      message(SEND_ERROR
        "${script} ${option} answers ${result}:\n${page}${errors}")
    endif()
  endforeach()
endforeach()
