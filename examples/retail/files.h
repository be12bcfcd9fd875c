#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace retail {

// Small deeds on the file system. Errors name the path and what the system says.

// Makes the directory and those above it, durably; OK if it is there.
absl::Status MakeDirectory(const std::string& path);

// Replaces the file's content.
absl::Status WriteFile(const std::string& path, std::string_view content);

// Writes all of `text` to an open file.
absl::Status Write(std::FILE* file, std::string_view text);

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool IsUtf8(std::string_view text);

bool Exists(const std::string& path);
std::string AbsolutePath(const std::string& path);

}  // namespace retail
