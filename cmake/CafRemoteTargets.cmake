# Settings for our own targets; generated code gets none of them.

# Turns on the warnings for a target that we wrote.
function(caf_remote_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    $<$<BOOL:${CAF_REMOTE_WERROR}>:-Werror>)
endfunction()

# Gives a target a precompiled header, unless these are switched off.
function(caf_remote_precompile target)
  if(CAF_REMOTE_PCH)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# Lets a target use another one's precompiled header. Both must be compiled with
# the same options and definitions.
function(caf_remote_reuse_precompiled target from)
  if(CAF_REMOTE_PCH)
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()
