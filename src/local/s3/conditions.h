// Conditional requests (RFC 9110, section 13, as S3 carries it out) and byte ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json_fwd.h"

namespace lifeboat::local::s3 {

struct ObjectState {
    std::string etag;           // with its quotes
    std::int64_t modified = 0;  // microseconds since 1970
};

// Of a read: throws "PreconditionFailed" or, `not_modified`, that code. Of a copy's source the
// members are called CopySourceIf... and everything is "PreconditionFailed".
void check_read(const Json& request, const std::string& prefix, const ObjectState& object,
                const std::string& not_modified);

// Of a write over `current`, or over nothing. Throws "PreconditionFailed" or "NoSuchKey".
void check_write(const Json& request, const std::optional<ObjectState>& current);

struct Extent {
    std::int64_t offset = 0;
    std::int64_t size = 0;
};

// "bytes=1-2", "bytes=1-", "bytes=-2". nullopt: the text is no single range and is passed over, as
// S3 does. Throws "InvalidRange" when the object ends before it.
std::optional<Extent> parse_range(const std::string& text, std::int64_t size);

}  // namespace lifeboat::local::s3
