#include "mover/plan.h"

#include <fcntl.h>

#include "base/error.h"
#include "mover/content.h"
#include "mover/temporary.h"
#include "os/directory.h"

namespace lifeboat::mover {

using Kind = Plan::Kind;

std::optional<Plan> plan_to_keep(const Options& options, const Entry& source,
                                 const Entry& destination) {
    if (options.overwrite_mode == OverwriteMode::Never)
        return Plan{Kind::Keep, "it exists at the destination", destination};
    if (options.overwrite_mode == OverwriteMode::Newer &&
        is_later(destination.status.st_mtim, source.status.st_mtim))
        return Plan{Kind::Keep, "it is newer at the destination", destination};
    return std::nullopt;
}

Plan plan_against_directory(const Options& options, int destination_directory,
                            const std::string& name, const Entry& destination) {
    const std::string reason = "a directory stands at the destination";
    if (options.overwrite_mode == OverwriteMode::Never) return {Kind::Keep, reason, destination};
    if (options.overwrite_mode == OverwriteMode::Newer)
        return {Kind::Conflict, reason + " and OverwriteMode NEWER keeps it", destination};
    if (options.preserve_deleted_files == PreserveDeletedFiles::Remove)
        return {Kind::Replace, reason, destination};
    const os::UniqueFd handle = os::open_below(destination_directory, name, O_RDONLY | O_DIRECTORY);
    bool empty = true;
    os::each_name(handle.get(), [&](const std::string&, unsigned char) { return empty = false; });
    if (empty) return {Kind::Replace, "an empty directory stands at the destination", destination};
    return {Kind::Conflict, reason + ", is not empty, and PreserveDeletedFiles PRESERVE keeps it",
            destination};
}

std::string Planner::data_difference(const Pair& pair, const Entry& source,
                                     const Entry& destination) const {
    if (source.is_symlink())
        return os::read_link(pair.source_directory, pair.name) ==
                       os::read_link(pair.destination_directory, pair.name)
                   ? ""
                   : "the link leads elsewhere";
    if (source.is_special())
        return source.status.st_rdev == destination.status.st_rdev ? "" : "it is another device";
    if (source.size() != destination.size()) return "the size differs";
    if (options_.mtime == Times::Preserve)
        return is_equal(source.status.st_mtim, destination.status.st_mtim)
                   ? ""
                   : "the modification time differs";
    // Without times to go by, only the contents can tell.
    const os::UniqueFd from = os::open_below(pair.source_directory, pair.name, O_RDONLY);
    const os::UniqueFd to = os::open_below(pair.destination_directory, pair.name, O_RDONLY);
    return is_content_equal(from.get(), to.get(), source.size(), stop_) ? ""
                                                                        : "the content differs";
}

bool Planner::attributes_differ(const Pair& pair, const Wanted& wanted) const {
    const auto read = [&](int fd, int directory) {
        return fd >= 0 ? read_attributes(fd) : read_attributes(directory, pair.name);
    };
    return wanted_attributes(read(pair.source, pair.source_directory), options_, wanted) !=
           read(pair.destination, pair.destination_directory);
}

Plan Planner::plan(const Pair& pair, const Entry& source, const HardLinks::Claim& claim) const {
    if (source.is_special() && options_.preserve_devices == PreserveDevices::None)
        return {Kind::Skip, "devices, FIFOs and sockets are not copied", std::nullopt};
    std::optional<Entry> found;
    if (pair.destination >= 0)
        found = look(pair.destination);
    else if (pair.destination_directory >= 0)
        found = look(pair.destination_directory, pair.name);
    if (!found)
        return {Kind::Create, claim.target() != nullptr ? "new hard link" : "new", std::nullopt};
    const Entry& destination = *found;
    if (destination.is_directory())
        return plan_against_directory(options_, pair.destination_directory, pair.name, destination);
    if (claim.target() != nullptr && claim.target()->is(destination))
        return {Kind::Equal, "", destination};
    if (auto kept = plan_to_keep(options_, source, destination)) return *kept;
    if (options_.transfer_mode == TransferMode::All)
        return {Kind::Replace, "TransferMode is ALL", destination};
    if (destination.type() != source.type())
        return {Kind::Replace, "it is of another type", destination};
    if (claim.target() != nullptr)
        return {Kind::Replace, "it is not a hard link to " + claim.target()->path, destination};
    const std::string data = data_difference(pair, source, destination);
    if (!data.empty()) return {Kind::Replace, data, destination};
    if ((source.status.st_nlink == 1 && destination.status.st_nlink > 1) ||
        claim.is_taken(destination))
        return {Kind::Replace, "it is a hard link at the destination only", destination};
    const Wanted wanted = wanted_for(source, options_);
    std::string metadata = difference(destination, wanted);
    if (metadata.empty() && source.is_regular() &&
        options_.extended_attributes == ExtendedAttributes::Preserve &&
        attributes_differ(pair, wanted))
        metadata = "the extended attributes differ";
    if (metadata.empty()) return {Kind::Equal, "", destination};
    // What is not a plain file, or has more names that might lie outside, is made anew instead of
    // being changed in place.
    const bool in_place = source.is_regular() && destination.status.st_nlink == 1;
    return {in_place ? Kind::Metadata : Kind::Replace, metadata, destination};
}

Plan Planner::plan_directory(int source, const Entry& source_entry,
                             const std::optional<Entry>& destination, int handle) const {
    if (!destination) return {Kind::Create, "new", std::nullopt};
    if (!destination->is_directory()) {
        const std::string reason = "no directory stands at the destination";
        if (options_.overwrite_mode == OverwriteMode::Never)
            return {Kind::Keep, reason, destination};
        if (options_.overwrite_mode == OverwriteMode::Newer)
            return {Kind::Conflict, reason + " and OverwriteMode NEWER keeps it", destination};
        return {Kind::Replace, reason, destination};
    }
    const Wanted wanted = wanted_for(source_entry, options_);
    std::string metadata = difference(*destination, wanted);
    if (is_unfinished(destination->permissions()) && !metadata.empty())
        return {Kind::Metadata, "it was left unfinished", destination};
    // A directory that exists is merged into; only ALWAYS makes it like the source's.
    if (options_.overwrite_mode != OverwriteMode::Always) return {Kind::Equal, "", destination};
    if (metadata.empty() && options_.extended_attributes == ExtendedAttributes::Preserve &&
        wanted_attributes(read_attributes(source), options_, wanted) != read_attributes(handle))
        metadata = "the extended attributes differ";
    return {metadata.empty() ? Kind::Equal : Kind::Metadata, metadata, destination};
}

void throw_conflict(const Plan& plan) {
    throw Error(ErrorCategory::AlreadyExists, "Conflict", plan.reason);
}

}  // namespace lifeboat::mover
