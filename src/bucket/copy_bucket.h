// Copies a tree to a bucket and a bucket to a tree, with the options, filters, reports and care of
// the mover (mover/copy_tree.h), and keeps metadata as DataSync does (object_entry.h).
//
// Objects appear whole or not at all, and so do files. What was copied is compared by VerifyMode:
// with the ETag S3 computed where that tells, else with the content read back. Options that mean
// nothing for objects (extended attributes, durability of what goes up, devices) are left out.
#pragma once

#include <string>

#include "cloud/cloud.h"
#include "mover/filter.h"
#include "mover/options.h"
#include "mover/removal.h"
#include "mover/report.h"
#include "mover/surroundings.h"
#include "os/unique_fd.h"

namespace lifeboat::bucket {

struct Place {
    std::string bucket;
    std::string prefix;         // "a/b"; "": all of the bucket
    std::string storage_class;  // of what is written; "": the bucket's own
};

// Both block until done; what happened to single files is in the report. With Effect::Look nothing
// is changed. They throw the Error of S3 when the bucket cannot be used at all.
//
// `source` is an open directory.
mover::Report copy_to_bucket(const os::UniqueFd& source, cloud::Cloud& cloud, const Place& place,
                             const mover::Options& options, const mover::Filter& filter,
                             const mover::Surroundings& surroundings, mover::Effect effect);

// `destination` is an open directory, absent in a dry run where there is none yet. Throws
// Error{NotFound, "NothingAtSource"} when there is nothing below the prefix, and Error{Unavailable,
// "DestinationBusy"} while another run writes to the same root.
mover::Report copy_from_bucket(cloud::Cloud& cloud, const Place& place,
                               const os::UniqueFd& destination, const mover::Options& options,
                               const mover::Filter& filter, const mover::Surroundings& surroundings,
                               mover::Effect effect);

}  // namespace lifeboat::bucket
