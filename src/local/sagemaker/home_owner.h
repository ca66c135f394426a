// Who has a home on a domain's file system: a user profile or a space, as the database keeps it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"

namespace lifeboat::local {
class Transaction;
}

namespace lifeboat::local::sagemaker {

enum class OwnerKind { UserProfile, Space };

std::string_view type_name(OwnerKind kind);    // "UserProfile", "Space"
std::string_view arn_kind(OwnerKind kind);     // "user-profile", "space"
std::string_view name_member(OwnerKind kind);  // "UserProfileName", "SpaceName"

struct HomeOwner {
    std::int64_t id = 0;  // of the row; never used again for another
    OwnerKind kind = OwnerKind::UserProfile;
    std::string domain_id;
    std::string name;  // as it was given
    std::string status;
    std::string failure_reason;
    Time created;
    Time modified;
    std::optional<std::int64_t> uid;  // nothing: the domain has no file system
    bool was_in_service = false;      // only then is the UID told
    // The members of the Describe operation that Create and Update set.
    std::shared_ptr<const Json> settings;
};

std::string_view home_owner_schema();

// Names of user profiles compare without case (API reference: "This value is not case sensitive").
std::string name_key(OwnerKind kind, std::string_view name);

std::optional<HomeOwner> find_owner(Transaction& tx, std::int64_t id);
std::optional<HomeOwner> find_owner(Transaction& tx, OwnerKind kind, std::string_view domain_id,
                                    std::string_view name);
// Throws Error ResourceNotFound.
HomeOwner require_owner(Transaction& tx, OwnerKind kind, std::string_view domain_id,
                        std::string_view name);
// Sets `id`.
void insert_owner(Transaction& tx, HomeOwner& owner);
void update_owner(Transaction& tx, const HomeOwner& owner);
void delete_owner_row(Transaction& tx, std::int64_t id);
std::int64_t count_owners(Transaction& tx, OwnerKind kind, std::string_view domain_id);
// Row ids of those of a domain that have no UID.
std::vector<std::int64_t> owners_without_uid(Transaction& tx, std::string_view domain_id);

}  // namespace lifeboat::local::sagemaker
