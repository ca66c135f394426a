#include "local/s3/storage_class.h"

#include <algorithm>

#include "base/json.h"
#include "local/s3/refusal.h"

namespace lifeboat::local::s3 {
namespace {

// Of general purpose buckets.
constexpr std::string_view kOffered[] = {"STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                         "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
                                         "GLACIER_IR", "DEEP_ARCHIVE"};

}  // namespace

bool is_archive(std::string_view storage_class) {
    return storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE";
}

std::string storage_class_of(const ObjectRow& object) {
    return string_or(parse_json(object.description, "what is kept of an object"), "StorageClass",
                     "STANDARD");
}

void check_storage_class(const Json& request) {
    const auto wanted = find_string(request, "StorageClass");
    if (wanted &&
        std::find(std::begin(kOffered), std::end(kOffered), *wanted) == std::end(kOffered))
        throw refusal("InvalidStorageClass", "The storage class you specified is not valid",
                      Json{{"StorageClassRequested", *wanted}});
}

}  // namespace lifeboat::local::s3
