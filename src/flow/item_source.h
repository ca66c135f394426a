// What a distributed Map needs of S3: its items read, its results written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/distributed_map.h"
#include "flow/engine.h"
#include "flow/outside.h"
#include "flow/value.h"

namespace lifeboat::flow {

// `parameters` are the evaluated ones, `most` is MaxItems. Blocks. Throws Error{InvalidInput,
// "States.ItemReaderFailed"}.
std::vector<Value> read_items(const World& world, const ItemReader& reader, const Json& parameters,
                              std::optional<std::int64_t> most);

// The items in batches as children get them: {"BatchInput", "Items"}. A bound of nullopt is none.
std::vector<Value> batched(const std::vector<Value>& items, std::optional<std::int64_t> most_items,
                           std::optional<std::int64_t> most_bytes, const Value& batch_input);

// The result of a map run whose children are these; `parameters` are the writer's evaluated ones or
// null when nothing is exported. Blocks. Throws Error{InvalidInput, "States.ResultWriterFailed"}.
// Writing again after a crash writes the same objects.
Json map_run_result(const World& world, const std::optional<ResultWriter>& writer,
                    const Json& parameters, const std::string& map_run_arn,
                    const std::vector<ChildResult>& children);

}  // namespace lifeboat::flow
