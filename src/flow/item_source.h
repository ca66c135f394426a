// Where the items of a distributed Map come from, and how they are batched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/distributed_map.h"
#include "flow/engine.h"
#include "flow/value.h"

namespace lifeboat::flow {

// `parameters` are the evaluated ones, `most` is MaxItems. Blocks. Throws Error{InvalidInput,
// "States.ItemReaderFailed"}.
std::vector<Value> read_items(const World& world, const ItemReader& reader, const Json& parameters,
                              std::optional<std::int64_t> most);

// The items in batches as children get them: {"BatchInput", "Items"}. A bound of nullopt is none.
// Throws Error{InvalidInput, "States.DataLimitExceeded"} when the batches are more than a map run
// may have.
std::vector<Value> batched(const std::vector<Value>& items, std::optional<std::int64_t> most_items,
                           std::optional<std::int64_t> most_bytes, const Value& batch_input);

}  // namespace lifeboat::flow
