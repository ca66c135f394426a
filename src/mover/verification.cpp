#include "mover/verification.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/fault.h"
#include "mover/content.h"
#include "mover/removal.h"
#include "os/directory.h"

namespace lifeboat::mover {
namespace {

Options comparing(Options options) {
    options.transfer_mode = TransferMode::Changed;
    return options;
}

// Throws unless the plan is to leave the destination as it is.
void require_settled(const Plan& plan) {
    if (plan.kind == Plan::Kind::Create)
        throw Error(ErrorCategory::NotFound, "MissingAtDestination",
                    "it is not at the destination");
    if (plan.kind == Plan::Kind::Conflict) throw_conflict(plan);
    if (plan.changes())
        throw Error(ErrorCategory::Corruption, "DiffersAtDestination",
                    "the destination differs: " + plan.reason);
}

}  // namespace

Verification::Verification(Run& run, Failures& failures)
    : run_(run),
      failures_(failures),
      options_(comparing(run.options)),
      planner_(options_, run.stop) {}

bool Verification::enter(Directory& directory) {
    directory.plan = open_beside(directory, planner_);
    if (directory.plan.kind == Plan::Kind::Keep) return false;
    if (directory.plan.kind == Plan::Kind::Metadata) {
        // What lies below is worth comparing all the same.
        failures_.add(directory.path, Phase::Verifying, "DiffersAtDestination",
                      "the destination differs: " + directory.plan.reason);
        return true;
    }
    require_settled(directory.plan);
    if (directory.selection == Selection::Take) {
        ++run_.counters.verified;
        run_.tell(Action::Kind::Verify, directory.path, "", 0, &directory.source_entry);
    }
    return true;
}

void Verification::visit(Directory& directory, const std::string& name, const Entry& source,
                         os::UniqueFd /*opened*/) {
    HardLinks::Claim claim = links_.claim(source);
    const Plan plan =
        planner_.plan(directory.source.get(), directory.destination.get(), name, source, claim);
    if (plan.kind == Plan::Kind::Keep || plan.kind == Plan::Kind::Skip) return;
    require_settled(plan);
    if (source.is_regular() && claim.target() == nullptr) compare_content(directory, name, source);
    claim.done(directory.path_of(name), &*plan.destination);
    ++run_.counters.verified;
    if (run_.on_action) run_.tell(Action::Kind::Verify, directory.path_of(name), "", 0, &source);
}

void Verification::compare_content(const Directory& directory, const std::string& name,
                                   const Entry& source) const {
    fault::reach("mover.verify-read");
    const os::UniqueFd from = os::open_below(directory.source.get(), name, O_RDONLY);
    const os::UniqueFd to = os::open_below(directory.destination.get(), name, O_RDONLY);
    flush_and_forget(to.get());
    if (!is_content_equal(from.get(), to.get(), source.size(), run_.stop))
        throw Error(ErrorCategory::Corruption, "VerificationFailed",
                    "what was read back from the destination differs from the source");
}

void Verification::leave(Directory& directory) {
    if (!deletes_in(directory, run_.options) || run_.stop.stop_requested()) return;
    const auto failed = [&](const std::string& path, const Error& error) {
        failures_.add(path, Phase::Verifying, error);
    };
    const Removal removal(
        run_.filter, Effect::Look,
        [&](const std::string& path) {
            failures_.add(path, Phase::Verifying, "NotDeleted",
                          "it is at the destination and not at the source");
        },
        failed);
    removal.remove_extra(directory);
}

}  // namespace lifeboat::mover
