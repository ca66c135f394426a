// The jobs behind file systems: directories made for good, measured, removed.
#pragma once

#include "local/efs_registry.h"
#include "local/jobs.h"

namespace lifeboat::local {

class EfsDirectories {
  public:
    EfsDirectories(Site& site, const EfsRegistry& registry) : site_(site), registry_(registry) {}

    void prepare();

  private:
    JobResult make(const Job& job);
    JobResult measure(const Job& job);
    JobResult remove(const Job& job);
    bool exists(const std::string& file_system) const;

    Site& site_;
    const EfsRegistry& registry_;
};

}  // namespace lifeboat::local
