// Extended attributes, POSIX access control lists among them (they are the attributes
// system.posix_acl_access and system.posix_acl_default).
//
// Copied: user.*, trusted.* (only root sees them), access control lists, file capabilities
// (security.capability; not when the owner changes, for the reason set-uid bits go). Left alone:
// other security.* attributes, which the policy of the destination sets, and attributes of symbolic
// links. With a map of owners the ids inside access control lists are mapped too.
#pragma once

#include <map>
#include <string>

#include "mover/entry.h"
#include "mover/options.h"

namespace lifeboat::mover {

using Attributes = std::map<std::string, std::string>;

// All attributes that are copied; none where the file system has none. The file is an open one, or
// the one called `name` in `directory` (never a link's target). Throws the Error of errno.
Attributes read_attributes(int fd);
Attributes read_attributes(int directory, const std::string& name);

// What the copy should have, given what the source has.
Attributes wanted_attributes(Attributes source, const Options& options, const Wanted& wanted);

// Makes the attributes of `fd` those of `wanted`: sets, replaces, removes. Throws an Error which
// names the attribute.
void write_attributes(int fd, const Attributes& wanted);

// The same for a file that has none.
void add_attributes(int fd, const Attributes& wanted);

// For a file of this `mode`, which grants something to its owner alone (kUnfinishedFile,
// kUnfinishedDirectory): `attributes` with an access control list that leaves the mode as it is.
// Setting the mode afterwards makes the list whole: that sets what the owner, the mask and the
// others may.
Attributes hold_back(Attributes attributes, mode_t mode);

// Does what is made in `directory` get an access control list?
bool has_default_list(int directory);

}  // namespace lifeboat::mover
