// Structured log lines to standard error: time, level, message, key=value pairs (or one JSON object
// a line). Secrets must never be passed in.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lifeboat::log {

enum class Level { Debug, Info, Warning, Error, Off };
enum class Format { Text, Json };

using Field = std::pair<std::string_view, std::string>;

// Process-wide, as standard error is. Thread-safe.
void set_level(Level level);
void set_format(Format format);
// Throws InvalidInput naming the choices.
Level parse_level(std::string_view name);

void debug(std::string_view message, std::initializer_list<Field> fields = {});
void info(std::string_view message, std::initializer_list<Field> fields = {});
void warning(std::string_view message, std::initializer_list<Field> fields = {});
void error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace lifeboat::log
