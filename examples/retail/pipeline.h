#pragma once

#include <string_view>

#include "examples/retail/master_data.h"
#include "examples/retail/rules.h"
#include "examples/retail/stock_file.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/sink.h"
#include "rtstream/io/source.h"

namespace retail {

// What the pipeline is made of. Everything must outlive it.
struct PipelineParts {
  Rules rules;
  const InitialStock& initial_stock;
  MasterData& master;
  rt::Source<rt::Bytes>& events;
  rt::Sink<StockOutcome>& facts;   // applied sales and returns
  rt::Sink<StockOutcome>& failed;  // refused for want of stock
  rt::Sink<StockOutcome>& hot;     // refused, or little left
  rt::Sink<StockOutcome>& cold;    // the rest
};

// parse, validate, dedup, enrich, inventory, daily sales, store hours, totals, facts, hot and cold.
rt::Pipeline MakePipeline(const PipelineParts& parts);

}  // namespace retail
