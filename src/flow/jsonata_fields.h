// Takes the fields of a JSONata state apart: those that may hold expressions, checked, and the
// rest, which reads the same in both query languages.
#pragma once

#include <string>

#include "flow/definition_reader.h"

namespace lifeboat::flow {

struct JsonataFields {
    Value expressions;  // an object; "Choices" and "Catch" hold one object an entry
    Value rest;         // the state without them
};

// Reports fields that belong to JSONPath, and expressions that do not parse.
JsonataFields take_jsonata_fields(DefinitionReader& reader, const Json& state, StateType type,
                                  const std::string& where);

}  // namespace lifeboat::flow
