#include "local/s3/restore_object.h"

#include "base/json.h"
#include "local/s3/refusal.h"
#include "local/s3/restore.h"
#include "local/s3/storage_class.h"

namespace lifeboat::local::s3 {
namespace {

constexpr std::int64_t kMostDays = 36'500;  // a hundred years: dates keep four digits

Error malformed() {
    return refusal("MalformedXML",
                   "The XML you provided was not well-formed or did not validate against our "
                   "published schema");
}

void check_tier(const Json& wanted, const std::string& storage_class) {
    // Beside the parameters of the job it belongs to a selection.
    if (find(wanted, "Tier") != nullptr) throw malformed();
    const Json* job = find(wanted, "GlacierJobParameters");
    if (job == nullptr) return;
    const std::string tier = string_or(*job, "Tier", "");
    if (tier != "Standard" && tier != "Bulk" && tier != "Expedited") throw malformed();
    if (tier == "Expedited" && storage_class == "DEEP_ARCHIVE")
        throw refusal("InvalidArgument", "Retrieval option is not supported by this storage class",
                      Json{{"ArgumentName", "Tier"}, {"ArgumentValue", tier}});
}

// For how many days the copy is wanted.
std::int64_t days_of(const Json& request, const std::string& storage_class) {
    const Json* wanted = find(request, "RestoreRequest");
    if (wanted == nullptr) throw malformed();
    for (const char* member : {"Type", "SelectParameters", "OutputLocation"})
        if (find(*wanted, member) != nullptr)
            throw refusal("NotImplemented",
                          std::string("The local cloud restores whole objects and selects nothing "
                                      "from them: leave out ") +
                              member + ".");
    check_tier(*wanted, storage_class);
    const auto days = find_integer(*wanted, "Days");
    if (!days) throw malformed();
    if (*days < 1 || *days > kMostDays)
        throw refusal("InvalidArgument",
                      "Days must be an integer between 1 and " + std::to_string(kMostDays),
                      Json{{"ArgumentName", "Days"}, {"ArgumentValue", std::to_string(*days)}});
    return *days;
}

Json restore_object(Store& store, Duration takes, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const ObjectRow object =
        object_named(tx, require_string(request, "Bucket"), require_string(request, "Key"),
                     string_or(request, "VersionId", ""));
    const std::string storage_class = storage_class_of(object);
    if (!is_archive(storage_class))
        throw refusal("InvalidObjectState",
                      "Restore is not allowed for the object's current storage class",
                      Json{{"StorageClass", storage_class}});
    const std::int64_t days = days_of(request, storage_class);
    const Time now = store.site.clock.now();
    const auto current = restore_at(tx, object.id, now);
    if (current && current->is_ongoing)
        throw refusal("RestoreAlreadyInProgress", "Object restore is already in progress");
    put_restore(tx, object.id, current ? now : now + takes, days);
    return Json{{"StatusCode", current ? 200 : 202}};
}

}  // namespace

std::vector<Operation> restore_operations(Store& store) {
    const Duration takes = store.site.settings.seconds("s3.restore_seconds", Duration(0));
    return {writes("RestoreObject",
                   [&store, takes](Transaction& tx, const Json& request, const Caller&) {
                       return restore_object(store, takes, tx, request);
                   })};
}

}  // namespace lifeboat::local::s3
