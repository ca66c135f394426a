// Deletes what is at the destination only, below handles, never through a link.
#pragma once

#include <functional>
#include <string>

#include "mover/filter.h"
#include "mover/walk.h"

namespace lifeboat::mover {

enum class Effect { Look, Change };

// Called for everything that is deleted (or would be), children first.
using OnRemoved = std::function<void(const std::string& path)>;
using OnFailed = std::function<void(const std::string& path, const class lifeboat::Error& error)>;

class Removal {
  public:
    Removal(const Filter& filter, Effect effect, OnRemoved on_removed, OnFailed on_failed)
        : filter_(filter),
          effect_(effect),
          on_removed_(std::move(on_removed)),
          on_failed_(std::move(on_failed)) {}

    // Every selected name of `directory` at the destination that the source does not have. Names
    // the filter leaves out stay, and so do the directories above them. Unfinished copies are not
    // counted.
    void remove_extra(const Directory& directory) const;

    // `name` in `directory` and all below it that `selection` allows. Returns false when something
    // stays.
    bool remove(int directory, const std::string& name, const std::string& path,
                Selection selection, unsigned depth) const;

  private:
    bool remove_below(int directory, const std::string& path, Selection selection,
                      unsigned depth) const;

    const Filter& filter_;
    Effect effect_;
    OnRemoved on_removed_;
    OnFailed on_failed_;
};

}  // namespace lifeboat::mover
