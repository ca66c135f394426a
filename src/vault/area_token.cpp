#include "vault/area_token.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "os/file.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<Right, std::string_view> kRights[] = {
    {Right::Read, "read"}, {Right::Append, "append"}, {Right::Admin, "admin"}};
constexpr std::size_t kSecretLength = 40;  // of 36 digits: 206 bits
constexpr std::size_t kIdLength = 12;

// Keeps other processes from changing the same list; ends with the handle.
os::UniqueFd lock(const fs::path& folder) {
    os::UniqueFd fd = os::open_file(folder, O_RDONLY | O_DIRECTORY);
    if (::flock(fd.get(), LOCK_EX) != 0)
        throw error_from_errno(errno, "lock '" + folder.string() + "'");
    return fd;
}

Json to_json(const AreaToken& token) {
    Json json = {{"Id", token.id},
                 {"Right", to_string(token.right)},
                 {"Label", token.label},
                 {"Digest", token.digest},
                 {"Created", to_iso8601(token.created)}};
    if (token.expires) json["Expires"] = to_iso8601(*token.expires);
    if (token.revoked) json["Revoked"] = to_iso8601(*token.revoked);
    return json;
}

AreaToken from_json(const Json& json) {
    const auto time = [&](const char* member) -> std::optional<Time> {
        const auto text = find_string(json, member);
        return text ? parse_iso8601(*text) : std::nullopt;
    };
    const auto right = parse_right(require_string(json, "Right"));
    if (!right)
        throw Error(ErrorCategory::Corruption, "UnknownRight", "a token has a right nobody knows");
    // A time that cannot be read must not make a token live for ever.
    for (const char* member : {"Created", "Expires", "Revoked"})
        if (find_string(json, member) && !time(member))
            throw Error(ErrorCategory::Corruption, "UnreadableTime",
                        std::string("a token's ") + member + " is no time");
    return {require_string(json, "Id"),
            *right,
            string_or(json, "Label", ""),
            require_string(json, "Digest"),
            time("Created").value_or(Time{}),
            time("Expires"),
            time("Revoked")};
}

std::string digest_of(std::string_view secret) {
    return to_hex(sha256(secret));
}

}  // namespace

std::string_view to_string(Right right) {
    for (const auto& [one, name] : kRights)
        if (one == right) return name;
    return "";
}

std::optional<Right> parse_right(std::string_view text) {
    for (const auto& [one, name] : kRights)
        if (name == text) return one;
    return std::nullopt;
}

bool may(Right right, AreaAction action, FileKind kind) {
    switch (action) {
        case AreaAction::List:
        case AreaAction::Read:
            return true;
        case AreaAction::Add:
            return right != Right::Read;
        case AreaAction::Delete:
            return right == Right::Admin || (right == Right::Append && kind == FileKind::Lock);
    }
    return false;
}

std::vector<AreaToken> AreaTokens::list() const {
    const fs::path file = folder_ / "tokens.json";
    if (!fs::exists(file)) return {};
    std::vector<AreaToken> tokens;
    try {
        const Json kept = parse_json(os::read_file(file), "the tokens");
        for (const Json& token : kept.at("Tokens"))
            tokens.push_back(from_json(token));
    } catch (const Json::exception& e) {
        throw Error(ErrorCategory::Corruption, "UnreadableTokens",
                    "'" + file.string() + "' is no list of tokens: " + e.what());
    }
    return tokens;
}

void AreaTokens::save(const std::vector<AreaToken>& tokens) const {
    Json list = Json::array();
    for (const AreaToken& token : tokens)
        list.push_back(to_json(token));
    os::publish_file(folder_ / "tokens.json", to_text(Json{{"Tokens", list}}) + "\n", 0600);
}

AreaTokens::Made AreaTokens::create(Right right, const std::string& label,
                                    std::optional<Duration> lifetime, const Clock& clock,
                                    Random& random) const {
    const os::UniqueFd held = lock(folder_);
    std::vector<AreaToken> tokens = list();
    const Time now = clock.now();
    const std::string secret = new_alphanumeric(random, kSecretLength);
    AreaToken token{new_hex(random, kIdLength), right, label, digest_of(secret), now, {}, {}};
    if (lifetime) token.expires = now + *lifetime;
    tokens.push_back(token);
    save(tokens);
    return {std::move(token), secret};
}

AreaToken AreaTokens::revoke(const std::string& id, const Clock& clock) const {
    const os::UniqueFd held = lock(folder_);
    std::vector<AreaToken> tokens = list();
    const auto it = std::find_if(tokens.begin(), tokens.end(),
                                 [&](const AreaToken& token) { return token.id == id; });
    if (it == tokens.end())
        throw Error(ErrorCategory::NotFound, "TokenNotFound",
                    "the area has no token '" + id + "'; `lifeboat vault token list` shows them");
    if (!it->revoked) {
        it->revoked = clock.now();
        save(tokens);
    }
    return *it;
}

std::optional<AreaToken> AreaTokens::verify(std::string_view id, std::string_view secret,
                                            Time now) const {
    std::optional<AreaToken> found;
    AreaToken nobody;
    nobody.digest = std::string(64, '0');
    for (AreaToken& token : list())
        if (token.id == id) found = std::move(token);
    const AreaToken& candidate = found ? *found : nobody;
    const bool same = equal_in_constant_time(digest_of(secret), candidate.digest);
    if (!found || !same || !found->is_valid(now)) return std::nullopt;
    return found;
}

}  // namespace lifeboat::vault
