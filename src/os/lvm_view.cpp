#include "os/lvm_view.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/detached_mount.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/view_command.h"
#include "os/view_name.h"

namespace lifeboat::os {
namespace {

// For what changes while the view is there; LVM's own documentation begins with 15 to 20 percent.
constexpr const char* kRoom = "20%ORIGIN";

// Those the kernel freezes for the moment of the cut, and that can be mounted beside their origin.
// (btrfs takes two devices with one identity for one file system, and damages it.)
bool can_be_read_beside(const std::string& type) {
    return type == "ext2" || type == "ext3" || type == "ext4" || type == "xfs";
}

using Row = std::vector<std::string>;

// What `lvs` says of `what`, a device, volume or group: one row a volume.
std::vector<Row> list_volumes(const std::string& fields, const std::string& what) {
    std::istringstream lines(
        run_view_command({"lvs", "--noheadings", "--separator", ",", "-o", fields, what}));
    const auto count = static_cast<std::size_t>(std::count(fields.begin(), fields.end(), ',') + 1);
    std::vector<Row> rows;
    for (std::string line; std::getline(lines, line);) {
        line.erase(0, line.find_first_not_of(' '));
        std::istringstream values(line);
        Row row;
        for (std::string value; std::getline(values, value, ',');)
            row.push_back(value);
        row.resize(count);  // empty ones at the end
        rows.push_back(std::move(row));
    }
    return rows;
}

void remove_volume(const std::string& name) {
    run_view_command({"lvremove", "--yes", name});
}

// Whether nobody reads the snapshot behind `device`. One that is not active has no device.
bool is_left(const std::string& device) {
    std::error_code ignored;
    if (device.empty() || !std::filesystem::exists(device, ignored)) return true;
    return claim_view(open_file(device, O_RDONLY).get());
}

}  // namespace

bool LvmView::is_offered(const Mount& mount) {
    if (!can_be_read_beside(mount.type)) return false;
    try {
        return read_file("/sys/dev/block/" + mount.device + "/dm/uuid", 4096).starts_with("LVM-");
    } catch (const Error&) {
        return false;  // of no device mapper
    }
}

LvmView::Volume LvmView::volume_of(const std::string& device) {
    std::vector<Row> rows;
    try {
        rows = list_volumes("vg_name,lv_name,pool_lv", device);
    } catch (const Error& e) {
        if (e.code() != "CommandFailed") throw;
    }
    if (rows.size() != 1 || rows[0][0].empty() || rows[0][1].empty())
        throw Error(ErrorCategory::Unsupported, "NoSuchView",
                    "'" + device + "' is no LVM volume, as far as lvs says");
    return {rows[0][0], rows[0][1], rows[0][2]};
}

LvmView::LvmView(const Mount& mount, Random& random) {
    if (!can_be_read_beside(mount.type))
        throw Error(ErrorCategory::Unsupported, "NoSuchView",
                    "the file system at '" + mount.point + "' is " + mount.type +
                        "; snapshots of LVM are read of ext2, ext3, ext4 and xfs");
    const Volume origin = volume_of(mount.source);
    const UniqueFd device = open_file(mount.source, O_RDONLY);
    keep_view_makers_out(device.get());
    remove_leftovers(origin);
    const std::string made = new_view_name(random);
    name_ = origin.group + "/" + made;
    std::vector<std::string> command = {"lvcreate", "--yes", "--snapshot", "--name", made};
    // A thin snapshot is not activated unless one says so, and has no room of its own.
    if (origin.pool.empty())
        command.insert(command.end(), {"--extents", kRoom});
    else
        command.insert(command.end(), {"--setactivationskip", "n"});
    command.push_back(origin.group + "/" + origin.name);
    run_view_command(command);
    is_there_ = true;
    fault::reach("os.view.lvm.unclaimed");
    try {
        open(mount.type);
    } catch (...) {
        try {
            remove();
        } catch (const Error& e) {
            log::warning("a snapshot stays, and the next one removes it", {{"error", e.what()}});
        }
        throw;
    }
}

void LvmView::open(const std::string& type) {
    const std::vector<Row> rows = list_volumes("lv_path", name_);
    const std::string device = rows.empty() ? "" : rows[0][0];
    claim_ = open_file(device, O_RDONLY);
    if (!claim_view(claim_.get()))
        throw Error(ErrorCategory::Unavailable, "ViewInUse",
                    "the new volume '" + name_ + "' is locked by another program");
    std::vector<std::pair<std::string, std::string>> options = {{"ro", ""}};
    // It has the identity of the file system it is a snapshot of.
    if (type == "xfs") options.emplace_back("nouuid", "");
    mount_ = mount_detached(type, device, options);
    root_ = open_directory_below(mount_.get(), "");
}

LvmView::~LvmView() {
    try {
        remove();
    } catch (const Error& e) {
        log::warning("a snapshot stays, and the next one removes it", {{"error", e.what()}});
    }
}

void LvmView::remove_leftovers(const Volume& origin) {
    for (const Row& row : list_volumes("lv_name,origin,lv_path", origin.group)) {
        if (!is_view_name(row[0]) || row[1] != origin.name) continue;
        const std::string name = origin.group + "/" + row[0];
        try {
            if (!is_left(row[2])) continue;
            remove_volume(name);
            log::info("removed the snapshot a killed run left", {{"name", name}});
        } catch (const Error& e) {
            // It does not hinder the new one.
            log::warning("a snapshot that a killed run left stays",
                         {{"name", name}, {"error", e.what()}});
        }
    }
}

void LvmView::remove() {
    if (!is_there_) return;
    fault::reach("os.view.before-remove");
    is_there_ = false;
    root_.reset(-1);
    mount_.reset(-1);  // unmounts it: nothing else holds it
    claim_.reset(-1);
    remove_volume(name_);
}

}  // namespace lifeboat::os
