# What `cmake --install` puts where: the package that find_package(rtstream) finds, files for pkg-config, and the target
# `uninstall`. Components: runtime (shared libraries), dev (the rest).
include(CMakePackageConfigHelpers)

set(rtstream_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rtstream")
set(rtstream_installed rtstream rtstream_testing)
if(RTSTREAM_WITH_ROCKSDB)
  list(APPEND rtstream_installed rtstream_rocksdb)
endif()

foreach(target IN LISTS rtstream_installed)
  # An export set for each component, so that a consumer of one needs the dependencies of one.
  install(TARGETS ${target} EXPORT ${target}
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT dev)
  install(EXPORT ${target} NAMESPACE rtstream:: FILE ${target}-targets.cmake
          DESTINATION "${rtstream_config_dir}" COMPONENT dev)
endforeach()
install(DIRECTORY include/rtstream DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev)
configure_package_config_file(cmake/rtstream-config.cmake.in rtstream-config.cmake
                              INSTALL_DESTINATION "${rtstream_config_dir}")
write_basic_package_version_file(rtstream-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/rtstream-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/rtstream-config-version.cmake"
        DESTINATION "${rtstream_config_dir}" COMPONENT dev)

# rtstream_pkg_config(<name> <description> <requires> <requires of static libraries>)
function(rtstream_pkg_config name description requires requires_private)
  # Relative to the file, so that the prefix may be moved.
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
             BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE up)
  configure_file(cmake/rtstream.pc.in ${name}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
          COMPONENT dev)
endfunction()
set(absl_modules "absl_status absl_statusor absl_strings absl_span absl_function_ref")
rtstream_pkg_config(rtstream "${PROJECT_DESCRIPTION}" "${absl_modules}"
                    "absl_str_format absl_time simdjson")
rtstream_pkg_config(rtstream_testing "Test kit of rtstream" "rtstream = ${PROJECT_VERSION}" "")
if(RTSTREAM_WITH_ROCKSDB)
  rtstream_pkg_config(rtstream_rocksdb "RocksDB state store of rtstream" "rtstream = ${PROJECT_VERSION}" "rocksdb")
endif()

if(PROJECT_IS_TOP_LEVEL)
  add_custom_target(uninstall COMMAND "${CMAKE_COMMAND}" -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/uninstall.cmake"
                    COMMENT "Removing what was installed last" VERBATIM)
  include(RtstreamDebian)
endif()
