// How a host name becomes an address in a binary without shared libraries.
#pragma once

namespace lifeboat::os {

// The C library asks modules that /etc/nsswitch.conf names, and loads them: a static binary must
// not load those of another C library, and has none in an empty directory. Two are built in,
// /etc/hosts and DNS by /etc/resolv.conf; after this no others are asked. Call it before any thread
// starts. Does nothing in a binary with shared libraries.
void use_builtin_name_service();

}  // namespace lifeboat::os
