#include "mover/hard_links.h"

namespace lifeboat::mover {

HardLinks::Claim HardLinks::claim(const Entry& source) {
    if (source.status.st_nlink < 2 || source.is_directory()) return {};
    const Inode inode(source.status.st_dev, source.status.st_ino);
    std::unique_lock lock(mutex_);
    while (true) {
        const auto [found, is_new] = states_.try_emplace(inode);
        State& state = found->second;
        if (is_new) {
            state.names_left = source.status.st_nlink - 1;
            return {this, inode, std::nullopt};
        }
        if (!state.busy && !state.target) {
            state.busy = true;
            if (state.names_left > 0) --state.names_left;
            return {this, inode, std::nullopt};
        }
        if (!state.busy) {
            std::optional<Target> target = state.target;
            if (state.names_left > 0 && --state.names_left == 0) {
                sources_.erase(state.target->inode);
                states_.erase(found);
            }
            return {nullptr, inode, std::move(target)};
        }
        released_.wait(lock);
    }
}

void HardLinks::release(Inode inode, std::optional<Target> target) {
    const std::scoped_lock lock(mutex_);
    const auto found = states_.find(inode);
    if (found == states_.end()) return;
    if (found->second.names_left == 0) {
        states_.erase(found);
    } else {
        if (target && target->inode != Inode(0, 0)) sources_[target->inode] = inode;
        found->second.busy = false;
        found->second.target = std::move(target);
    }
    released_.notify_all();
}

HardLinks::Claim::~Claim() {
    if (links_ != nullptr) links_->release(inode_, std::nullopt);
}

void HardLinks::Claim::done(std::string path, const Entry* copy) {
    if (links_ == nullptr) return;
    Target made{std::move(path), {0, 0}};
    if (copy != nullptr) made.inode = {copy->status.st_dev, copy->status.st_ino};
    std::exchange(links_, nullptr)->release(inode_, std::move(made));
}

bool HardLinks::Claim::is_taken(const Entry& copy) const {
    if (links_ == nullptr) return false;
    const std::scoped_lock lock(links_->mutex_);
    const auto found = links_->sources_.find({copy.status.st_dev, copy.status.st_ino});
    return found != links_->sources_.end() && found->second != inode_;
}

}  // namespace lifeboat::mover
