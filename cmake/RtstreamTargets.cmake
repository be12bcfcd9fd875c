# How this project's targets are compiled. Consumers see none of it.

set(RTSTREAM_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
                      -Woverloaded-virtual -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Wrong positives inside std::variant and absl::StatusOr at -O2 (GCC PR 105593 and relatives).
  list(APPEND RTSTREAM_WARNINGS -Wno-maybe-uninitialized)
endif()

# With CMAKE_UNITY_BUILD, a target's sources are compiled several at once: their anonymous namespaces are
# then one, and clang-tidy looks at files that include sources.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)

function(rtstream_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(
    ${target} PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                         UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include)")
  target_compile_options(${target} PRIVATE ${RTSTREAM_WARNINGS}
                                           $<$<BOOL:${RTSTREAM_WERROR}>:-Werror>)
  if(NOT RTSTREAM_SANITIZE)
    target_compile_definitions(${target} PRIVATE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  endif()
  target_compile_options(${target} PRIVATE -fstack-protector-strong)
  if(RTSTREAM_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${RTSTREAM_SANITIZE} -fno-omit-frame-pointer
                                            -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${RTSTREAM_SANITIZE})
  endif()
endfunction()

# rtstream_library(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...]): the library rtstream::<name>.
function(rtstream_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target ${name})
  if(NOT name STREQUAL "rtstream")
    set(target rtstream_${name})
  endif()
  add_library(${target} ${ARG_SOURCES})
  add_library(rtstream::${name} ALIAS ${target})
  rtstream_compile_options(${target})
  # Which symbols a shared library exports is said to the linker: tests/package/exported_symbols.txt has them.
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} CXX_VISIBILITY_PRESET default
                                             POSITION_INDEPENDENT_CODE ON
                                             VERSION ${PROJECT_VERSION} SOVERSION 0)
  target_include_directories(
    ${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(BUILD_SHARED_LIBS)
    target_link_options(${target} PRIVATE "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exported.map")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/exported.map")
  endif()
endfunction()
