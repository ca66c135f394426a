// Naming a profile on the command line: NAME --domain DOMAIN [--space].
#pragma once

#include <memory>
#include <string>

#include "apps/recovery/administration.h"
#include "cli/command.h"

namespace lifeboat::cli {

struct ProfileArgument {
    std::string name;
    std::string domain;
    bool is_space = false;

    recovery::ProfileInDomain value() const;
};

void add_profile_argument(CLI::App& verb, ProfileArgument& argument);

// The administration of recovery in the cloud in use.
recovery::Administration administration(Context& context);

}  // namespace lifeboat::cli
