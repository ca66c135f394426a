#include "local/states/arns.h"

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::local::states {

std::string machine_arn(const cloud::Place& place, std::string_view name) {
    return cloud::arn_of(place, "states", "stateMachine:" + std::string(name));
}

std::string execution_arn(const cloud::Place& place, std::string_view machine,
                          std::string_view name) {
    return cloud::arn_of(place, "states",
                         "execution:" + std::string(machine) + ":" + std::string(name));
}

std::string express_arn(const cloud::Place& place, std::string_view machine, std::string_view name,
                        std::string_view id) {
    return cloud::arn_of(
        place, "states",
        "express:" + std::string(machine) + ":" + std::string(name) + ":" + std::string(id));
}

void check_name(std::string_view name) {
    bool valid = !name.empty() && is_utf8(name);
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7f ||
            std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/").find(c) != std::string_view::npos)
            valid = false;
    }
    if (!valid)
        throw Error(ErrorCategory::InvalidInput, "InvalidName",
                    "Invalid Name: '" + std::string(name) + "'");
}

void check_arn(std::string_view text, std::string_view kind) {
    const auto arn = cloud::parse_arn(text);
    if (!arn || arn->service != "states")
        throw Error(ErrorCategory::InvalidInput, "InvalidArn",
                    "Invalid Arn: 'Invalid ARN prefix: " + std::string(text) + "'");
    if (!arn->resource.starts_with(std::string(kind) + ":"))
        throw Error(ErrorCategory::InvalidInput, "InvalidArn",
                    "Invalid Arn: 'Resource type not valid in this context: " +
                        arn->resource.substr(0, arn->resource.find(':')) + "'");
}

}  // namespace lifeboat::local::states
