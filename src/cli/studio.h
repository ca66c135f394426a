// What the studio verbs share: finding a domain by id or name, common options.
#pragma once

#include <memory>
#include <string>

#include "base/json_fwd.h"
#include "cli/command.h"
#include "cli/confirm.h"

namespace lifeboat::cli {

// "d-..." as it is; else the one domain of that name. Throws Error{NotFound, "ResourceNotFound"}
// and, when several domains have the name, Error{InvalidInput, "AmbiguousDomain"} listing their
// ids.
std::string domain_id_of(cloud::Cloud& cloud, const std::string& id_or_name);

void add_confirmation(CLI::App& verb, Confirmation& confirmation);
// "2026-01-02T09:18:24Z" of an epoch timestamp member; "" when absent.
std::string time_member(const Json& value, const char* member);

void add_studio_domains(CLI::App& studio, Context& context);
void add_studio_users(CLI::App& studio, Context& context);
void add_studio_spaces(CLI::App& studio, Context& context);
void add_studio_apps(CLI::App& studio, Context& context);

}  // namespace lifeboat::cli
