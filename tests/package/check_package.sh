#!/usr/bin/env bash
# Uses rtstream as a project outside the tree does.
#
#   check_package.sh <how>.<compiler> SOURCE_DIR BUILD_DIR WORK_DIR WITH_ROCKSDB
#
# how: static        what BUILD_DIR installs into an empty prefix
#      static_cxx23  the same, used by C++23
#      shared        the same, built as shared libraries, and what they export; used by C++20 and C++23,
#                    by this compiler and by clang++
#      subdirectory  add_subdirectory(SOURCE_DIR): neither tests nor examples are built
#      fetch         FetchContent, from a SOURCE_DIR; its programs run
#      pkgconfig     pkg-config instead of CMake
#      deb           the Debian package that cpack makes, unpacked
#      uninstall     the target of this name leaves no file
#      refusals      a version and a component that do not exist are not found
# Exit 77: there is no such compiler.
set -euo pipefail

how=${1%%.*} compiler=${1#*.} source=$2 build=$3 work=$4 with_rocksdb=$5
if ! command -v "$compiler" >/dev/null; then
  echo "skipped: there is no $compiler"
  exit 77
fi
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi

rm -rf "$work"
mkdir -p "$work"
# Outside the tree: nothing above it helps to find anything.
outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT
cp -r "$source/tests/package/consumer/." "$outside/"
cp "$source/examples/01_hello/hello.cc" "$outside/"

consumer() {
  cmake -S "$outside" -B "$outside/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DWITH_ROCKSDB="$with_rocksdb" "$@"
}

# The consumers of a prefix that are not the first: programs that differ in compiler or standard alone.
again() {
  rm -rf "$outside/build" "$outside/state"
  consumer "$@"
}

build_and_run() {
  cmake --build "$outside/build"
  "$outside/build/hello" | tee "$work/hello.txt"
  grep -qx 'rose 3' "$work/hello.txt"
  if [[ $with_rocksdb == ON ]]; then
    "$outside/build/durable" "$outside/state" 6
    # The second run begins where the first has committed.
    "$outside/build/durable" "$outside/state" 10 | tee "$work/durable.txt"
    grep -qx 'read 4, counted 10' "$work/durable.txt"
  fi
  "$outside/build/tested"
}

case $how in
  static)
    cmake --install "$build" --prefix "$work/prefix"
    consumer
    build_and_run
    ;;
  static_cxx23)
    cmake --install "$build" --prefix "$work/prefix"
    consumer -DCMAKE_CXX_STANDARD=23
    build_and_run
    ;;
  shared)
    cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=ON \
      -DCMAKE_CXX_COMPILER="$compiler" -DRTSTREAM_WITH_ROCKSDB="$with_rocksdb" \
      -DRTSTREAM_BUILD_TESTS=OFF -DRTSTREAM_BUILD_EXAMPLES=OFF -DCMAKE_UNITY_BUILD=ON
    cmake --build "$work/build"
    cmake --install "$work/build" --prefix "$work/prefix"
    rm -rf "$work/build"
    consumer
    build_and_run
    readelf -d "$outside/build/hello" | grep -q 'NEEDED.*librtstream.so.0'
    for other in "$compiler 23" "clang++ 20" "clang++ 23"; do
      again -DCMAKE_CXX_COMPILER="${other% *}" -DCMAKE_CXX_STANDARD="${other#* }"
      cmake --build "$outside/build" --target hello
      "$outside/build/hello" | grep -qx 'rose 3'
    done
    python3 -B "$source/tests/package/check_exports.py" "$source" "$work/prefix" "$work/exported_symbols.txt"
    ;;
  pkgconfig)
    cmake --install "$build" --prefix "$work/prefix"
    PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name rtstream.pc)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046
    "$compiler" -std=c++20 "$outside/hello.cc" -o "$outside/hello" $(pkg-config --cflags --libs --static rtstream)
    "$outside/hello" | grep -qx 'rose 3'
    ;;
  deb)
    (cd "$build" && cpack -G DEB -B "$work/deb")
    dpkg-deb --info "$work"/deb/librtstream-dev_*.deb
    maintainer=$(sed -n 's/^RTSTREAM_DEB_MAINTAINER:STRING=//p' "$build/CMakeCache.txt")
    [[ $(dpkg-deb --field "$work"/deb/librtstream-dev_*.deb Maintainer) == "$maintainer" ]]
    dpkg-deb --extract "$work"/deb/librtstream-dev_*.deb "$work/root"
    consumer -DCMAKE_PREFIX_PATH="$work/root/usr"
    build_and_run
    ;;
  uninstall)
    cmake --install "$build" --component dev --prefix "$work/prefix"
    [[ -n $(find "$work/prefix" -name rtstream.h) ]]
    (cd "$build" && cmake -DMANIFEST=install_manifest_dev.txt -P "$source/cmake/uninstall.cmake") >"$work/uninstall.txt"
    [[ -z $(find "$work/prefix" -type f) ]]
    ;;
  subdirectory)
    consumer -DRTSTREAM_SOURCE="$source" -DRTSTREAM_WITH_ROCKSDB="$with_rocksdb"
    # What would be compiled: the library and the consumer, nothing else of the project.
    ninja -C "$outside/build" -t commands all >"$work/commands.txt"
    grep -q "/src/runtime/runner.cc" "$work/commands.txt"
    if grep -E "$source/(tests|examples|benchmarks)/" "$work/commands.txt"; then
      echo "tests, examples or benchmarks are built with a project that only uses the library"
      exit 1
    fi
    ;;
  fetch)
    consumer -DRTSTREAM_SOURCE="$source" -DFETCH=ON -DFETCHCONTENT_FULLY_DISCONNECTED=ON \
      -DRTSTREAM_WITH_ROCKSDB="$with_rocksdb" -DCMAKE_UNITY_BUILD=ON
    build_and_run
    ;;
  refusals)
    cmake --install "$build" --prefix "$work/prefix"
    for wrong in WANT_VERSION=99.0 WANT_COMPONENTS=no_such_component; do
      rm -rf "$outside/build"
      if consumer "-D$wrong" >"$work/refusal.txt" 2>&1; then
        echo "found in spite of $wrong"
        exit 1
      fi
      cat "$work/refusal.txt"
      # The message names what was wanted.
      grep -q "${wrong#*=}" "$work/refusal.txt"
    done
    ;;
  *)
    echo "unknown: $how"
    exit 2
    ;;
esac
