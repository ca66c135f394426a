// Builds the real world and hands it in; everything else is in src/cli.
#include "cli/run.h"
#include "os/name_service.h"
#include "os/open_files.h"

int main(int argc, char** argv) {
    lifeboat::os::make_room_for_open_files(1024);
    lifeboat::os::use_builtin_name_service();
    return lifeboat::cli::run(argc, argv);
}
