#include "local/sagemaker/settings.h"

#include "base/json.h"

namespace lifeboat::local::sagemaker {

Json picked(const Json& request, std::initializer_list<std::string_view> members) {
    Json result = Json::object();
    for (const std::string_view member : members)
        if (const Json* value = find(request, member); value != nullptr && !value->is_null())
            result[std::string(member)] = *value;
    return result;
}

Json overlaid(const Json& base, const Json& update) {
    Json result = base.is_object() ? base : Json::object();
    for (const auto& [name, value] : update.items())
        if (!value.is_null()) result[name] = value;
    return result;
}

}  // namespace lifeboat::local::sagemaker
