#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function if `expr`, an absl::Status, is not OK.
#define RTSTREAM_RETURN_IF_ERROR(expr)                                        \
  do {                                                                        \
    if (::absl::Status rtstream_status = (expr); !rtstream_status.ok()) {     \
      return rtstream_status;                                                 \
    }                                                                         \
  } while (false)

// Evaluates `expr`, an absl::StatusOr, once; returns its status if it is not OK, else assigns its
// value to `lhs`, which may be a declaration. A statement of its own, not a branch's body.
#define RTSTREAM_ASSIGN_OR_RETURN(lhs, expr) \
  RTSTREAM_ASSIGN_OR_RETURN_IMPL_(RTSTREAM_CONCAT_(rtstream_or_, __LINE__), lhs, expr)

#define RTSTREAM_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                                    \
  if (!statusor.ok()) return std::move(statusor).status();   \
  lhs = *std::move(statusor)
#define RTSTREAM_CONCAT_(a, b) RTSTREAM_CONCAT_IMPL_(a, b)
#define RTSTREAM_CONCAT_IMPL_(a, b) a##b
