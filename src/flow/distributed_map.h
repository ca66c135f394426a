// The settings of a Map in distributed mode: where its items come from, how they are batched, where
// results go. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "flow/number_setting.h"
#include "flow/value.h"

namespace lifeboat::flow {

struct ItemReader {
    enum class Format { Json, JsonLines, Csv, Manifest, Listing };
    Format format = Format::Json;
    Value parameters;                  // template: Bucket, Key or Prefix; null in JSONata
    std::vector<std::string> headers;  // CSV; empty: the first row
    char delimiter = ',';
    std::string pointer;  // ItemsPointer: where in a JSON document the items are
    NumberSetting max_items;
};

struct ItemBatcher {
    NumberSetting max_items, max_bytes;
    Value input;  // BatchInput; null when absent
};

struct ResultWriter {
    bool exported = false;
    Value parameters;  // template: Bucket, Prefix; null in a state of JSONata
    bool lines = false;
    enum class Transformation { None, Compact, Flatten };
    Transformation transformation = Transformation::None;
};

struct DistributedMap {
    std::string place;     // of the processor in the definition, "/States/All/ItemProcessor"
    std::string label;     // empty: one is made per run
    bool express = false;  // ExecutionType of the children
    std::optional<ItemReader> reader;
    std::optional<ItemBatcher> batcher;
    std::optional<ResultWriter> writer;
};

class DefinitionReader;

// `state` is the Map, found at `where`; what is wrong is reported. `expressions` are those taken
// out of a state of JSONata (jsonata_fields.h), else null.
DistributedMap parse_distributed_map(DefinitionReader& reader, const Json& state,
                                     const Json* expressions, const std::string& where,
                                     const std::string& place);

}  // namespace lifeboat::flow
