#include "cli/profile_argument.h"

#include <CLI/CLI.hpp>

namespace lifeboat::cli {

recovery::ProfileInDomain ProfileArgument::value() const {
    const auto kind = is_space ? recovery::Kind::Space : recovery::Kind::User;
    return {recovery::Profile{kind, name}, domain};
}

void add_profile_argument(CLI::App& verb, ProfileArgument& argument) {
    verb.add_option("name", argument.name, "User profile (or space)")->required();
    verb.add_option("--domain", argument.domain, "Name or id of the domain")->required();
    verb.add_flag("--space", argument.is_space, "The name is a space's");
}

recovery::Administration administration(Context& context) {
    return {context.world.cloud(), context.world.clock(), context.world.place()};
}

}  // namespace lifeboat::cli
