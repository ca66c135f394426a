#include "mover/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/fault.h"
#include "mover/destination_lock.h"
#include "mover/preparation.h"
#include "mover/session.h"
#include "mover/temporary.h"
#include "mover/transfer.h"
#include "mover/verification.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::mover {
namespace {

class Copy {
  public:
    Copy(const Roots& roots, const Options& options, const Filter& filter,
         const Surroundings& around)
        : roots_(roots), session_(options, filter, around) {}

    Report run(Effect effect) {
        return session_.copy(effect, {[this](Phase phase, Effect what, Failures& failures) {
                                          return what == Effect::Look ? prepare(phase, failures)
                                                                      : transfer(phase);
                                      },
                                      [this](Failures& failures) {
                                          Verification pass(session_.run(), failures);
                                          return walk(Phase::Verifying, pass, failures);
                                      }});
    }

  private:
    std::chrono::milliseconds prepare(Phase phase, Failures& failures) {
        Preparation pass(session_.run(), failures);
        return walk(phase, pass, failures);
    }

    std::chrono::milliseconds transfer(Phase phase) {
        Failures& failures = session_.failures();
        TemporaryNames names(session_.around().random);
        Transfer pass(session_.run(), failures, names, roots_.destination.get());
        const Time began = session_.around().clock.now();
        walk(phase, pass, failures);
        fault::reach("mover.before-sync");
        if (session_.run().options.durability == Durability::Tree &&
            ::syncfs(roots_.destination.get()) != 0)
            failures.add("", phase, error_from_errno(errno, "write the tree to the disk"));
        return session_.since(began);
    }

    std::chrono::milliseconds walk(Phase phase, Visitor& visitor, Failures& failures) {
        Run& run = session_.run();
        Walk walk(run.pool, run.filter, phase, visitor, failures, run.stop);
        return session_.pass(phase, failures, [&] {
            auto root = std::make_shared<Directory>();
            root->source = os::duplicate(roots_.source.get());
            if (roots_.destination) root->destination = os::duplicate(roots_.destination.get());
            walk.start(std::move(root));
        });
    }

    const Roots& roots_;
    Session session_;
};

void check_roots(const Roots& roots, const Options& options) {
    if (!look(roots.source.get()).is_directory())
        throw Error(ErrorCategory::InvalidInput, "NotADirectory", "the source is not a directory");
    if (!roots.destination) return;
    if (os::is_within(roots.destination.get(), roots.source.get()))
        throw Error(ErrorCategory::InvalidInput, "DestinationWithinSource",
                    "the destination is the source or lies within it");
    if (options.preserve_deleted_files == PreserveDeletedFiles::Remove &&
        os::is_within(roots.source.get(), roots.destination.get()))
        throw Error(ErrorCategory::InvalidInput, "SourceWithinDestination",
                    "the source lies within the destination and would be deleted");
}

}  // namespace

os::UniqueFd open_root(const std::filesystem::path& path, MissingRoot missing) {
    if (missing == MissingRoot::Make && ::mkdir(path.c_str(), kUnfinishedDirectory) != 0 &&
        errno != EEXIST)
        throw error_from_errno(errno, "make the directory '" + path.string() + "'");
    return os::open_file(path, O_RDONLY | O_DIRECTORY);
}

Report copy_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings) {
    if (!roots.destination)
        throw Error(ErrorCategory::InvalidInput, "NoDestination", "a copy needs a destination");
    check_roots(roots, options);
    const DestinationLock lock(roots.destination.get());
    return Copy(roots, options, filter, surroundings).run(Effect::Change);
}

Report plan_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings) {
    check_roots(roots, options);
    return Copy(roots, options, filter, surroundings).run(Effect::Look);
}

}  // namespace lifeboat::mover
