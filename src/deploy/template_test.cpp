#include "deploy/template.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/json.h"
#include "os/file.h"

namespace lifeboat::deploy {
namespace {

cloud::Functions functions() {
    cloud::Functions made;
    for (const char* name : {"event-processor", "change-processor", "seed-registry", "reconcile",
                             "prepare-recovery", "check-target", "choose-source", "finish-copy",
                             "clean-up", "record-result", "record-snapshot"})
        made[name] = {name, std::chrono::seconds(60), {}, {}};
    return made;
}

// The product's own definitions.
class Template : public ::testing::Test {
  protected:
    Template() {
        for (const auto& entry :
             std::filesystem::directory_iterator(LIFEBOAT_SOURCE_DIR "/definitions"))
            texts_[entry.path().filename().string()] = os::read_file(entry.path());
        for (const auto& [name, text] : texts_)
            input.definitions[name] = text;
    }
    Json resources() { return render_template(input)["Resources"]; }

    cloud::Functions functions_ = functions();
    TemplateInput input{{}, functions_, false, false, {}};

  private:
    std::map<std::string, std::string> texts_;
};

void names_in(const Json& value, std::vector<std::string>& names) {
    if (value.is_object() && value.contains("Ref")) names.push_back(value["Ref"]);
    if (value.is_object() && value.contains("Fn::GetAtt")) names.push_back(value["Fn::GetAtt"][0]);
    if (value.is_structured())
        for (const Json& part : value)
            names_in(part, names);
}

TEST_F(Template, RefersToNothingThatIsNotThere) {
    input.in_network = true;
    input.seed = true;
    const Json whole = render_template(input);
    std::vector<std::string> names;
    names_in(whole["Resources"], names);
    names_in(whole["Outputs"], names);
    EXPECT_GT(names.size(), 50U);
    for (const std::string& name : names)
        EXPECT_TRUE(whole["Resources"].contains(name) || whole["Parameters"].contains(name))
            << name;
}

TEST_F(Template, EveryFunctionHasARoleOfItsOwnAndALogThatEnds) {
    const Json made = resources();
    for (const auto& [name, function] : functions_) {
        const std::string logical = logical_name(name);
        EXPECT_EQ(made[logical]["Properties"]["Role"]["Fn::GetAtt"][0], logical + "Role");
        EXPECT_EQ(made[logical]["Properties"]["Runtime"], "provided.al2023");
        EXPECT_EQ(made[logical + "Log"]["Properties"]["RetentionInDays"], 30);
        for (const Json& statement :
             made[logical + "Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"])
            EXPECT_NE(statement["Action"], "*");
    }
}

TEST_F(Template, TablesCanBeTakenBackAndAreKept) {
    const Json made = resources();
    int tables = 0;
    for (const auto& [name, resource] : made.items()) {
        if (resource["Type"] != "AWS::DynamoDB::Table") continue;
        ++tables;
        EXPECT_EQ(resource["DeletionPolicy"], "RetainExceptOnCreate") << name;
        EXPECT_EQ(resource["Properties"]["BillingMode"], "PAY_PER_REQUEST");
        EXPECT_TRUE(
            resource["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
                .get<bool>());
    }
    EXPECT_EQ(tables, 4);
}

TEST_F(Template, MachineMayCallTheFunctionsItNamesAndNoOthers) {
    const Json made = resources();
    const std::string role = to_text(made["RecoveryMachineRole"]);
    EXPECT_NE(role.find("\"PrepareRecovery\""), std::string::npos);
    EXPECT_EQ(role.find("\"SeedRegistry\""), std::string::npos);
    const Json& substituted = made["RecoveryMachine"]["Properties"]["DefinitionString"]["Fn::Sub"];
    EXPECT_EQ(parse_json(substituted[0].get<std::string>(), "definition")["StartAt"], "Prepare");
    EXPECT_TRUE(substituted[1].contains("DeadLetterQueueUrl"));
}

TEST_F(Template, SnapshotsNeedNeitherDataSyncNorRecoverysFunctions) {
    const Json made = resources();
    const std::string role = to_text(made["SnapshotMachineRole"]);
    EXPECT_NE(role.find("\"RecordSnapshot\""), std::string::npos);
    EXPECT_EQ(role.find("\"PrepareRecovery\""), std::string::npos);
    EXPECT_EQ(role.find("datasync:"), std::string::npos);
    EXPECT_EQ(role.find("dynamodb:"), std::string::npos);
    EXPECT_NE(to_text(made["ChangeProcessorRole"]).find("stateMachine:snapshot"),
              std::string::npos);
    EXPECT_EQ(made["ChangeProcessor"]["Properties"]["Environment"]["Variables"]["PROTECTION"],
              "off");
}

TEST_F(Template, RolesHaveWhatLambdaDoesInTheirNameAndOnlyWhereItDoes) {
    const Json made = resources();
    const auto role = [&](const char* name) { return to_text(made[name]); };
    EXPECT_NE(role("ChangeProcessorRole").find("dynamodb:GetRecords"), std::string::npos);
    EXPECT_NE(role("EventProcessorRole").find("sqs:ReceiveMessage"), std::string::npos);
    EXPECT_EQ(role("CheckTargetRole").find("sqs:"), std::string::npos);
}

TEST_F(Template, WorkersNeedNoDataSync) {
    EXPECT_NE(to_text(resources()["RecoveryMachineRole"]).find("datasync:"), std::string::npos);
    input.environment = {{"COPY_ENGINE", "worker"}};
    const Json made = resources();
    EXPECT_EQ(to_text(made["RecoveryMachineRole"]).find("datasync:"), std::string::npos);
    EXPECT_EQ(to_text(made["RecoveryMachineRole"]).find("ec2:"), std::string::npos);
    const Json& variables = made["PrepareRecovery"]["Properties"]["Environment"]["Variables"];
    EXPECT_EQ(variables["OVERWRITE_MODE"], "NEWER");
    EXPECT_EQ(made["RecoveryCopies"]["Type"], "AWS::StepFunctions::Activity");
}

TEST_F(Template, NetworkAndSeedingAreThereWhenAskedFor) {
    EXPECT_FALSE(resources().contains("CopySecurityGroup"));
    EXPECT_FALSE(resources().contains("RegistrySeeding"));
    input.in_network = true;
    input.seed = true;
    EXPECT_EQ(resources()["SecurityGroupParameter"]["Properties"]["Name"],
              "/network/vpc/sagemaker/securitygroups");
    EXPECT_EQ(resources()["RegistrySeeding"]["Type"], "Custom::RegistrySeeding");
    EXPECT_FALSE(resources().contains("Seeding")) << "once of another type";
}

TEST_F(Template, UnknownFunctionsAndTypesAreRefused) {
    input.definitions["x.json"] =
        R"({"X": {"Type": "AWS::Lambda::EventInvokeConfig",
                  "Properties": {"FunctionName": "nobody"}}})";
    EXPECT_THROW(render_template(input), Error);
    input.definitions["x.json"] = R"({"X": {"Type": "AWS::X::Y", "Properties": {}}})";
    EXPECT_THROW(render_template(input), Error);
}

}  // namespace
}  // namespace lifeboat::deploy
