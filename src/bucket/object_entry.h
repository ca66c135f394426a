// What the metadata of an object says about the file it is a copy of, in the form of DataSync:
//
//   file-owner, file-group    numbers
//   file-permissions          the mode in octal digits, with the type: "0100644", "0040755"
//   file-mtime, file-atime    "1595002920123456789ns": nanoseconds since 1970
//   user-agent                "aws-datasync" marks the form; other tools look at it
//
// A symbolic link (type 0120000) holds its target as content. Objects without such metadata are
// files of mode 0755 that belong to 65534, changed when the object was made. Names of one file
// carry Lifeboat's own "lifeboat-hard-link" as well, so that they can be one file again; to all
// others they are objects of their own. Extended attributes and access control lists are not kept.
// Sources: DataSync user guide, "Understanding how DataSync handles file and object metadata";
// FSx for Lustre user guide, "POSIX metadata support for data repositories" (the same form).
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "mover/entry.h"

namespace lifeboat::bucket {

struct Object {
    std::string key;
    std::string etag;  // in quotes, as S3 says it
    // Names that were one file have the same device and inode here as long as their content is the
    // same, too (where encryption hides it: their time of change); the numbers mean nothing else.
    mover::Entry entry;
    std::string hard_link;  // "lifeboat-hard-link" as it came; "": one name, or another tool's
};

// What the object of `source` should say. Owner and group are always there: nobody owns an object
// but by its metadata, so OwnerRule::Caller keeps the numbers. Times are those nearest that the
// form can hold (1677 to 2262), absent where the options leave them out.
mover::Wanted wanted_in_bucket(const mover::Entry& source, const mover::Options& options);

// The Metadata member of a request that stores `source`; `wanted` is from wanted_in_bucket.
Json metadata_of(const mover::Entry& source, const mover::Wanted& wanted);

// Was the object written for a file with the same other names as `source` has now, as far as their
// number and the inode tell? (The same file system may be another device when it is mounted anew.)
bool has_links_of(const Object& object, const mover::Entry& source);

// From the answer of HeadObject or GetObject. Nothing in it is trusted: numbers that are none count
// as absent.
Object object_of(const std::string& key, const Json& answer);

// As copies from a bucket get it: without the set-uid and set-gid bits of files, because whoever
// wrote the object need not be the owner it names.
mover::Wanted wanted_from_bucket(const mover::Entry& entry, const mover::Options& options);

}  // namespace lifeboat::bucket
