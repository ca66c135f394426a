// The second pass: makes the destination like the source, one name at a time.
#pragma once

#include "mover/run.h"
#include "mover/temporary.h"

namespace lifeboat::mover {

class Transfer final : public Visitor {
  public:
    // `root` is the open destination root.
    Transfer(Run& run, Failures& failures, TemporaryNames& names, int root)
        : run_(run),
          failures_(failures),
          names_(names),
          root_(root),
          planner_(run.options, run.stop) {}

    bool enter(Directory& directory) override;
    void visit(Directory& directory, const std::string& name, const Entry& source,
               os::UniqueFd opened) override;
    bool opens_files(const Directory& directory) const override {
        return directory.made.has_value();
    }
    void leave(Directory& directory) override;

  private:
    // One name on its way to the destination.
    struct Item {
        Directory& directory;
        const std::string& name;
        const Entry& source;
        const Plan& plan;
        // The source, open and as `source` says; taken by the first try to copy it.
        os::UniqueFd opened;
        // What stands at the destination was not looked for: nothing should.
        bool unseen = false;

        std::string path() const { return directory.path_of(name); }
    };

    // Does what `plan` says and returns true when it is done; false when something stands where
    // nothing was expected.
    bool carry_out(Item& item, HardLinks::Claim& claim);
    void remove_extra(const Directory& directory);
    void finish_directory(Directory& directory);

    // Each returns what stands at the destination now.
    Entry copy(Item& item);
    Entry copy_file(Item& item);
    Entry copy_file_once(Item& item, bool last_try);
    Entry copy_symlink(const Item& item);
    Entry copy_special(const Item& item);
    Entry update(Item& item);
    void link(Item& item, const HardLinks::Target& target);
    void verify_content(int from, int to, const Entry& before);
    // Frees the place of a file where a directory stands.
    void clear_place(const Item& item);
    void count(const Item& item, std::uint64_t written, std::uint64_t data);

    Run& run_;
    Failures& failures_;
    TemporaryNames& names_;
    int root_;
    Planner planner_;
    HardLinks links_;
};

}  // namespace lifeboat::mover
