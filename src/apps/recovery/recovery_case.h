// The state that travels through the state machine `recovery`: what is known of one recovery.
//
//   Execution   {Arn, Name, StartTime}
//   Target      the AWS sample's members (DomainID, DomainName, UserProfileName or SpaceName,
//               EfsFilesystemArn, HomeEfsFileSystemUid, SubnetArn, SecurityGroupArns) and RowKey
//   Source      likewise, while it is given or chosen
//   Options     of the DataSync task, as given
//   Log         {CloudWatchLogGroupArn}, if given
//   Check, Plan, Helpers, Poll, Copy, Totals, Outcome, Error   made on the way
#pragma once

#include <optional>
#include <string>

#include "apps/recovery/domain_record.h"
#include "apps/recovery/profile.h"
#include "apps/recovery/registry.h"
#include "apps/recovery/row.h"
#include "base/json_fwd.h"
#include "cloud/arn.h"

namespace lifeboat::recovery {

// Errors that no retry can mend, by the names the machine's end states have.
inline constexpr const char* kInvalidInput = "InvalidInput";
inline constexpr const char* kSourceGone = "SourceGone";
inline constexpr const char* kCopyFailed = "CopyFailed";

struct Side {
    std::optional<Profile> profile;
    std::string domain_id;
    std::string domain_name;
    Home home;  // a part may be empty
};

// Reads a Source or Target. Throws Error{InvalidInput, "InvalidInput"} naming what is wrong: an
// ARN that names no file system, a UID that is no number.
Side side_from(const Json& side, std::string_view member);
std::string file_system_of(const std::string& arn);

// SubnetArn and SecurityGroupArns of a side, where not given: the mount target's own, or what was
// recorded of its domain. Throws Error{NotFound, "SourceGone"} when the file system is gone and
// Error{Unavailable, "NoMountTarget"} when nothing can reach it.
void add_network(Json& side, cloud::Cloud& cloud, DomainRecords& domains,
                 const cloud::Place& place);

// The target's row, if the recovery has one and the row still is about that home.
std::optional<Row> row_of_target(Registry& registry, const Json& state);
// "user profile 'user1' in domain d-1", as far as it is known.
std::string describe_target(const Json& state);

}  // namespace lifeboat::recovery
