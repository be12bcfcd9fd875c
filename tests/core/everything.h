#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "rtstream/base/decimal.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"
#include "rtstream/core/mapping.h"

namespace rtstream {

// A record with a member of each kind, none of which must come.
struct Everything {
  int8_t i8 = 0;
  int32_t i32 = 0;
  int64_t i64 = 0;
  uint8_t u8 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  double real = 0;
  bool flag = false;
  std::string_view view;
  std::string text;
  Decimal<6> price;
  Decimal<2> cents;
  Time time{};
  Uuid uuid;
  FixedString<3> code;
  std::optional<int64_t> maybe;
  std::optional<std::string> note;

  friend bool operator==(const Everything&, const Everything&) = default;
};

template <>
struct Mapping<Everything> {
  static constexpr FieldOptions kOptional{.required = false};
  static constexpr auto kFields = std::tuple{
      Field("i8", &Everything::i8, kOptional),       Field("i32", &Everything::i32, kOptional),
      Field("i64", &Everything::i64, kOptional),     Field("u8", &Everything::u8, kOptional),
      Field("u32", &Everything::u32, kOptional),     Field("u64", &Everything::u64, kOptional),
      Field("real", &Everything::real, kOptional),   Field("flag", &Everything::flag, kOptional),
      Field("view", &Everything::view, kOptional),   Field("text", &Everything::text, kOptional),
      Field("price", &Everything::price, kOptional), Field("cents", &Everything::cents, kOptional),
      Field("time", &Everything::time, kOptional),   Field("uuid", &Everything::uuid, kOptional),
      Field("code", &Everything::code, kOptional),   Field("maybe", &Everything::maybe),
      Field("note", &Everything::note)};
};

// A sale event as the platform sends it, and its schema's history.
struct SaleEvent {
  std::string_view event_id;
  int32_t quantity = 0;
  Decimal<6> price;
  Time timestamp{};
  std::string source = "unknown";
  std::string channel = "shop";
  uint32_t schema_version = 0;
};

template <>
struct Mapping<SaleEvent> {
  static constexpr auto kFields = std::tuple{
      Field("eventId", &SaleEvent::event_id),
      Field("quantity", &SaleEvent::quantity),
      Field("price", &SaleEvent::price),
      Field("timestamp", &SaleEvent::timestamp),
      Field("source", &SaleEvent::source, {.required = false}),
      Field("channel", &SaleEvent::channel, {.since = 3}),
      Field("schemaVersion", &SaleEvent::schema_version)};
  static constexpr auto kVersion = &SaleEvent::schema_version;
};

}  // namespace rtstream
