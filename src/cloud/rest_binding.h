// What the REST protocols have in common: members that travel in the path, the query, headers and
// the status; and finding the operation a method and path mean.
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/http_message.h"
#include "cloud/model.h"

namespace lifeboat::cloud {

// Path and query for a request. Throws Error{InvalidInput, "ValidationException"} when a member of
// the path is missing or empty.
std::string rest_target(const OperationModel& operation, const Json& request);
void put_header_members(const Shape& shape, const Json& value, HttpHeaders& headers);

// The reverse, into `value`.
void read_target_members(const OperationModel& operation, std::string_view target, Json& value);
void read_header_members(const Shape& shape, const HttpHeaders& headers, Json& value);

// The member that is the whole body, or null.
const Member* payload_member(const Shape& shape);
// Blobs and strings are the body as they are; structures and documents are written in the
// protocol's own form.
bool is_raw(const Member& payload);
// Throws Error{InvalidInput, "ValidationException"} when a blob is not base64 text.
std::string raw_payload(const Member& payload, const Json& value);
std::string_view raw_content_type(const Member& payload);
Json raw_payload_value(const Member& payload, std::string_view body);
bool has_body_members(const Shape& shape);
// Only the members that travel in the body.
Json body_members(const Shape& shape, Json value);

}  // namespace lifeboat::cloud
