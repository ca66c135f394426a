// Settings of the local cloud, from lifeboat.toml's tables, flattened: `[local.datasync]
// task_quota` is "datasync.task_quota".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace lifeboat::local {

class Settings {
  public:
    Settings() = default;
    explicit Settings(std::map<std::string, std::string, std::less<>> values)
        : values_(std::move(values)) {}

    // For what is only known at run time; a value that is there stays.
    void set_default(std::string key, std::string value) {
        values_.emplace(std::move(key), std::move(value));
    }

    // The value or `fallback`. Throws Error{InvalidInput, "InvalidSetting"} naming the key when the
    // text has another type.
    std::string text(std::string_view key, std::string_view fallback) const;
    std::int64_t integer(std::string_view key, std::int64_t fallback) const;
    bool boolean(std::string_view key, bool fallback) const;
    // In seconds, with fraction ("0.5").
    Duration seconds(std::string_view key, Duration fallback) const;

  private:
    const std::string* find(std::string_view key) const;
    std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace lifeboat::local
