// Whose snapshots lie together in the vault: one workspace for each row of the registry, so that
// all the homes a profile had share what is the same in them.
#pragma once

#include <string>

#include "apps/recovery/row.h"

namespace lifeboat::recovery {

// "u-user1-studio-" and 20 hexadecimal digits; "s-" for a space. The digits are of the SHA-256 of
// the row's key, so that no two rows share a workspace, however names are cut or spelled; the words
// are for people. At most 60 letters, digits and '-', beginning with a letter: a path component and
// an area's name (vault/area.h).
std::string workspace_of(const RowKey& key);

}  // namespace lifeboat::recovery
