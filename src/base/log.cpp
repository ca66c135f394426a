#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::log {
namespace {

std::atomic<Format> format{Format::Text};

spdlog::logger& logger() {
    // The sink serialises lines; spdlog's own pattern is off, because both of our forms carry
    // fields.
    static spdlog::logger instance = [] {
        spdlog::logger made("lifeboat", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made.set_pattern("%v");
        made.set_level(spdlog::level::info);
        made.flush_on(spdlog::level::trace);
        return made;
    }();
    return instance;
}

// Values with blanks or quotes are quoted, control characters escaped, so that a hostile name
// cannot forge a line.
std::string quoted(const std::string& value) {
    if (!value.empty() && value.find_first_of(" \"\\=\n\r\t\x1b") == std::string::npos &&
        value.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+,{}[]()*%$#!") ==
            std::string::npos)
        return value;
    return to_text(Json(value));
}

void write(spdlog::level::level_enum level, const char* name, std::string_view message,
           std::initializer_list<Field> fields) {
    if (!logger().should_log(level)) return;
    const std::string time = to_iso8601_millis(SystemClock().now());
    if (format.load() == Format::Json) {
        Json line = {{"time", time}, {"level", name}, {"message", std::string(message)}};
        for (const auto& [key, value] : fields)
            line[std::string(key)] = value;
        logger().log(level, "{}", to_text(line));
        return;
    }
    std::string line = time + " " + name + " " + std::string(message);
    for (const auto& [key, value] : fields)
        line += " " + std::string(key) + "=" + quoted(value);
    logger().log(level, "{}", line);
}

}  // namespace

void set_level(Level level) {
    static constexpr spdlog::level::level_enum kLevels[] = {
        spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err,
        spdlog::level::off};
    logger().set_level(kLevels[static_cast<int>(level)]);
}

void set_format(Format value) {
    format.store(value);
}

Level parse_level(std::string_view name) {
    if (name == "debug") return Level::Debug;
    if (name == "info") return Level::Info;
    if (name == "warning") return Level::Warning;
    if (name == "error") return Level::Error;
    if (name == "off") return Level::Off;
    throw Error(
        ErrorCategory::InvalidInput, "InvalidLogLevel",
        "unknown log level '" + std::string(name) + "'; choose debug, info, warning, error or off");
}

void debug(std::string_view message, std::initializer_list<Field> fields) {
    write(spdlog::level::debug, "debug", message, fields);
}
void info(std::string_view message, std::initializer_list<Field> fields) {
    write(spdlog::level::info, "info", message, fields);
}
void warning(std::string_view message, std::initializer_list<Field> fields) {
    write(spdlog::level::warn, "warning", message, fields);
}
void error(std::string_view message, std::initializer_list<Field> fields) {
    write(spdlog::level::err, "error", message, fields);
}

}  // namespace lifeboat::log
