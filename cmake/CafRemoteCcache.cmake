# Compiles through ccache when it is installed and can write to its cache.

find_program(CAF_REMOTE_CCACHE_EXECUTABLE ccache)
mark_as_advanced(CAF_REMOTE_CCACHE_EXECUTABLE)

if(CAF_REMOTE_CCACHE_EXECUTABLE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Fails, for example, if there is no home directory.
  execute_process(
    COMMAND "${CAF_REMOTE_CCACHE_EXECUTABLE}" "${CMAKE_CXX_COMPILER}" --version
    RESULT_VARIABLE ccache_result OUTPUT_QUIET ERROR_QUIET)
  if(ccache_result EQUAL 0)
    # Precompiled headers need both settings, says the manual of ccache.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${CAF_REMOTE_CCACHE_EXECUTABLE}")
  endif()
endif()
