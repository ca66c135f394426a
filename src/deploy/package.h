// The functions' code as Lambda takes it: a zip file whose one entry is the program.
#pragma once

#include <filesystem>
#include <string>

namespace lifeboat::deploy {

// Bytes of a zip file with `program` as "bootstrap", executable for everybody. The same program
// gives the same bytes. Throws Error of the file, and Error{Internal, "PackagingFailed"}.
std::string package_program(const std::filesystem::path& program);

}  // namespace lifeboat::deploy
