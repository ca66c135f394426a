#include "mover/preparation.h"

#include "base/error.h"
#include "mover/removal.h"

namespace lifeboat::mover {

void Preparation::count(const Plan& plan, const std::string& path, std::uint64_t bytes) {
    using Kind = Plan::Kind;
    if (plan.kind == Kind::Conflict) throw_conflict(plan);
    if (plan.kind == Kind::Keep) run_.tell(Action::Kind::Keep, path, plan.reason);
    if (plan.kind == Kind::Skip) run_.tell(Action::Kind::Skip, path, plan.reason);
    if (!plan.changes()) return;
    if (plan.kind == Kind::Metadata) bytes = 0;
    ++run_.counters.estimated_files;
    run_.counters.estimated_bytes += bytes;
    run_.tell(plan.kind == Kind::Metadata ? Action::Kind::Update : Action::Kind::Copy, path,
              plan.reason, bytes);
}

bool Preparation::enter(Directory& directory) {
    directory.plan = open_beside(directory, planner_);
    if (directory.selection == Selection::Take) ++run_.counters.seen;
    count(directory.plan, directory.path, 0);
    return directory.plan.kind != Plan::Kind::Keep;
}

void Preparation::visit(Directory& directory, const std::string& name, const Entry& source,
                        os::UniqueFd /*opened*/) {
    ++run_.counters.seen;
    HardLinks::Claim claim = links_.claim(source);
    Plan plan =
        planner_.plan({directory.source.get(), directory.destination.get(), name}, source, claim);
    if (plan.destination && is_left_unfinished(directory, *plan.destination))
        plan = {Plan::Kind::Create, "new", std::nullopt};
    if (plan.kind == Plan::Kind::Equal && source.status.st_nlink == 1) return;
    const std::string path = directory.path_of(name);
    const bool has_bytes = source.is_regular() && claim.target() == nullptr;
    count(plan, path, has_bytes ? source.size() : 0);
    const bool stays = plan.kind == Plan::Kind::Equal || plan.kind == Plan::Kind::Metadata;
    if (stays || plan.changes()) claim.done(path, stays ? &*plan.destination : nullptr);
}

void Preparation::leave(Directory& directory) {
    if (!deletes_in(directory, run_.options) || run_.stop.stop_requested()) return;
    const Removal removal(
        run_.filter, Effect::Look,
        [&](const std::string& path) {
            ++run_.counters.estimated_deletions;
            run_.tell(Action::Kind::Delete, path, "it is not at the source");
        },
        [&](const std::string& path, const Error& error) {
            failures_.add(path, Phase::Preparing, error);
        });
    removal.remove_extra(directory);
}

}  // namespace lifeboat::mover
