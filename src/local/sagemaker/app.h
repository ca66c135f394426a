// An app of a user profile or space, as the database keeps it. A deleted app stays listed for a
// while, so a name may belong to several rows, one of them alive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/sagemaker/home_owner.h"

namespace lifeboat::local::sagemaker {

struct App {
    std::int64_t id = 0;
    std::string domain_id;
    OwnerKind owner_kind = OwnerKind::UserProfile;
    std::string owner_name;
    std::string type;  // "JupyterLab"
    std::string name;
    std::string status;
    std::string failure_reason;
    Time created;
    // The members of DescribeApp that CreateApp sets.
    std::shared_ptr<const Json> settings;

    // domain/owner/type/app, the type in lower case.
    std::string arn_path() const;
};

std::string_view app_schema();

std::optional<App> find_app(Transaction& tx, std::int64_t id);
// The newest of that name, alive or deleted.
std::optional<App> find_app(Transaction& tx, const App& like);
// Sets `id`.
void insert_app(Transaction& tx, App& app);
void update_app(Transaction& tx, const App& app);
void delete_app_row(Transaction& tx, std::int64_t id);
// The apps that keep their owner from being deleted: all but Deleted and Failed ones.
std::int64_t count_live_apps(Transaction& tx, const HomeOwner& owner);

}  // namespace lifeboat::local::sagemaker
