#include "deploy/package.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "os/file.h"
#include "os/process.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::deploy {
namespace {

TEST(Package, IsAnExecutableNamedBootstrap) {
    const os::testing::TemporaryDirectory directory;
    os::publish_file(directory.path() / "program", "#!/bin/sh\necho started\n");
    const std::string bytes = package_program(directory.path() / "program");
    EXPECT_EQ(package_program(directory.path() / "program"), bytes);
    os::publish_file(directory.path() / "code.zip", bytes);
    // Judged by somebody else's reader: mode and content.
    const auto result = os::run_shell(
        "cd " + directory.path().string() +
            " && python3 -c 'import zipfile; z = zipfile.ZipFile(\"code.zip\"); i = z.infolist(); "
            "print([(e.filename, oct(e.external_attr >> 16), e.create_system) for e in i], "
            "z.read(\"bootstrap\").decode())'",
        {{"PATH", "/usr/bin:/bin"}});
    EXPECT_EQ(result.output, "[('bootstrap', '0o100755', 3)] #!/bin/sh\necho started\n\n");
    EXPECT_THROW(package_program(directory.path() / "nothing"), Error);
}

}  // namespace
}  // namespace lifeboat::deploy
