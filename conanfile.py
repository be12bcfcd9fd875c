"""Untested: the project is built and tested with Debian's packages."""

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout


class Rtstream(ConanFile):
    name = "rtstream"
    version = "0.1.0"
    license = "Apache-2.0"
    description = "Embeddable C++20 stream processing with exactly-once effects"
    settings = "os", "compiler", "build_type", "arch"
    options = {"shared": [True, False], "rocksdb": [True, False]}
    default_options = {"shared": False, "rocksdb": True}
    exports_sources = "CMakeLists.txt", "cmake/*", "include/*", "src/*", "LICENSE"

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("abseil/[>=20220623.1]", transitive_headers=True)
        self.requires("simdjson/[>=3.0 <4]")
        self.requires("xxhash/[>=0.8 <1]")
        if self.options.rocksdb:
            self.requires("rocksdb/[>=6.29]")

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.variables["RTSTREAM_WITH_ROCKSDB"] = bool(self.options.rocksdb)
        toolchain.variables["RTSTREAM_BUILD_TESTS"] = False
        toolchain.variables["RTSTREAM_BUILD_EXAMPLES"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        # The project's own package files are used, not made-up ones.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/rtstream"]
