#include "local/lambda/item_failures.h"

#include "base/json.h"

namespace lifeboat::local::lambda {

std::optional<std::set<std::string>> failed_items(std::string_view payload,
                                                  const std::set<std::string>& known) {
    std::set<std::string> failed;
    const Json answer = parse_json(payload, "a function's result");
    if (answer.is_null() || answer.empty()) return failed;
    if (answer.is_string() && answer.get_ref<const std::string&>().empty()) return failed;
    if (!answer.is_object()) return std::nullopt;
    const Json* items = find(answer, "batchItemFailures");
    if (items == nullptr || items->is_null()) return failed;
    if (!items->is_array()) return std::nullopt;
    for (const Json& item : *items) {
        const auto id = find_string(item, "itemIdentifier");
        if (!id || !known.contains(*id)) return std::nullopt;
        failed.insert(*id);
    }
    return failed;
}

}  // namespace lifeboat::local::lambda
