// Who has a home: a user profile or a space, by a name that compares without case, and where the
// home is.
//
// Registry keys. A user's row has the lower-cased name as its hash key, a space's row the
// lower-cased name behind "space:". No SageMaker name has a colon, so the two never collide
// (docs/registry.md).
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::recovery {

enum class Kind { User, Space };

// "user profile", "space".
std::string_view to_string(Kind kind);

struct Profile {
    Kind kind = Kind::User;
    std::string name;  // as spelled by whoever created it

    // The hash key of its row and of its history.
    std::string key() const;
    // "user profile 'Alice'", for people.
    std::string text() const;
};

// Case does not count.
bool same_profile(const Profile& a, const Profile& b);
bool is_space_key(std::string_view profile_key);

// A home directory: <file system>/<uid>. Both are known, or it is no home: an empty UID would be
// the whole file system.
struct Home {
    std::string file_system;  // "fs-0123456789abcdef0"
    std::string uid;          // "200005"

    bool known() const { return !file_system.empty() && !uid.empty(); }
    std::string text() const;  // "fs-0123456789abcdef0/200005"
    bool operator==(const Home&) const = default;
    auto operator<=>(const Home&) const = default;
};

// A UID as SageMaker makes them: one to ten digits.
bool is_uid(std::string_view text);

// The range key of a row: the domain's name, or "NAME@DOMAIN_ID" where another live domain has the
// row of that name. No domain name has an '@'.
std::string plain_domain_name(std::string_view domain_key);
std::string qualified_domain_key(std::string_view name, std::string_view domain_id);

}  // namespace lifeboat::recovery
