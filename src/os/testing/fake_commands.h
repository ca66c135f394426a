// Programs that stand before those of the system: shell scripts that note how they are called.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "os/testing/temporary_directory.h"

namespace lifeboat::os::testing {

// While one exists, PATH begins with it. One at a time.
class FakeCommands {
  public:
    FakeCommands();
    ~FakeCommands();
    FakeCommands(const FakeCommands&) = delete;
    FakeCommands& operator=(const FakeCommands&) = delete;

    // From now on the program `name` is this script; $folder is folder(). A failure of a command in
    // it is the program's.
    void set(const std::string& name, const std::string& script);
    // For what scripts keep.
    const std::filesystem::path& folder() const { return folder_.path(); }
    // How they were called since the last time: "zfs destroy tank@a".
    std::vector<std::string> take_calls();

  private:
    TemporaryDirectory folder_;
    std::string path_before_;
};

}  // namespace lifeboat::os::testing
