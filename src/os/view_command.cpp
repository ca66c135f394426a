#include "os/view_command.h"

#include "base/error.h"
#include "os/environment.h"
#include "os/process.h"

namespace lifeboat::os {

std::string run_view_command(const std::vector<std::string>& command) {
    constexpr ProcessLimits kLimits{std::chrono::minutes(10), 16 << 20};
    Environment variables = environment_of_commands();
    variables["LC_ALL"] = "C";
    try {
        return output_of(command, variables, kLimits);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
        throw Error(ErrorCategory::Unsupported, "NoSuchCommand",
                    "'" + command.front() +
                        "' is not installed, or not in PATH; without it no snapshot can be made");
    }
}

}  // namespace lifeboat::os
