// A story in which homes are protected, with a worker that answers as the test says.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

#include "apps/recovery/item.h"
#include "recovery/story.h"

namespace lifeboat::recovery::testing {

inline const std::string kSnapshot = std::string(60, 'a') + "0001";

class Protection : public Story {
  protected:
    // A registered user whose switch is on.
    std::filesystem::path protected_user(const StudioDomain& domain, const Profile& who = user()) {
        const std::filesystem::path home = create(domain, who);
        fill(home, "work");
        settle_now();
        EXPECT_TRUE(administration().set_protection({who, domain.name}, true));
        return home;
    }

    static Json saved(const Json& task, const std::string& id = kSnapshot, int errors = 0) {
        Json failures = Json::array();
        for (int i = 0; i < errors; ++i)
            failures.push_back({{"Path", "/secret"}, {"Message", "EACCES: read it"}});
        return {{"SnapshotId", id},        {"Workspace", task["Workspace"]},
                {"Path", "/efs"},          {"TotalFiles", 7},
                {"TotalBytes", 3'000'000}, {"DataAdded", 2'000'000},
                {"Errors", errors},        {"Failures", failures}};
    }

    // The profile goes, its snapshot is taken.
    void leave(const StudioDomain& domain, const Profile& who, const std::string& id = kSnapshot,
               int errors = 0) {
        remove(domain, who);
        std::string token;
        const Json task = take_task(token);
        ASSERT_EQ(task["Action"], "backup");
        answer(token, saved(task, id, errors));
    }

    // The same, and the file system goes with the domain.
    void lose_home(const StudioDomain& domain) {
        leave(domain, user());
        delete_domain(domain, "Delete");
    }

    // The same before the worker told of the snapshot: the recovery finds nothing. Returns the task
    // of the backup, and its token.
    Json lose_home_before_the_snapshot(const StudioDomain& domain, std::string& backup) {
        remove(domain, user());
        Json task = take_task(backup);
        delete_domain(domain, "Delete");
        create(create_domain("studio"), user());
        come_to_rest();
        EXPECT_EQ(row("user1")["recovery_error"], "SourceGone");
        return task;
    }

    // The worker has restored everything, and the recovery ends.
    void finish_restore(const std::string& token) {
        answer(token, {{"Status", "SUCCESS"}, {"FilesTransferred", 7}, {"BytesWritten", 9}});
        come_to_rest();
        EXPECT_EQ(status_of("user1"), "SUCCESS") << row("user1").dump(1);
    }

    // Changes of the registry start nothing any more.
    void lose_stream() {
        const Json mappings =
            ok("lambda", "ListEventSourceMappings", {{"FunctionName", "change-processor"}});
        const std::string uuid = mappings["EventSourceMappings"][0]["UUID"];
        ok("lambda", "DeleteEventSourceMapping", {{"UUID", uuid}});
    }

    void put_row(const Json& plain) {
        ok("dynamodb", "PutItem", {{"TableName", kUserTable}, {"Item", to_item(plain)}});
    }

    std::string end_of_snapshot() {
        const Json all = executions("snapshot");
        return all.empty() ? "none" : error_of(string_or(all[0], "executionArn", ""));
    }

    bool has_event(const Profile& who, const std::string& what) {
        const auto events = history_events(who);
        return std::find(events.begin(), events.end(), what) != events.end();
    }
};

}  // namespace lifeboat::recovery::testing
