// The third pass: reads both trees again and compares everything the options ask for.
#pragma once

#include "mover/run.h"

namespace lifeboat::mover {

class Verification final : public Visitor {
  public:
    Verification(Run& run, Failures& failures);

    bool enter(Directory& directory) override;
    void visit(Directory& directory, const std::string& name, const Entry& source,
               os::UniqueFd opened) override;
    void leave(Directory& directory) override;

  private:
    void compare_content(const Directory& directory, const std::string& name,
                         const Entry& source) const;

    Run& run_;
    Failures& failures_;
    Options options_;  // the run's, in TransferMode CHANGED: what differs is what matters now
    Planner planner_;
    HardLinks links_;
};

}  // namespace lifeboat::mover
