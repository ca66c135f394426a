// Starts executions of recovery's state machines.
#pragma once

#include <string>

#include "apps/recovery/row.h"
#include "base/json_fwd.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery {

inline constexpr std::string_view kMachine = "recovery";

std::string machine_arn(const cloud::Place& place, std::string_view machine = kMachine);
std::string execution_arn(const cloud::Place& place, const std::string& execution_name,
                          std::string_view machine = kMachine);

// The input for a row's home; where the work comes from is left to choose-source.
Json recovery_input(const Row& row, const cloud::Place& place);

struct Started {
    std::string execution;   // ARN
    bool was_there = false;  // an execution of that name exists already, running or ended
};

// One execution per name, however often it is asked for.
Started start_execution(cloud::Cloud& cloud, const cloud::Place& place, const std::string& name,
                        const Json& input, std::string_view machine = kMachine);

}  // namespace lifeboat::recovery
