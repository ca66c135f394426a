// The command line: parses it, runs one verb, turns errors into exit codes.
#pragma once

namespace lifeboat::cli {

// What main() returns. docs/cli.md lists the exit codes.
int run(int argc, char** argv);

}  // namespace lifeboat::cli
