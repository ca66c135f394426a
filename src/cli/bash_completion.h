// A completion script for bash, made from the command line itself.
#pragma once

#include <string>

#include "cli/command_tree.h"

namespace lifeboat::cli {

// Completes verbs, options and the values of options that have choices; else file names. Options of
// the root count after every verb. Needs nothing but bash.
std::string bash_completion(const CommandShape& root);

}  // namespace lifeboat::cli
