// Builds the real world and hands it in; everything else is in src/cli.
#include "cli/run.h"

int main(int argc, char** argv) {
    return lifeboat::cli::run(argc, argv);
}
