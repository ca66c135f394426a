// The third pass: reads both trees again and compares everything the options ask for.
#pragma once

#include "mover/run.h"

namespace lifeboat::mover {

// The options to compare with: in TransferMode CHANGED, because what differs is what matters now.
Options comparing(Options options);
// Throws Error{NotFound, "MissingAtDestination"} or Error{Corruption, "DiffersAtDestination"}
// unless the plan is to leave the destination as it is.
void require_settled(const Plan& plan);

class Verification final : public Visitor {
  public:
    Verification(Run& run, Failures& failures);

    bool enter(Directory& directory) override;
    void visit(Directory& directory, const std::string& name, const Entry& source,
               os::UniqueFd opened) override;
    void leave(Directory& directory) override;
    bool opens_files(const Directory&) const override { return true; }

  private:
    void compare_content(int from, int to, const Entry& source) const;

    Run& run_;
    Failures& failures_;
    Options options_;  // comparing(the run's)
    Planner planner_;
    HardLinks links_;
};

}  // namespace lifeboat::mover
