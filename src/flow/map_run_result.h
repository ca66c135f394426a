// What the child executions of a distributed Map have brought: the Map's result, or objects in S3.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/distributed_map.h"
#include "flow/engine.h"
#include "flow/outside.h"

namespace lifeboat::flow {

// The result of a map run whose children are these; `parameters` are the writer's evaluated ones or
// null when nothing is exported. Blocks. Throws Error{InvalidInput, "States.ResultWriterFailed"}.
// Writing again after a crash writes the same objects.
Json map_run_result(const World& world, const std::optional<ResultWriter>& writer,
                    const Json& parameters, const std::string& map_run_arn,
                    const std::vector<ChildResult>& children);

}  // namespace lifeboat::flow
