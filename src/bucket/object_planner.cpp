#include "bucket/object_planner.h"

#include <fcntl.h>

#include "bucket/content_check.h"
#include "mover/run.h"
#include "os/directory.h"

namespace lifeboat::bucket {

using mover::Entry;
using mover::Plan;

namespace {

mover::Options without_attributes(mover::Options options) {
    options.extended_attributes = mover::ExtendedAttributes::None;
    return options;
}

}  // namespace

ObjectPlanner::ObjectPlanner(const mover::Options& options, const Bucket& bucket,
                             ByteBudget& budget, std::stop_token stop)
    : options_(without_attributes(options)),
      planner_(options_, stop),
      bucket_(bucket),
      budget_(budget),
      stop_(std::move(stop)) {}

Plan ObjectPlanner::open_beside(Folder& folder) const {
    Plan plan = mover::open_beside(folder, planner_);
    if (!folder.has_object && plan.kind == Plan::Kind::Metadata && !folder.fresh)
        plan.kind = Plan::Kind::Equal;
    return plan;
}

mover::Wanted wanted_of(const Folder& folder, const mover::Options& options) {
    mover::Wanted wanted = wanted_from_bucket(folder.source_entry, options);
    if (!folder.has_object) {
        wanted.mtime.reset();
        wanted.atime.reset();
    }
    return wanted;
}

Plan ObjectPlanner::plan(const Object& object, const std::optional<Entry>& found, int directory,
                         const std::string& name) const {
    using Kind = Plan::Kind;
    const Entry& source = object.entry;
    if (source.is_special()) return {Kind::Skip, "devices, FIFOs and sockets are not copied", {}};
    if (!found) return {Kind::Create, "new", {}};
    if (found->is_directory())
        return mover::plan_against_directory(options_, directory, name, *found);
    if (auto kept = mover::plan_to_keep(options_, source, *found)) return *kept;
    if (options_.transfer_mode == mover::TransferMode::All)
        return {Kind::Replace, "TransferMode is ALL", found};
    if (found->type() != source.type()) return {Kind::Replace, "it is of another type", found};
    const std::string data = data_difference(object, *found, directory, name);
    if (!data.empty()) return {Kind::Replace, data, found};
    if (source.status.st_nlink == 1 && found->status.st_nlink > 1)
        return {Kind::Replace, "it is a hard link at the destination only", found};
    const std::string metadata = mover::difference(*found, wanted_from_bucket(source, options_));
    if (metadata.empty()) return {Kind::Equal, "", found};
    // What has more names, or is to have them, is made anew.
    const bool in_place =
        source.is_regular() && source.status.st_nlink == 1 && found->status.st_nlink == 1;
    return {in_place ? Kind::Metadata : Kind::Replace, metadata, found};
}

std::string ObjectPlanner::data_difference(const Object& object, const Entry& found, int directory,
                                           const std::string& name) const {
    if (object.entry.size() != found.size()) return "the size differs";
    if (!found.is_symlink() && options_.mtime == mover::Times::Preserve)
        return mover::is_equal(object.entry.status.st_mtim, found.status.st_mtim)
                   ? ""
                   : "the modification time differs";
    // Without times to go by, only the contents can tell.
    if (holds_content_of(directory, name, bucket_, object, budget_, stop_)) return "";
    return found.is_symlink() ? "the link leads elsewhere" : "the content differs";
}

}  // namespace lifeboat::bucket
