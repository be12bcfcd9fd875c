#pragma once

#include <type_traits>

#include "absl/status/status.h"
#include "rtstream/base/time.h"
#include "rtstream/core/mapping.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/value_codec.h"

// What a stage wants besides records of the right type. Each check is a type whose name shows what
// was given, with `value`, and a Sentence, which asserts it: a stage names its own as `Check<In>`, and
// a flow that fails it looks at the Sentence and no further, so that one mistake is one error. Apart,
// since clang 19 takes a `value` beside a failed assertion for no condition at all.

namespace rtstream::internal {

// The key and the value of an operator's state.
template <typename K, typename V, bool kIsKey = Key<K>, bool kIsValue = StateValue<V>>
struct StateOf {
  static constexpr bool value = kIsKey && kIsValue;
  struct Sentence {
    static_assert(kIsKey,
                  "rtstream: keys of state are text, integers, Time, Uuid or tuples of them, or "
                  "have a KeyCodec (key_codec.h)");
    static_assert(!kIsKey || kIsValue,
                  "rtstream: this value cannot be stored: list the members of a struct in "
                  "StateFields (value_codec.h)");
  };
};

// The type of a record that is read from text.
template <typename T, bool kIsMapped = Mapped<T>>
struct RecordOf {
  static constexpr bool value = kIsMapped;
  struct Sentence {
    static_assert(kIsMapped, "rtstream: this type has no Mapping: declare its fields (mapping.h)");
  };
};

// What a function of Validate returns.
template <typename R, bool kFits = std::is_convertible_v<R, absl::Status>>
struct ValidateReturns {
  static constexpr bool value = kFits;
  struct Sentence {
    static_assert(kFits,
                  "rtstream: a function of Validate returns an absl::Status; to drop records by a "
                  "bool there is Filter");
  };
};

// What a function of Filter returns.
template <typename R, bool kFits = std::is_convertible_v<R, bool>>
struct FilterReturns {
  static constexpr bool value = kFits;
  struct Sentence {
    static_assert(kFits, "rtstream: a function of Filter returns a bool");
  };
};

// What a function of AssignEventTime returns.
template <typename R, bool kFits = std::is_convertible_v<R, Time>>
struct EventTimeReturns {
  static constexpr bool value = kFits;
  struct Sentence {
    static_assert(kFits,
                  "rtstream: a function of AssignEventTime returns an rt::Time: microseconds of "
                  "the system clock");
  };
};

// The value of a table, and what the function of an Enrich names for it.
template <typename Value, typename Argument, bool kFits>
struct TableOfEnrich {
  static constexpr bool value = kFits;
  struct Sentence {
    static_assert(kFits,
                  "rtstream: the function of Enrich takes the record, and a pointer to the table's"
                  " value as const V*");
  };
};

// What is given as the window of an Aggregate, and is none.
template <typename W>
struct WindowOf {
  static constexpr bool value = false;
  struct Sentence {
    static_assert(sizeof(W) == 0,
                  "rtstream: the window of an Aggregate is rt::Tumbling{.size = ...} or "
                  "rt::Partial(merge)");
  };
};

// What is given as a branch.
template <typename B>
struct BranchOf {
  static_assert(sizeof(B) == 0,
                "rtstream: this branch has no end: end it with To(sink), Route(...) or Discard()");
  static constexpr bool value = false;
};

// What stands for a stage that was given something wrong.
struct BrokenStage : StageTag {
  template <typename In>
  using Expected = In;
  template <typename>
  static constexpr bool kAccepts = true;
};

// For a stage that has said so where it was made.
struct AlreadySaid {
  static constexpr bool value = false;
  struct Sentence {};
};

// What a stage has to say against records of type In: nothing, unless it names a Check.
template <typename S, typename In>
struct CheckOf {
  using type = std::true_type;
};
template <typename S, typename In>
  requires requires { typename S::template Check<In>; }
struct CheckOf<S, In> {
  using type = typename S::template Check<In>;
};
template <typename In>
struct CheckOf<BrokenStage, In> {
  using type = AlreadySaid;
};

}  // namespace rtstream::internal
