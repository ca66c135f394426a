#include "base/fault.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <map>
#include <mutex>

#include "base/error.h"

namespace lifeboat::fault {

std::atomic<bool> installed{false};

namespace {

struct Trigger {
    int on_reach = 1;
    std::string action;
};

// Process-wide because its purpose is to kill the process.
std::mutex mutex;
std::multimap<std::string, Trigger, std::less<>> triggers;
std::map<std::string, int, std::less<>> counts;
std::vector<std::string> order;
std::string record_file;

void act(const std::string& action, const std::string& point) {
    if (action == "kill") ::raise(SIGKILL);
    if (action == "enospc") throw error_from_errno(ENOSPC, "fault point " + point);
    if (action == "eio") throw error_from_errno(EIO, "fault point " + point);
    throw Error(ErrorCategory::Unavailable, "ScriptedFault", "fault point " + point);
}

}  // namespace

void install(std::string_view script) {
    const std::scoped_lock lock(mutex);
    triggers.clear();
    counts.clear();
    order.clear();
    record_file.clear();
    const bool any = !script.empty();
    while (!script.empty()) {
        const auto comma = script.find(',');
        std::string_view item = script.substr(0, comma);
        script = comma == std::string_view::npos ? std::string_view() : script.substr(comma + 1);
        const auto equals = item.find('=');
        if (equals == std::string_view::npos)
            throw Error(ErrorCategory::InvalidInput, "InvalidFaultScript",
                        "expected POINT[:N]=ACTION, found '" + std::string(item) + "'");
        if (item.substr(0, equals) == "record") {
            record_file = item.substr(equals + 1);
            continue;
        }
        Trigger trigger;
        trigger.action = item.substr(equals + 1);
        if (trigger.action != "kill" && trigger.action != "error" && trigger.action != "enospc" &&
            trigger.action != "eio")
            throw Error(
                ErrorCategory::InvalidInput, "InvalidFaultScript",
                "unknown action '" + trigger.action + "'; choose kill, error, enospc or eio");
        item = item.substr(0, equals);
        if (const auto colon = item.rfind(':'); colon != std::string_view::npos) {
            const std::string_view count = item.substr(colon + 1);
            const auto parsed =
                std::from_chars(count.data(), count.data() + count.size(), trigger.on_reach);
            if (parsed.ec != std::errc() || parsed.ptr != count.data() + count.size() ||
                trigger.on_reach < 1)
                throw Error(
                    ErrorCategory::InvalidInput, "InvalidFaultScript",
                    "the count in '" + std::string(item) + "' must be a whole number from 1");
            item = item.substr(0, colon);
        }
        triggers.emplace(std::string(item), trigger);
    }
    installed.store(any);
}

std::vector<std::string> reached() {
    const std::scoped_lock lock(mutex);
    return order;
}

void reach_installed(std::string_view point) {
    std::string action;
    {
        const std::scoped_lock lock(mutex);
        auto it = counts.find(point);
        if (it == counts.end()) {
            it = counts.emplace(std::string(point), 0).first;
            order.emplace_back(point);
        }
        const int count = ++it->second;
        if (!record_file.empty()) std::ofstream(record_file, std::ios::app) << point << '\n';
        const auto [first, last] = triggers.equal_range(point);
        for (auto trigger = first; trigger != last; ++trigger)
            if (trigger->second.on_reach == count) action = trigger->second.action;
    }
    if (!action.empty()) act(action, std::string(point));
}

}  // namespace lifeboat::fault
