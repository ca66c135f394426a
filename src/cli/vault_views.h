// The option --use-fs-snapshot of `vault backup`, and the views it asks for.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "vault/source_views.h"

namespace lifeboat::cli {

class VaultViews {
  public:
    // "none" without the option.
    static void add_option(CLI::App& verb, std::string& kind);
    static bool is_wanted(const std::string& kind) { return kind != "none"; }

    // To be made before any thread is started and before anything is written. When views are
    // wanted a signal requests a stop from then on.
    explicit VaultViews(std::string kind);
    // Makes them, of these paths. Says what is read where it is. Throws as SourceViews does.
    void take(const std::vector<std::string>& paths, Random& random);
    // nullptr when there are none.
    const vault::SourceViews* get() const { return views_ ? &*views_ : nullptr; }
    std::stop_token stop() const { return interrupt_ ? interrupt_->token() : std::stop_token(); }
    // What was made, and the paths that are read without.
    std::vector<std::string> names() const;
    std::vector<std::string> unviewed() const;
    // Removes them, when the backup is done. One that stays is told, and makes the exit code
    // kPartial.
    void remove(Context& context);

  private:
    const std::string kind_;
    std::optional<Interrupt> interrupt_;
    std::optional<vault::SourceViews> views_;  // removed before signals end the process again
};

}  // namespace lifeboat::cli
