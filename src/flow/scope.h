// What an expression of a state can see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "flow/effort.h"
#include "flow/jsonata/conversions.h"
#include "flow/value.h"

namespace lifeboat::flow {

using Variables = std::map<std::string, Value, std::less<>>;

struct Scope {
    Value input;                              // "$"
    Value context;                            // "$$"
    std::vector<const Variables*> variables;  // "$name", innermost first
    Random* random = nullptr;                 // for States.UUID and States.MathRandom
    std::shared_ptr<Effort> effort = std::make_shared<Effort>();
    // What JSONata has made of these values so far; shared by all expressions of the step.
    std::shared_ptr<jsonata::Conversions> conversions = std::make_shared<jsonata::Conversions>();
};

}  // namespace lifeboat::flow
