#include "examples/retail/output_record.h"

#include <charconv>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/core/json_reader.h"

namespace retail {
namespace {

// The mapping wants plain members, so the line has a type of its own.
struct Line {
  std::string_view event_id, retailer_id, store_id, sku;
  int32_t quantity = 0;
  Price price;
  std::string_view currency;
  rt::Time timestamp;
  std::string_view source;
  uint32_t schema_version = 0;
  std::string_view region, category, amount, processing_id;
  int64_t on_hand = -1, reserved = -1;
};

}  // namespace
}  // namespace retail

template <>
struct rtstream::Mapping<retail::Line> {
  using L = retail::Line;
  static constexpr auto kFields = std::tuple{
      Field("eventId", &L::event_id),
      Field("retailerId", &L::retailer_id),
      Field("storeId", &L::store_id),
      Field("sku", &L::sku),
      Field("quantity", &L::quantity),
      Field("price", &L::price),
      Field("currency", &L::currency),
      Field("timestamp", &L::timestamp),
      Field("source", &L::source),
      Field("schemaVersion", &L::schema_version),
      Field("region", &L::region),
      Field("category", &L::category),
      Field("amount", &L::amount),
      Field("quantityOnHand", &L::on_hand, {.required = false}),
      Field("quantityReserved", &L::reserved, {.required = false}),
      Field("processingId", &L::processing_id)};
};

namespace retail {

absl::Status ReadOutputRecord(std::string_view line, rt::Arena& arena, OutputRecord& out) {
  Line in;
  RTSTREAM_RETURN_IF_ERROR(rt::ReadJson(line, arena, in));
  out.sale = Sale{in.event_id, in.retailer_id, in.store_id, in.sku,    in.quantity,
                  in.price,    in.currency,    in.timestamp, in.source, in.schema_version,
                  {},          0,              in.region,    in.category};
  out.amount = in.amount;
  out.processing_id = in.processing_id;
  out.on_hand = in.on_hand;
  out.reserved = in.reserved;
  const size_t colon = in.processing_id.rfind(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError("processingId: want partition:position");
  }
  out.sale.partition = in.processing_id.substr(0, colon);
  const char* const end = in.processing_id.data() + in.processing_id.size();
  const auto parsed =
      std::from_chars(in.processing_id.data() + colon + 1, end, out.sale.position);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return absl::InvalidArgumentError("processingId: want partition:position");
  }
  std::string amount;
  rt::AppendDecimal(out.sale.amount(), amount);
  if (amount != in.amount) {
    return absl::InvalidArgumentError(
        rt::Concat("amount: want price times quantity, ", amount, ", got ", in.amount));
  }
  return absl::OkStatus();
}

}  // namespace retail
