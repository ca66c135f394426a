// What the child executions of a distributed Map have brought: the Map's result, or objects in S3.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
#pragma once

#include <optional>
#include <string>

#include "flow/distributed_map.h"
#include "flow/engine.h"

namespace lifeboat::flow {

// The result of a map run that has ended; `world` knows its children. Blocks. Throws
// Error{InvalidInput, "States.DataLimitExceeded"} when it is too large; `whose` as in payload_text.
Json map_run_result(const World& world, const std::optional<ResultWriter>& writer,
                    const std::string& map_run_arn, const std::string& whose);

// Writes the results to S3; `parameters` are the writer's evaluated ones. The result of the map run
// says where they are. Blocks. Throws Error{InvalidInput, "States.ResultWriterFailed"}. Writing
// again after a crash writes the same objects.
Json export_map_run(const World& world, const ResultWriter& writer, const Json& parameters,
                    const std::string& map_run_arn);

// Bytes of an object of results; what is more goes into another one.
inline constexpr std::size_t kMostResultObject = kMostMapData;

}  // namespace lifeboat::flow
