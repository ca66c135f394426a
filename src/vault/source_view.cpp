#include "vault/source_view.h"

#include <fcntl.h>

#include "base/error.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::vault {
namespace {

// "" for `above` itself.
std::string relative(const std::string& path, const std::string& above) {
    if (path.size() <= above.size()) return "";
    return path.substr(above == "/" ? 1 : above.size() + 1);
}

}  // namespace

SourceView::SourceView(std::shared_ptr<const os::FileView> view, std::string path,
                       const std::string& real, const os::Mount& mount,
                       const os::MountTable& mounts, const struct stat& live)
    : view_(std::move(view)),
      path_(std::move(path)),
      live_device_(live.st_dev),
      view_device_(os::look_at(view_->root()).st_dev) {
    if (S_ISDIR(live.st_mode)) {
        live_ = os::open_file(real, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        for (const std::string& point : mounts.points_below(real))
            mount_points_.insert(relative(point, real));
    }
    const std::string there = os::path_in_file_system(mount, real);
    if (!os::is_at_or_below(there, view_->covers()))
        throw Error(ErrorCategory::NotFound, "NotInView",
                    "'" + real + "' is not in the " + view_->name());
    const std::string below = relative(there, view_->covers());
    const auto slash = below.rfind('/');
    name_ = below.empty() ? "." : below.substr(slash + 1);  // npos + 1 is 0
    directory_ = os::open_directory_below(view_->root(),
                                          slash == std::string::npos ? "" : below.substr(0, slash));
    if (!os::look_at(directory_.get(), name_))
        throw Error(
            ErrorCategory::NotFound, "NotInView",
            "'" + real + "' was not there any more when the " + view_->name() + " was made");
}

dev_t SourceView::live_device(dev_t seen) const {
    return seen == view_device_ ? live_device_ : seen;
}

os::UniqueFd SourceView::open_directory() const {
    return os::open_directory_below(directory_.get(), name_ == "." ? "" : name_);
}

bool SourceView::hides(const std::string& below, const struct stat& seen) const {
    const auto slash = below.rfind('/');
    return view_->is_stand_in(seen) && below.size() > path_.size() &&
           view_->is_view(open_live(below.substr(0, slash)).get(), below.substr(slash + 1));
}

bool SourceView::lacks(const std::string& below, const struct stat& seen) const {
    const std::string name = relative(below, path_);
    return !name.empty() && (view_->is_stand_in(seen) || mount_points_.count(name) != 0);
}

os::UniqueFd SourceView::open_live(const std::string& below) const {
    return os::open_directory_below(live_.get(), relative(below, path_), std::nullopt,
                                    os::Mounts::Cross);
}

}  // namespace lifeboat::vault
