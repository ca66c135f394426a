#include "vault/snapshot_folders.h"

#include <gtest/gtest.h>

namespace lifeboat::vault {
namespace {

Snapshot snapshot(int number, const char* time, const std::string& host,
                  std::vector<std::string> tags = {}) {
    Snapshot made;
    made.id.bytes[0] = static_cast<unsigned char>(number);
    made.time = ZonedTime::parse(time);
    made.host = host;
    made.tags = std::move(tags);
    return made;
}

// "name" of a folder's folder, "name=number" of a snapshot, "name->target" of a link.
std::vector<std::string> shown(const SnapshotFolders& folders, const std::string& path) {
    std::vector<std::string> found;
    const auto* folder = folders.find(path);
    if (folder == nullptr) return {"absent"};
    for (const auto& [name, entry] : *folder) {
        found.push_back(name);
        if (entry.kind == FolderEntry::Kind::Snapshot)
            found.back() += "=" + std::to_string(entry.snapshot);
        if (entry.kind == FolderEntry::Kind::Link) found.back() += "->" + entry.target;
    }
    return found;
}

using Names = std::vector<std::string>;

TEST(SnapshotFolders, AreThereWithoutSnapshots) {
    const SnapshotFolders folders({});
    EXPECT_EQ(shown(folders, ""), (Names{"hosts", "ids", "snapshots", "tags"}));
    EXPECT_EQ(shown(folders, "snapshots"), Names{});
    EXPECT_EQ(shown(folders, "hosts"), Names{});
    EXPECT_EQ(folders.find("nothing"), nullptr);
    EXPECT_EQ(folders.find("snapshots", "latest"), nullptr);
}

TEST(SnapshotFolders, ShowEachSnapshotByIdTimeHostAndTag) {
    const SnapshotFolders folders({snapshot(1, "2024-01-02T03:04:05.123456789Z", "a", {"x", "y"}),
                                   snapshot(2, "2024-05-06T07:08:09+02:00", "b", {"x"})});
    EXPECT_EQ(shown(folders, "ids"), (Names{"01000000=0", "02000000=1"}));
    EXPECT_EQ(shown(folders, "snapshots"),
              (Names{"2024-01-02T03:04:05Z=0", "2024-05-06T07:08:09+02:00=1",
                     "latest->2024-05-06T07:08:09+02:00"}));
    EXPECT_EQ(shown(folders, "hosts"), (Names{"a", "b"}));
    EXPECT_EQ(shown(folders, "hosts/a"),
              (Names{"2024-01-02T03:04:05Z=0", "latest->2024-01-02T03:04:05Z"}));
    EXPECT_EQ(shown(folders, "tags"), (Names{"x", "y"}));
    EXPECT_EQ(shown(folders, "tags/x"),
              (Names{"2024-01-02T03:04:05Z=0", "2024-05-06T07:08:09+02:00=1",
                     "latest->2024-05-06T07:08:09+02:00"}));
    EXPECT_EQ(shown(folders, "tags/y"),
              (Names{"2024-01-02T03:04:05Z=0", "latest->2024-01-02T03:04:05Z"}));
}

TEST(SnapshotFolders, NumberSnapshotsOfTheSameSecondInEachFolder) {
    const char* time = "2024-01-02T03:04:05.5Z";
    const SnapshotFolders folders({snapshot(1, time, "a", {"x", "x"}), snapshot(2, time, "b"),
                                   snapshot(3, time, "a", {"x"})});
    EXPECT_EQ(shown(folders, "snapshots"),
              (Names{"2024-01-02T03:04:05Z=0", "2024-01-02T03:04:05Z-1=1",
                     "2024-01-02T03:04:05Z-2=2", "latest->2024-01-02T03:04:05Z-2"}));
    EXPECT_EQ(shown(folders, "hosts/a"),
              (Names{"2024-01-02T03:04:05Z=0", "2024-01-02T03:04:05Z-1=2",
                     "latest->2024-01-02T03:04:05Z-1"}));
    EXPECT_EQ(shown(folders, "tags/x"), (Names{"2024-01-02T03:04:05Z=0", "2024-01-02T03:04:05Z-1=2",
                                               "latest->2024-01-02T03:04:05Z-1"}));
}

TEST(SnapshotFolders, WriteNamesThatNameNoFolderDifferently) {
    const char* time = "2024-01-02T03:04:05Z";
    const std::string zero("a\0b", 3);
    const std::string longest(255, 'l');
    const SnapshotFolders folders({snapshot(1, time, "../etc", {"", ".", "..", "a/b"}),
                                   snapshot(2, time, "", {zero, longest + "l", longest})});
    EXPECT_EQ(shown(folders, "hosts"), (Names{".._etc", "_"}));
    EXPECT_EQ(shown(folders, "tags"), (Names{"_", "__", "a_b", longest}));
    EXPECT_EQ(shown(folders, "tags/_"), (Names{"2024-01-02T03:04:05Z=0", "2024-01-02T03:04:05Z-1=0",
                                               "latest->2024-01-02T03:04:05Z-1"}));
    EXPECT_EQ(folders.hidden(), (std::set<std::string>{zero, longest + "l"}));
}

TEST(SnapshotFolders, GiveTheWholeIdToTheSecondOfTwoThatStartAlike) {
    Snapshot other = snapshot(1, "2024-01-02T03:04:05Z", "a");
    other.id.bytes[31] = 9;
    const SnapshotFolders folders({snapshot(1, "2024-01-02T03:04:05Z", "a"), other});
    EXPECT_EQ(shown(folders, "ids"), (Names{"01000000=0", other.id.hex() + "=1"}));
}

}  // namespace
}  // namespace lifeboat::vault
