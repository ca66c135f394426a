// The storage id of restic's format: the SHA-256 of what it names.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace lifeboat::vault {

struct Id {
    std::array<unsigned char, 32> bytes{};

    auto operator<=>(const Id&) const = default;
    // 64 lower case digits.
    std::string hex() const;
    // The first eight digits, as people are shown.
    std::string brief() const { return hex().substr(0, 8); }
    // nullopt unless `hex` is exactly 64 lower case digits.
    static std::optional<Id> parse(std::string_view hex);
    static Id of(std::string_view content);
};

struct IdHash {
    std::size_t operator()(const Id& id) const {
        std::size_t value;
        std::memcpy(&value, id.bytes.data(), sizeof value);
        return value;
    }
};

}  // namespace lifeboat::vault
