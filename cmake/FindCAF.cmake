# Finds the C++ Actor Framework.
#
#   find_package(CAF [version] [REQUIRED] [COMPONENTS core io openssl])
#
# Prefers the CMake package that CAF brings along since 0.18. CAF 0.17, such as
# Debian's libcaf-dev, has none: there, headers and libraries are searched for.
#
# Targets: CAF::<component> for each component found.
# Variables: CAF_FOUND, CAF_VERSION, CAF_<component>_FOUND

include(FindPackageHandleStandardArgs)

if(NOT CAF_FIND_COMPONENTS)
  set(CAF_FIND_COMPONENTS core)
  set(CAF_FIND_REQUIRED_core TRUE)
endif()

find_package(CAF ${CAF_FIND_VERSION} QUIET CONFIG
  OPTIONAL_COMPONENTS ${CAF_FIND_COMPONENTS})

if(CAF_FOUND)
  foreach(component IN LISTS CAF_FIND_COMPONENTS)
    if(TARGET CAF::${component})
      set(CAF_${component}_FOUND TRUE)
    endif()
  endforeach()
  find_package_handle_standard_args(CAF
    REQUIRED_VARS CAF_CONFIG
    VERSION_VAR CAF_VERSION
    HANDLE_COMPONENTS)
  return()
endif()

find_path(CAF_INCLUDE_DIR caf/config.hpp)
mark_as_advanced(CAF_INCLUDE_DIR)

if(CAF_INCLUDE_DIR)
  # 0.17.6 is written as 1706.
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_version
    REGEX "^#define CAF_VERSION [0-9]+")
  if(_caf_version MATCHES "([0-9]+)$")
    math(EXPR _caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR _caf_minor "(${CMAKE_MATCH_1} / 100) % 100")
    math(EXPR _caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
  endif()
endif()

# The others need core.
foreach(component IN ITEMS core ${CAF_FIND_COMPONENTS})
  find_library(CAF_${component}_LIBRARY caf_${component})
  mark_as_advanced(CAF_${component}_LIBRARY)
  if(NOT CAF_INCLUDE_DIR OR NOT CAF_${component}_LIBRARY)
    set(CAF_${component}_FOUND FALSE)
    continue()
  endif()
  set(CAF_${component}_FOUND TRUE)
  if(NOT TARGET CAF::${component})
    add_library(CAF::${component} UNKNOWN IMPORTED)
    set_target_properties(CAF::${component} PROPERTIES
      IMPORTED_LOCATION "${CAF_${component}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")
    if(component STREQUAL "core")
      find_package(Threads QUIET)
      set_property(TARGET CAF::core
        APPEND PROPERTY INTERFACE_LINK_LIBRARIES Threads::Threads)
    else()
      set_property(TARGET CAF::${component}
        APPEND PROPERTY INTERFACE_LINK_LIBRARIES CAF::core)
    endif()
  endif()
endforeach()

find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_core_LIBRARY CAF_INCLUDE_DIR
  VERSION_VAR CAF_VERSION
  HANDLE_COMPONENTS)
