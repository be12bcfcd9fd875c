#pragma once

// Everything that composing and running a pipeline takes. Connectors and the test kit have headers of
// their own.

#include "rtstream/core/json_writer.h"
#include "rtstream/core/mapping.h"
#include "rtstream/flow/flow.h"
#include "rtstream/io/lookup_table.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/apply.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/op/dedup.h"
#include "rtstream/op/enrich.h"
#include "rtstream/op/filter.h"
#include "rtstream/op/flat_map.h"
#include "rtstream/op/inspect.h"
#include "rtstream/op/map.h"
#include "rtstream/op/parse_json.h"
#include "rtstream/op/route.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/update_inventory.h"
#include "rtstream/op/update_state.h"
#include "rtstream/op/validate.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/state/memory_store.h"
