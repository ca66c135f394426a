// The option --use-fs-snapshot of `vault backup`, and the views it asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "vault/source_views.h"

namespace lifeboat::cli {

class VaultViews {
  public:
    // "none" without the option.
    static void add_option(CLI::App& verb, std::string& kind);
    static bool is_wanted(const std::string& kind) { return kind != "none"; }

    explicit VaultViews(std::string kind) : kind_(std::move(kind)) {}
    // Makes them, of these paths. Says what is read where it is. Throws as SourceViews does.
    void take(const std::vector<std::string>& paths, Random& random);
    // nullptr when there are none.
    const vault::SourceViews* get() const { return views_ ? &*views_ : nullptr; }
    // What was made, and the paths that are read without.
    std::vector<std::string> names() const;
    std::vector<std::string> unviewed() const;
    // Removes them, when the backup is done. One that stays is told, and makes the exit code
    // kPartial.
    void remove(Context& context);

  private:
    const std::string kind_;
    std::optional<vault::SourceViews> views_;
};

}  // namespace lifeboat::cli
