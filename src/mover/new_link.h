// Another name for a copy that was made already.
#pragma once

#include <functional>
#include <string>

#include "mover/hard_links.h"

namespace lifeboat::mover {

// Makes `name` in `directory` a name of the copy at `target`, which lies below `root`, in the place
// of what stands there; under `temporary` until it is certain that it is that copy. `clear_place`
// is called before it gets its name. Returns why it could not be done; "" when it is.
std::string make_link(int root, const HardLinks::Target& target, int directory,
                      const std::string& name, const std::string& temporary,
                      const std::function<void()>& clear_place);

// Throws Error{Unsupported, "HardLinkNotMade"}: what was to be a link is a file of its own;
// `instead` says what was done, "copied" or "left".
[[noreturn]] void throw_link_not_made(const std::string& instead, const std::string& why);

}  // namespace lifeboat::mover
