// How cold packs are made readable for a restore: what is shown, asked and waited for.
#pragma once

#include <stop_token>
#include <string>

#include "base/json_fwd.h"
#include "cli/command.h"
#include "vault/thaw.h"

namespace lifeboat::cli {

struct ThawOptions {
    std::string tier = "standard";
    int days = vault::Thaw{}.days;

    // --thaw-tier and --thaw-days, or without the "thaw-". This object must outlive the verb.
    void add_to(CLI::App& verb, const std::string& prefix);
    vault::Thaw how() const;
};

// A list of objects, one a storage class: what of it is needed, how long it takes, what it costs.
Json describe_thaw(const vault::ThawPlan& plan, const vault::Thaw& how);
// The same for people, of what is not ready: "DEEP_ARCHIVE: 12 packs, 190 MiB: up to 12 hours, …".
std::string thaw_in_words(const vault::ThawPlan& plan, const vault::Thaw& how);
// Looks again and again until all is ready, with progress. Throws Cancelled when `stop` is
// requested: what was asked for is on its way all the same.
void wait_for_thaw(vault::ThawPlan& plan, Context& context, const std::stop_token& stop);

}  // namespace lifeboat::cli
