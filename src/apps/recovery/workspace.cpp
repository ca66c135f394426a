#include "apps/recovery/workspace.h"

#include "apps/recovery/profile.h"
#include "base/digest.h"
#include "base/encoding.h"

namespace lifeboat::recovery {
namespace {

constexpr std::size_t kWordCharacters = 17;
constexpr std::size_t kDigits = 20;

std::string word(std::string_view text) {
    std::string out;
    for (const char c : lower_case(std::string(text.substr(0, kWordCharacters))))
        out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    return out;
}

}  // namespace

std::string workspace_of(const RowKey& key) {
    const bool is_space = is_space_key(key.profile_key);
    const std::string name =
        is_space ? key.profile_key.substr(key.profile_key.find(':') + 1) : key.profile_key;
    return (is_space ? "s-" : "u-") + word(name) + "-" + word(key.domain_key) + "-" +
           to_hex(sha256(key.profile_key + "\n" + key.domain_key)).substr(0, kDigits);
}

}  // namespace lifeboat::recovery
