# What `cmake --install` puts where, and the package that find_package(rtstream) finds.
include(CMakePackageConfigHelpers)

set(rtstream_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rtstream")
set(rtstream_installed rtstream rtstream_testing)
if(RTSTREAM_WITH_ROCKSDB)
  list(APPEND rtstream_installed rtstream_rocksdb)
endif()

foreach(target IN LISTS rtstream_installed)
  # An export set for each component, so that a consumer of one needs the dependencies of one.
  install(TARGETS ${target} EXPORT ${target} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
                                             LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT ${target} NAMESPACE rtstream:: FILE ${target}-targets.cmake
          DESTINATION "${rtstream_config_dir}")
endforeach()
install(DIRECTORY include/rtstream DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
configure_package_config_file(cmake/rtstream-config.cmake.in rtstream-config.cmake
                              INSTALL_DESTINATION "${rtstream_config_dir}")
write_basic_package_version_file(rtstream-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/rtstream-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/rtstream-config-version.cmake"
        DESTINATION "${rtstream_config_dir}")
