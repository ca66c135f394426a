// Builds the real world and hands it in; everything else is in src/cli.
#include "cli/run.h"
#include "os/name_service.h"

int main(int argc, char** argv) {
    lifeboat::os::use_builtin_name_service();
    return lifeboat::cli::run(argc, argv);
}
