#include "vault/tag_change.h"

#include <algorithm>

#include "base/fault.h"

namespace lifeboat::vault {

std::optional<Snapshot> change_tags(Repository& repository, const Snapshot& snapshot,
                                    const TagChange& change) {
    Snapshot changed = snapshot;
    std::erase_if(changed.tags, [&](const std::string& tag) {
        return std::find(change.remove.begin(), change.remove.end(), tag) != change.remove.end();
    });
    for (const std::string& tag : change.add)
        if (!changed.has_tag(tag)) changed.tags.push_back(tag);
    if (changed.tags == snapshot.tags) return std::nullopt;
    changed.original = snapshot.original.value_or(snapshot.id);
    changed.id = save_snapshot(repository, changed);
    fault::reach("vault.tag.saved");
    repository.store().remove(FileKind::Snapshot, snapshot.id.hex());
    return changed;
}

}  // namespace lifeboat::vault
