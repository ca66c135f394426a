#include "os/testing/fake_commands.h"

#include <cstdlib>
#include <fstream>

namespace lifeboat::os::testing {

namespace fs = std::filesystem;

FakeCommands::FakeCommands() {
    if (const char* before = std::getenv("PATH")) path_before_ = before;
    fs::create_directory(folder() / "bin");
    ::setenv("PATH", ((folder() / "bin").string() + ":" + path_before_).c_str(), 1);
}

FakeCommands::~FakeCommands() {
    ::setenv("PATH", path_before_.c_str(), 1);
}

void FakeCommands::set(const std::string& name, const std::string& script) {
    const fs::path file = folder() / "bin" / name;
    std::ofstream(file) << "#!/bin/sh -e\nfolder='" << folder().string() << "'\necho \"" << name
                        << " $*\" >> \"$folder/calls\"\n"
                        << script << "\n";
    fs::permissions(file, fs::perms::owner_all);
}

std::vector<std::string> FakeCommands::take_calls() {
    std::vector<std::string> calls;
    std::ifstream file(folder() / "calls");
    for (std::string line; std::getline(file, line);)
        calls.push_back(line);
    fs::remove(folder() / "calls");
    return calls;
}

}  // namespace lifeboat::os::testing
