#include "os/testing/temporary_directory.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace lifeboat::os::testing {

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "lifeboat.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw error_from_errno(errno, "mkdtemp '" + name + "'");
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace lifeboat::os::testing
