#include "cloud/pages.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"

namespace lifeboat::cloud {

void each_item(Cloud& cloud, std::string_view service, std::string_view operation, Json request,
               const std::function<bool(const Json& item)>& visit) {
    const OperationModel& model = service_model(service).operation(operation);
    if (!model.pages)
        throw Error(ErrorCategory::Internal, "NotPaginated",
                    std::string(service) + ":" + std::string(operation) + " has no pages");
    const Pages& pages = *model.pages;
    Json last_token;
    while (true) {
        const Json answer = cloud.call(service, operation, request);
        if (const Json* items = find(answer, pages.items))
            for (const Json& item : *items)
                if (!visit(item)) return;
        const Json* token = find(answer, pages.output_token);
        if (token == nullptr || token->is_null() || *token == "") return;
        if (*token == last_token)
            throw Error(ErrorCategory::Unavailable, "PaginationLoop",
                        std::string(service) + ":" + std::string(operation) +
                            " answered the same page token twice");
        last_token = *token;
        request[pages.input_token] = *token;
    }
}

Json all_items(Cloud& cloud, std::string_view service, std::string_view operation, Json request) {
    Json items = Json::array();
    each_item(cloud, service, operation, std::move(request), [&](const Json& item) {
        items.push_back(item);
        return true;
    });
    return items;
}

}  // namespace lifeboat::cloud
