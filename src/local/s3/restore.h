// Restored copies of archived objects, as rows beside the objects' own.
//
// A restore is asked for, is under way for a while, and then there is a copy until midnight (UTC)
// of a later day. Nothing runs for that: both times are in the row, and the clock decides. It ends
// with the row of its object, so an object that is overwritten, copied onto itself or deleted has
// none. Source: "Restoring an archived object", Amazon S3 User Guide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/database.h"

namespace lifeboat::local::s3 {

// How a restore stands at a time.
struct Restore {
    bool is_ongoing = false;   // else the copy is there
    std::int64_t expires = 0;  // microseconds since 1970: when the copy goes

    // The header x-amz-restore.
    std::string header() const;
    // The member RestoreStatus of listings.
    Json status() const;
};

// Of the object row with that id; nullopt: nobody asked for one, or the copy has expired.
std::optional<Restore> restore_at(Transaction& tx, std::int64_t object, Time now);

// The copy is there from `ready` on, and for `days` (at least 1) after it, rounded up to midnight.
// Takes the place of one that is there.
void put_restore(Transaction& tx, std::int64_t object, Time ready, std::int64_t days);
void remove_restore(Transaction& tx, std::int64_t object);

// What is under way takes no longer, and what is there stays there, when the clock is set back.
// Copies expire at the time that was told to clients all the same.
void follow_clock_back(Transaction& tx, Duration by);

}  // namespace lifeboat::local::s3
