// Areas: repositories of many owners on one server, one a workspace, each with its own tokens.
//
//   <root>/<workspace>/repository/   a repository as DirectoryStore keeps it
//   <root>/<workspace>/tokens.json   who may do what (vault/area_token.h)
//   <root>/<workspace>/lock-owners/  which token made which lock
//   <root>/audit.jsonl               who did what (vault/audit_log.h)
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace lifeboat::vault {

// One path segment that needs no encoding and cannot lead elsewhere: a letter or digit, then at
// most 62 of letters, digits, '.', '_' and '-'.
bool is_workspace_name(std::string_view name);

class Areas {
  public:
    explicit Areas(std::filesystem::path root) : root_(std::move(root)) {}

    // Mode 0700, durable on return. Throws InvalidInput for a name that is none, AlreadyExists.
    void create(const std::string& workspace) const;
    std::vector<std::string> list() const;  // sorted
    bool exists(std::string_view workspace) const;
    // Throws NotFound.
    void require(const std::string& workspace) const;

    // Removes what uploads left behind whose process was killed: temporary files nobody has written
    // to for a day. Returns how many.
    std::size_t sweep(Time now) const;

    std::filesystem::path folder(std::string_view workspace) const { return root_ / workspace; }
    std::filesystem::path repository(std::string_view workspace) const {
        return folder(workspace) / "repository";
    }
    std::filesystem::path audit_log() const { return root_ / "audit.jsonl"; }

  private:
    std::filesystem::path root_;
};

}  // namespace lifeboat::vault
