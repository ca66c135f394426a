// After all stories: the deployment's roles allow what was called, and nothing that was not.
#include <gtest/gtest.h>

#include "apps/recovery/functions.h"
#include "base/json.h"
#include "deploy/template.h"
#include "recovery/used_permissions.h"

namespace lifeboat::embedded {
extern const std::map<std::string, std::string_view> definition_files;
}

namespace lifeboat::recovery::testing {
namespace {

// "service:Action", and what it is allowed for: a resource's logical name, else "".
using Allowed = std::set<std::pair<std::string, std::string>>;

class LeastPrivilege final : public ::testing::Environment {
  public:
    void TearDown() override {
        const cloud::Functions functions = recovery_functions();
        deploy::TemplateInput input{{}, functions, true, false, {}};
        for (const auto& [path, text] : embedded::definition_files)
            input.definitions[path.substr(path.rfind('/') + 1)] = text;
        resources_ = deploy::render_template(input)["Resources"];
        const auto uses = UsedPermissions::all().uses();
        // Where only some tests ran, not everything is called.
        const auto& ran = *::testing::UnitTest::GetInstance();
        const bool is_complete = ran.test_to_run_count() == ran.total_test_count();
        for (const auto& [name, function] : functions)
            compare(name, uses, deploy::logical_name(name) + "Role", is_complete);
        compare(":recovery", uses, "RecoveryMachineRole", is_complete);
        compare(":snapshot", uses, "SnapshotMachineRole", is_complete);
    }

  private:
    void compare(const std::string& who, const std::map<std::string, std::set<Use>>& uses,
                 const std::string& role, bool is_complete) {
        Allowed used;
        if (const auto mine = uses.find(who); mine != uses.end())
            for (const Use& use : mine->second)
                used.emplace(use.action, logical_name_of(use));
        const Allowed allowed = allowed_by(role);
        for (const auto& [action, about] : used)
            EXPECT_TRUE(allowed.contains({action, about}))
                << role << " lacks " << action << " " << about;
        if (!is_complete) return;
        for (const auto& [action, about] : allowed)
            EXPECT_TRUE(used.contains({action, about}))
                << role << " never needs " << action << " " << about;
    }

    // Its own policy; what AWS does in its name is another (deploy/roles.h).
    Allowed allowed_by(const std::string& role) {
        Allowed allowed;
        for (const Json& policy : resources_.at(role)["Properties"]["Policies"]) {
            if (policy["PolicyName"] != "lifeboat") continue;
            for (const Json& statement : policy["PolicyDocument"]["Statement"]) {
                const Json actions = statement["Action"].is_array()
                                         ? statement["Action"]
                                         : Json::array({statement["Action"]});
                const Json about = statement["Resource"].is_array()
                                       ? statement["Resource"]
                                       : Json::array({statement["Resource"]});
                for (const Json& action : actions)
                    for (const Json& one : about)
                        allowed.emplace(action.get<std::string>(),
                                        one.contains("Fn::GetAtt") ? one["Fn::GetAtt"][0] : "");
            }
        }
        return allowed;
    }

    // Of the table, queue or function the use was about.
    std::string logical_name_of(const Use& use) {
        for (const auto& [name, resource] : resources_.items())
            for (const char* member : {"TableName", "QueueName", "FunctionName"}) {
                const Json* named = find(resource["Properties"], member);
                if (named != nullptr && *named == use.about) return name;
            }
        return "";
    }

    Json resources_;
};

// NOLINTNEXTLINE(cert-err58-cpp): gtest's own way
[[maybe_unused]] const auto* const kRegistered =
    ::testing::AddGlobalTestEnvironment(new LeastPrivilege);

}  // namespace
}  // namespace lifeboat::recovery::testing
