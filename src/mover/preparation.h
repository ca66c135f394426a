// The first pass, and the whole of a dry run: compares, counts and tells, changes nothing.
#pragma once

#include "mover/run.h"

namespace lifeboat::mover {

class Preparation final : public Visitor {
  public:
    Preparation(Run& run, Failures& failures)
        : run_(run), failures_(failures), planner_(run.options, run.stop) {}

    bool enter(Directory& directory) override;
    void visit(Directory& directory, const std::string& name, const Entry& source,
               os::UniqueFd opened) override;
    void leave(Directory& directory) override;

  private:
    void count(const Plan& plan, const std::string& path, std::uint64_t bytes);

    Run& run_;
    Failures& failures_;
    Planner planner_;
    HardLinks links_;
};

}  // namespace lifeboat::mover
