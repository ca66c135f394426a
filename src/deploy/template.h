// Everything Lifeboat is on AWS, as one CloudFormation template.
//
// Source of its resources: definitions/ (tables, queues, rules, schedules, mappings, parameters,
// state machines), the functions of the binary, and what belongs to them on AWS alone: roles, log
// groups, permissions, alarms and a dashboard.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/function.h"

namespace lifeboat::deploy {

struct TemplateInput {
    std::map<std::string, std::string_view> definitions;  // by file name
    const cloud::Functions& functions;
    bool in_network = false;  // a VPC and a subnet are named: with the copies' security group
    bool seed = false;        // the registry is filled while the stack is made
    // Of the functions, instead of what AWS gets by default (docs/recovery.md).
    std::map<std::string, std::string> environment;
};

// Parameters: CodeBucket, CodeKey, and with `in_network` VpcId and SubnetId. Throws Error{Internal,
// "InvalidDefinition"} for a definition that cannot be rendered.
Json render_template(const TemplateInput& input);

// "event-processor" -> "EventProcessor"
std::string logical_name(std::string_view name);

}  // namespace lifeboat::deploy
