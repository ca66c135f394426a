#include "recovery/story.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "apps/recovery/functions.h"
#include "apps/recovery/item.h"
#include "apps/recovery/slots.h"
#include "base/error.h"
#include "cloud/pages.h"
#include "local/definitions.h"
#include "recovery/used_permissions.h"

namespace lifeboat::recovery::testing {

namespace fs = std::filesystem;

void Story::SetUp() {
    open_cloud();
}

void Story::TearDown() {
    const Json machines = ok("states", "ListStateMachines", Json::object())["stateMachines"];
    if (std::none_of(machines.begin(), machines.end(),
                     [](const Json& one) { return one["name"] == "recovery"; }))
        return;  // the story is not about ours
    for (const char* machine : {"recovery", "snapshot"})
        for (const Json& execution : executions(machine))
            UsedPermissions::all().note_execution(
                machine, cloud::all_items(
                             cloud(), "states", "GetExecutionHistory",
                             {{"executionArn", execution["executionArn"]}, {"maxResults", 1000}}));
}

void Story::open_cloud(std::map<std::string, std::string, std::less<>> settings,
                       const std::map<std::string, std::string>& recovery) {
    open(local::Settings(std::move(settings)),
         UsedPermissions::all().watched(recovery_functions(recovery)));
    local::load_definitions(cloud(), cloud().place(), clock);
    cloud().start();
}

StudioDomain Story::create_domain(const std::string& name) {
    const Json request = {
        {"DomainName", name},
        {"AuthMode", "IAM"},
        {"DefaultUserSettings",
         {{"ExecutionRole", "arn:aws:iam::000000000000:role/service-role/studio"}}}};
    const Json made = ok("sagemaker", "CreateDomain", request);
    const std::string arn = string_or(made, "DomainArn", "");
    StudioDomain domain{arn.substr(arn.rfind('/') + 1), name, ""};
    domain.file_system = string_or(ok("sagemaker", "DescribeDomain", {{"DomainId", domain.id}}),
                                   "HomeEfsFileSystemId", "");
    return domain;
}

void Story::delete_domain(const StudioDomain& domain, const std::string& retention) {
    ok("sagemaker", "DeleteDomain",
       {{"DomainId", domain.id}, {"RetentionPolicy", {{"HomeEfsFileSystem", retention}}}});
}

fs::path Story::create(const StudioDomain& domain, const Profile& who) {
    if (who.kind == Kind::User)
        ok("sagemaker", "CreateUserProfile",
           {{"DomainId", domain.id}, {"UserProfileName", who.name}});
    else
        ok("sagemaker", "CreateSpace", {{"DomainId", domain.id}, {"SpaceName", who.name}});
    return directory_of(home_of(domain, who));
}

void Story::remove(const StudioDomain& domain, const Profile& who) {
    if (who.kind == Kind::User)
        ok("sagemaker", "DeleteUserProfile",
           {{"DomainId", domain.id}, {"UserProfileName", who.name}});
    else
        ok("sagemaker", "DeleteSpace", {{"DomainId", domain.id}, {"SpaceName", who.name}});
}

Home Story::home_of(const StudioDomain& domain, const Profile& who) {
    const Json found =
        who.kind == Kind::User
            ? ok("sagemaker", "DescribeUserProfile",
                 {{"DomainId", domain.id}, {"UserProfileName", who.name}})
            : ok("sagemaker", "DescribeSpace", {{"DomainId", domain.id}, {"SpaceName", who.name}});
    return {domain.file_system, string_or(found, "HomeEfsFileSystemUid", "")};
}

fs::path Story::directory_of(const Home& home) {
    return directory.path() / "data" / "efs" / home.file_system / home.uid;
}

void Story::settle_now() {
    ASSERT_TRUE(cloud().settle(std::chrono::seconds(60))) << "background work did not come to rest";
}

void Story::come_to_rest() {
    constexpr int kMostSeconds = 20'000;
    for (int i = 0; i < kMostSeconds; ++i) {
        settle_now();
        const Json all = executions();
        if (std::none_of(all.begin(), all.end(),
                         [](const Json& it) { return it["status"] == "RUNNING"; }))
            return;
        clock.advance(std::chrono::seconds(1));
    }
    FAIL() << "an execution does not end: " << to_text(executions());
}

Json Story::row(const std::string& profile_key, const std::string& domain_key) {
    const Json answer = ok("dynamodb", "GetItem",
                           {{"TableName", kUserTable},
                            {"ConsistentRead", true},
                            {"Key",
                             {{"profile_name", to_attribute(profile_key)},
                              {"domain_name", to_attribute(domain_key)}}}});
    return answer.contains("Item") ? from_item(answer["Item"]) : Json();
}

std::string Story::status_of(const std::string& profile_key, const std::string& domain_key) {
    const Json found = row(profile_key, domain_key);
    return found.is_null() ? "no row" : string_or(found, "replication_status", "");
}

std::size_t Story::row_count() {
    return ok("dynamodb", "Scan", {{"TableName", kUserTable}})["Items"].size();
}

std::vector<std::string> Story::history_events(const Profile& who) {
    Registry registry(cloud(), clock);
    std::vector<std::string> events;
    for (const HistoryEntry& entry : registry.history_of(who, {}))
        events.push_back(entry.event);
    return events;
}

Json Story::executions(std::string_view machine) {
    return cloud::all_items(cloud(), "states", "ListExecutions",
                            {{"stateMachineArn", machine_arn(cloud().place(), machine)}});
}

bool Story::waits_for_worker(const Json& execution) {
    if (execution["status"] != "RUNNING") return false;
    const Json last = ok(
        "states", "GetExecutionHistory",
        {{"executionArn", execution["executionArn"]}, {"reverseOrder", true}, {"maxResults", 1}});
    return last["events"][0]["type"] == "ActivityScheduled";
}

Json Story::take_task(std::string& token) {
    constexpr int kMostSeconds = 300;
    for (int i = 0; i < kMostSeconds; ++i) {
        settle_now();
        Json all = executions("recovery");
        for (const Json& execution : executions("snapshot"))
            all.push_back(execution);
        if (std::any_of(all.begin(), all.end(),
                        [this](const Json& one) { return waits_for_worker(one); })) {
            const Json task = ok(
                "states", "GetActivityTask",
                {{"activityArn", arn_of(cloud().place(), "states", "activity:recovery-copies")}});
            token = string_or(task, "taskToken", "");
            return parse_json(string_or(task, "input", "null"), "the task's input");
        }
        if (std::none_of(all.begin(), all.end(),
                         [](const Json& one) { return one["status"] == "RUNNING"; }))
            break;
        clock.advance(std::chrono::seconds(1));
    }
    return nullptr;
}

void Story::answer(const std::string& token, const Json& output) {
    ok("states", "SendTaskSuccess", {{"taskToken", token}, {"output", to_text(output)}});
    settle_now();
}

void Story::refuse(const std::string& token, const std::string& error, const std::string& cause) {
    ok("states", "SendTaskFailure", {{"taskToken", token}, {"error", error}, {"cause", cause}});
    settle_now();
}

std::string Story::error_of(const std::string& execution_arn) {
    const Json found = ok("states", "DescribeExecution", {{"executionArn", execution_arn}});
    return string_or(found, "status", "") + " " + string_or(found, "error", "");
}

std::vector<Json> Story::dead_letters() {
    const Json queue = ok("sqs", "GetQueueUrl", {{"QueueName", "recovery-dead-letter"}});
    std::vector<Json> letters;
    while (true) {
        const Json answer = ok("sqs", "ReceiveMessage",
                               {{"QueueUrl", queue["QueueUrl"]},
                                {"MaxNumberOfMessages", 10},
                                {"VisibilityTimeout", 3600}});
        const Json messages = answer.value("Messages", Json::array());
        if (messages.empty()) return letters;
        for (const Json& message : messages)
            letters.push_back(Json::parse(message["Body"].get<std::string>()));
    }
}

std::size_t Story::helper_objects() {
    return cloud::all_items(cloud(), "datasync", "ListTasks", Json::object()).size() +
           cloud::all_items(cloud(), "datasync", "ListLocations", Json::object()).size() +
           Slots(cloud()).holders().size();
}

Json Story::invoke(const std::string& function, const Json& event,
                   const std::map<std::string, std::string>& settings) {
    const auto found = UsedPermissions::all().watched(recovery_functions(settings)).at(function);
    cloud::FunctionContext context{cloud(),
                                   clock,
                                   random,
                                   cloud().place(),
                                   "test",
                                   found.environment,
                                   clock.now() + std::chrono::minutes(1)};
    return found.run(event, context);
}

void Story::close_slots() {
    Json names = Json::array();
    for (int i = 0; i < 80; ++i)
        names.push_back("taken-" + std::to_string(i));
    ok("dynamodb", "PutItem",
       {{"TableName", kStateTable},
        {"Item", {{"name", {{"S", "copy-slots"}}}, {"holders", {{"SS", names}}}}}});
}

void Story::open_slots() {
    ok("dynamodb", "DeleteItem",
       {{"TableName", kStateTable}, {"Key", {{"name", {{"S", "copy-slots"}}}}}});
}

Administration Story::administration() {
    return Administration(cloud(), clock, cloud().place());
}

void write_file(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void fill(const fs::path& home, const std::string& seed) {
    write_file(home / "user1.txt", "i don't want to lose access to this file: " + seed);
    write_file(home / "project/data/large.bin", std::string(3'000'000, 'x') + seed);
    write_file(home / "project/model.py", "print('" + seed + "')");
    write_file(home / "odd name\twith\nnewline \xc3\xbc.txt", seed);
    fs::permissions(home / "project/model.py", fs::perms(0750));
    fs::create_symlink("model.py", home / "project/link.py");
    fs::create_symlink("/nowhere/at/all", home / "project/dangling");
    fs::create_hard_link(home / "user1.txt", home / "project/hard-link.txt");
    fs::create_directories(home / ".hidden/empty");
    std::ofstream sparse(home / "project/data/sparse.bin", std::ios::binary);
    sparse.seekp(16 << 20);
    sparse << "the end";
}

std::vector<std::string> listing(const fs::path& home) {
    std::vector<std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator(home)) {
        struct stat status {};
        ::lstat(entry.path().c_str(), &status);
        std::string line =
            fs::relative(entry.path(), home).string() + " " + std::to_string(status.st_mode) + " ";
        if (entry.is_symlink())
            line += fs::read_symlink(entry.path()).string();
        else if (entry.is_regular_file())
            line += std::to_string(std::hash<std::string>()(read_file(entry.path()))) + " " +
                    std::to_string(status.st_nlink) + " " + std::to_string(status.st_mtime);
        lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace lifeboat::recovery::testing
