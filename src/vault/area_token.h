// Tokens: what a client of an area shows, and what it may do with it.
//
// A token is an id, which is no secret and names it in lists and in the audit log, and a secret of
// 200 random bits. The server keeps the secret's SHA-256 alone: whoever reads it learns nothing
// that opens an area. (A slow hash protects secrets people choose; these are out of reach of
// guessing.)
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "vault/store.h"

namespace lifeboat::vault {

enum class Right {
    Read,    // list and read
    Append,  // also add; never replace, and delete nothing but the locks this token made
    Admin,   // everything
};
std::string_view to_string(Right right);
std::optional<Right> parse_right(std::string_view text);

enum class AreaAction { List, Read, Add, Delete };
// Whether a token may do this to files of this kind. Of locks with Append it says what may be done
// to the token's own.
bool may(Right right, AreaAction action, FileKind kind);

struct AreaToken {
    std::string id;
    Right right = Right::Read;
    std::string label;   // whose it is, in people's words
    std::string digest;  // of the secret, hexadecimal
    Time created;
    std::optional<Time> expires;
    std::optional<Time> revoked;

    bool is_valid(Time now) const { return !revoked && (!expires || now < *expires); }
};

// The tokens of one area, in its folder. Reading and changing is safe from several processes; a
// change counts from the next request on.
class AreaTokens {
  public:
    explicit AreaTokens(std::filesystem::path folder) : folder_(std::move(folder)) {}

    struct Made {
        AreaToken token;
        std::string secret;  // is not kept anywhere
    };
    Made create(Right right, const std::string& label, std::optional<Duration> lifetime,
                const Clock& clock, Random& random) const;
    std::vector<AreaToken> list() const;
    // Throws NotFound. One that is revoked stays revoked since then.
    AreaToken revoke(const std::string& id, const Clock& clock) const;
    // The valid token this is the secret of; nullopt for all else. Takes the same steps for an id
    // that is unknown and for a wrong secret.
    std::optional<AreaToken> verify(std::string_view id, std::string_view secret, Time now) const;

  private:
    void save(const std::vector<AreaToken>& tokens) const;

    std::filesystem::path folder_;
};

}  // namespace lifeboat::vault
