// Turns a protocol suite's service description (shapes, one operation) into the notation of
// models/README.md, so that the suite drives the codecs through the same ServiceModel as
// everything.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "cloud/model.h"

namespace lifeboat::cloud::testing {

// `group` is one entry of a suite file, `test` one of its cases.
std::string suite_model_text(const Json& group, const Json& test);

// The suites write blobs as plain text; Cloud::call writes them as base64.
Json with_encoded_blobs(const Shape& shape, Json value);

}  // namespace lifeboat::cloud::testing
