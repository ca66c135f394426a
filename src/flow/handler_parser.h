// One entry of a state's Retry or Catch.
#pragma once

#include <string>

#include "flow/definition_reader.h"
#include "flow/machine.h"

namespace lifeboat::flow {

// What is wrong is reported to the reader, at a place that begins with `where`.
Retrier parse_retrier(DefinitionReader& reader, const Json& entry, const std::string& where);
Catcher parse_catcher(DefinitionReader& reader, const Json& entry, const std::string& where);

}  // namespace lifeboat::flow
