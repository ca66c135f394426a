// The local cloud with recovery on it, for tests of the whole story: administrators create and
// delete profiles, users write files, time passes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "apps/recovery/administration.h"
#include "apps/recovery/profile.h"
#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::recovery::testing {

struct StudioDomain {
    std::string id;
    std::string name;
    std::string file_system;
};

class Story : public local::testing::LocalCloudTest {
  protected:
    void SetUp() override;
    // Notes what the executions called (used_permissions.h).
    void TearDown() override;
    // Opens the cloud with recovery's functions and definitions and starts its background work.
    // `recovery` are the settings of [recovery].
    void open_cloud(std::map<std::string, std::string, std::less<>> settings = {},
                    const std::map<std::string, std::string>& recovery = {});

    StudioDomain create_domain(const std::string& name);
    void delete_domain(const StudioDomain& domain, const std::string& retention = "Retain");
    // The new home's directory.
    std::filesystem::path create(const StudioDomain& domain, const Profile& who);
    void remove(const StudioDomain& domain, const Profile& who);
    Home home_of(const StudioDomain& domain, const Profile& who);
    std::filesystem::path directory_of(const Home& home);

    // Until nothing is due and no execution runs; moves the clock on while one waits.
    void come_to_rest();
    // Background work of this moment only: executions that wait stay where they are.
    void settle_now();

    // The row under a key as a plain object; null when there is none.
    Json row(const std::string& profile_key, const std::string& domain_key = "studio");
    std::string status_of(const std::string& profile_key, const std::string& domain_key = "studio");
    std::size_t row_count();
    std::vector<std::string> history_events(const Profile& who);
    // Of a machine, newest first.
    Json executions(std::string_view machine = "recovery");
    // What a worker is told to do, as soon as there is something; null when nothing will come.
    // `token` is for answer() or refuse(). Moves the clock on while one waits.
    Json take_task(std::string& token);
    void answer(const std::string& token, const Json& output);
    void refuse(const std::string& token, const std::string& error, const std::string& cause);
    std::string error_of(const std::string& execution_arn);
    // The bodies of the dead-letter queue's messages.
    std::vector<Json> dead_letters();
    // Tasks, locations and copy slots.
    std::size_t helper_objects();
    // `settings` are those of [recovery].
    Json invoke(const std::string& function, const Json& event,
                const std::map<std::string, std::string>& settings = {});

    // Lets executions stand in line until open_slots().
    void close_slots();
    void open_slots();

    Administration administration();

  private:
    bool waits_for_worker(const Json& execution);
};

void write_file(const std::filesystem::path& path, const std::string& text);
// "" when there is no such file.
std::string read_file(const std::filesystem::path& path);
// A nested tree with a link, a hard link, a sparse file, modes and odd names.
void fill(const std::filesystem::path& home, const std::string& seed);
// Paths below a directory with kind, mode and content.
std::vector<std::string> listing(const std::filesystem::path& home);

inline Profile user(const std::string& name = "user1") {
    return {Kind::User, name};
}
inline Profile space(const std::string& name = "space1") {
    return {Kind::Space, name};
}

}  // namespace lifeboat::recovery::testing
