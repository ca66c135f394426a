#include "apps/recovery/slots.h"

#include "apps/recovery/item.h"
#include "apps/recovery/registry.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

const Json& key() {
    static const Json kKey = {{"name", {{"S", "copy-slots"}}}};
    return kKey;
}

}  // namespace

std::vector<std::string> Slots::holders() {
    const Json answer =
        cloud_.call("dynamodb", "GetItem",
                    {{"TableName", kStateTable}, {"Key", key()}, {"ConsistentRead", true}});
    std::vector<std::string> names;
    if (const Json* set = find_path(answer, {"Item", "holders", "SS"}))
        for (const Json& name : *set)
            names.push_back(name.get<std::string>());
    return names;
}

void Slots::release(const std::string& holder) {
    Json values;
    values[":me"]["SS"].push_back(holder);
    cloud_.call("dynamodb", "UpdateItem",
                {{"TableName", kStateTable},
                 {"Key", key()},
                 {"UpdateExpression", "DELETE holders :me"},
                 {"ExpressionAttributeValues", values}});
}

}  // namespace lifeboat::recovery
