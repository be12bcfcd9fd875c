# Removes what `cmake --install` of the build directory at hand has put somewhere; directories stay.
#
#   cmake [-DMANIFEST=install_manifest_dev.txt] -P uninstall.cmake
if(NOT MANIFEST)
  set(MANIFEST install_manifest.txt)
endif()
file(STRINGS "${MANIFEST}" files)
foreach(file IN LISTS files)
  message(STATUS "removing $ENV{DESTDIR}${file}")
  file(REMOVE "$ENV{DESTDIR}${file}")
endforeach()
