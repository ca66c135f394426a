// A request as a form: "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-0". The query and ec2 protocols
// differ in how names are made and lists numbered.
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/http_message.h"
#include "cloud/model.h"

namespace lifeboat::cloud {

enum class QueryDialect {
    Query,   // lists under ".member.", unless the model flattens them
    Ec2,     // names capitalised, lists always flat
    Legacy,  // of a query-compatible JSON service: query names, lists and maps always flat
};

// Parameters without Action and Version.
QueryParameters query_form(const Shape& shape, const Json& value, QueryDialect dialect);
// Throws Error{InvalidInput, "SerializationException"} for a form that is too large or too deep.
Json read_query_form(const Shape& shape, const QueryParameters& parameters, QueryDialect dialect);

std::string form_text(const QueryParameters& parameters);

}  // namespace lifeboat::cloud
