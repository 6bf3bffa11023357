# Installs the library, its headers and a CMake package for it.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/caf_remote")
set(CAF_REMOTE_PROTO_INSTALL_DIR "${CMAKE_INSTALL_DATADIR}/caf_remote/proto")

install(TARGETS caf_remote EXPORT caf_remoteTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

install(EXPORT caf_remoteTargets
  NAMESPACE caf_remote::
  DESTINATION "${package_dir}")

file(GLOB protos CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/proto/*.proto")
install(FILES ${protos} DESTINATION "${CAF_REMOTE_PROTO_INSTALL_DIR}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/caf_remoteConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/package/caf_remoteConfig.cmake"
  INSTALL_DESTINATION "${package_dir}"
  PATH_VARS CAF_REMOTE_PROTO_INSTALL_DIR)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/package/caf_remoteConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)

install(FILES
  "${PROJECT_BINARY_DIR}/package/caf_remoteConfig.cmake"
  "${PROJECT_BINARY_DIR}/package/caf_remoteConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/CafRemoteProtos.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake"
  DESTINATION "${package_dir}")

if(PROJECT_IS_TOP_LEVEL)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endif()
