#include "cli/worker_tasks.h"

#include "base/error.h"
#include "base/json.h"
#include "os/directory.h"

namespace lifeboat::cli {

os::UniqueFd WorkerGround::directory(const std::string& path,
                                     std::optional<mode_t> create_mode) const {
    try {
        return os::open_directory_below(root.get(), path, create_mode, os::Mounts::Cross);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
        throw Error(ErrorCategory::NotFound, "LocationNotFound",
                    "there is no directory " + path + " below the worker's root");
    }
}

bool WorkerGround::is_mounted(const std::string& path) const {
    bool has_entries = false;
    try {
        os::each_name(directory(path.substr(0, path.find('/'))).get(),
                      [&](const std::string&, unsigned char) {
                          has_entries = true;
                          return false;
                      });
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
    }
    return has_entries;
}

os::UniqueFd WorkerGround::destination(const Json& input) const {
    constexpr mode_t kHomeMode = 0700;
    const bool creates = bool_or(input, "CreateDestination", true);
    return directory(path_in(input, "Destination"),
                     creates ? std::optional(kHomeMode) : std::nullopt);
}

std::string path_in(const Json& input, const char* member) {
    std::string path = require_string(input, member);
    path.erase(0, path.find_first_not_of('/'));
    if (path.empty())
        throw Error(ErrorCategory::InvalidInput, "InvalidPath",
                    std::string(member) + " names no directory below the worker's root");
    return path;
}

namespace {

Json dispatch(const Json& input, const WorkerGround& ground, ActivityTask& task) {
    const std::string action = string_or(input, "Action", "copy");
    if (action == "copy") return copy_by_worker(input, ground, task);
    if (action == "backup") return back_up_by_worker(input, ground, task);
    if (action == "restore") return restore_by_worker(input, ground, task);
    throw Error(ErrorCategory::InvalidInput, "UnknownAction",
                "the task's Action is '" + action + "', not copy, backup or restore");
}

}  // namespace

Json do_task(const Json& input, const WorkerGround& ground, ActivityTask& task) {
    try {
        return dispatch(input, ground, task);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& e) {
        throw Error(ErrorCategory::Internal, "InternalError", e.what());
    }
}

}  // namespace lifeboat::cli
