#include "vault/tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "vault/go_text.h"
#include "vault/lock.h"
#include "vault/snapshot.h"

namespace lifeboat::vault {
namespace {

// Written by restic 0.14 in Berlin: set-uid, attributes, devices, sticky, odd names.
constexpr char kByRestic[] =
    R"({"nodes":[{"name":"a","type":"file","mode":8389101,"mtime":"2026-11-24T22:02:02.85424078+01:00","atime":"2026-11-24T22:02:02.85424078+01:00","ctime":"2026-11-24T22:02:03.222240767+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978657,"device_id":65024,"size":3,"links":2,"extended_attributes":[{"name":"user.k","value":""}],"content":["98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"]},{"name":"bd","type":"dev","mode":67109284,"mtime":"2026-11-24T22:02:02.882240779+01:00","atime":"2026-11-24T22:02:02.882240779+01:00","ctime":"2026-11-24T22:02:02.882240779+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978753,"device_id":65024,"links":1,"device":1992,"content":null},{"name":"cd","type":"chardev","mode":69206436,"mtime":"2026-11-24T22:02:02.878240779+01:00","atime":"2026-11-24T22:02:02.878240779+01:00","ctime":"2026-11-24T22:02:02.878240779+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978737,"device_id":65024,"links":1,"device":259,"content":null},{"name":"d","type":"dir","mode":2148532735,"mtime":"2026-11-24T22:02:02.85024078+01:00","atime":"2026-11-24T22:02:02.85024078+01:00","ctime":"2026-11-24T22:02:03.226666196+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978641,"device_id":65024,"content":null,"subtree":"ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8"},{"name":"empty","type":"file","mode":420,"mtime":"2026-11-24T22:02:02.86224078+01:00","atime":"2026-11-24T22:02:02.86224078+01:00","ctime":"2026-11-24T22:02:02.86224078+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978689,"device_id":65024,"links":1,"content":[]},{"name":"fifo","type":"fifo","mode":33554852,"mtime":"2026-11-24T22:02:02.86624078+01:00","atime":"2026-11-24T22:02:02.86624078+01:00","ctime":"2026-11-24T22:02:02.86624078+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978705,"device_id":65024,"content":null},{"name":"l\u003c\u0026\u003e","type":"symlink","mode":134218239,"mtime":"2026-11-24T22:02:02.85824078+01:00","atime":"2026-11-24T22:02:02.85824078+01:00","ctime":"2026-11-24T22:02:02.85824078+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978673,"device_id":65024,"links":1,"linktarget":"a","content":null},{"name":"n\\x01\\xff\\u00a0\\u200bé\\\"\\\\","type":"file","mode":420,"mtime":"2026-11-24T22:02:02.87024078+01:00","atime":"2026-11-24T22:02:02.87024078+01:00","ctime":"2026-11-24T22:02:02.87024078+01:00","uid":0,"gid":0,"user":"root","group":"root","inode":9978721,"device_id":65024,"links":1,"content":[]}]}
)";

TEST(Tree, OfResticComesOutAsItWentIn) {
    const auto nodes = decode_tree(kByRestic);
    ASSERT_EQ(nodes.size(), 8u);
    EXPECT_EQ(encode_tree(nodes), kByRestic);
    EXPECT_EQ(nodes[7].name, "n\x01\xff\u00a0\u200b\u00e9\"\\");
    EXPECT_EQ(nodes[6].name, "l<&>");
    EXPECT_EQ(permissions_of(nodes[0].mode), 04755u);
    EXPECT_EQ(go_mode(S_IFREG | 04755), nodes[0].mode);
    EXPECT_EQ(go_mode(S_IFBLK | 0644), nodes[1].mode);
    EXPECT_EQ(go_mode(S_IFCHR | 0644), nodes[2].mode);
    EXPECT_EQ(go_mode(S_IFDIR | 01777), nodes[3].mode);
    EXPECT_EQ(go_mode(S_IFIFO | 0644), nodes[5].mode);
    EXPECT_EQ(go_mode(S_IFLNK | 0777), nodes[6].mode);
    EXPECT_EQ(encode_tree({}), "{\"nodes\":[]}\n");
}

TEST(Tree, KeepsWhatIsNotText) {
    Node node;
    node.name = "odd\n\xc3(";
    node.type = NodeType::Symlink;
    node.link_target = "to \xff";
    node.raw_link_target = true;
    node.attributes = {{"user.a", std::string("\0\xff", 2)}, {"user.b", std::nullopt}};
    node.generic_attributes = R"({"windows.x":[1,"<"]})";
    const auto back = decode_tree(encode_tree({node}));
    ASSERT_EQ(back.size(), 1u);
    EXPECT_EQ(back[0].name, node.name);
    EXPECT_EQ(back[0].link_target, node.link_target);
    EXPECT_EQ(back[0].attributes, node.attributes);
    EXPECT_EQ(back[0].generic_attributes, node.generic_attributes);
    EXPECT_EQ(encode_tree(back), encode_tree({node}));
}

TEST(Tree, RefusesWhatIsNone) {
    for (const char* nonsense :
         {"", "[]", "{}", "{\"nodes\":7}", "{\"nodes\":[7]}", R"({"nodes":[{"name":7}]})",
          R"({"nodes":[{"name":"\\q"}]})", R"({"nodes":[{"type":"thing"}]})",
          R"({"nodes":[{"size":-1}]})", R"({"nodes":[{"uid":4294967296}]})",
          R"({"nodes":[{"mtime":"yesterday"}]})", R"({"nodes":[{"content":["ab"]}]})"})
        EXPECT_THROW(decode_tree(nonsense), Error) << nonsense;
    const std::string whole = kByRestic;
    for (std::size_t size = 0; size + 1 < whole.size(); size += 7)
        EXPECT_THROW(decode_tree(std::string_view(whole).substr(0, size)), Error) << size;
}

TEST(ZonedTime, IsWrittenAsGoDoes) {
    for (const char* text :
         {"2026-11-24T22:02:02.85424078+01:00", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
          "1969-12-31T23:59:59.999999999-09:30", "9999-12-30T00:00:00Z"})
        EXPECT_EQ(to_text(ZonedTime::parse(text)), text);
    EXPECT_EQ(ZonedTime::parse("2026-01-01T01:00:00+01:00"),
              ZonedTime::parse("2026-01-01T00:00:00Z"));
    for (const char* nonsense : {"", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00",
                                 "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx"})
        EXPECT_THROW(ZonedTime::parse(nonsense), Error) << nonsense;
}

TEST(GoText, QuotesAndUnquotes) {
    EXPECT_EQ(go_quote("a\a\b\f\n\r\t\v\\\"\x7f\x80"), R"(a\a\b\f\n\r\t\v\\\"\x7f\x80)");
    EXPECT_EQ(go_quote("\u00ad\u2028\U000e0001\u4e2d\U0001f600"),
              "\\u00ad\\u2028\\U000e0001\u4e2d\U0001f600");
    EXPECT_EQ(go_unquote(R"(\101\x41A\U00000041)"), "AAAA");
    for (const char* nonsense : {"\\", "\\x4", "\\8", "\\400", "\\ud800", "\\U00110000", "\""})
        EXPECT_THROW(go_unquote(nonsense), Error) << nonsense;
    std::string json;
    append_go_json(json, "<\u2028\xff\x01\n>");
    EXPECT_EQ(json, R"("\u003c\u2028\ufffd\u0001\n\u003e")");
}

TEST(SnapshotFile, OfResticComesOutAsItWentIn) {
    const std::string text =
        R"({"time":"2026-11-24T22:02:04.751524355+01:00","tree":"539f1457a616ec901ccb6699cf600baece766a732a1d0ea2da52d87ac27a32d2","paths":["/tmp/vlt/t"],"hostname":"vm","username":"root","tags":["x","y"]})";
    const Snapshot snapshot = decode_snapshot(text);
    EXPECT_EQ(encode_snapshot(snapshot), text);
    EXPECT_TRUE(snapshot.has_tag("y"));
    EXPECT_TRUE((SnapshotFilter{{"vm"}, {"z", "x,y"}, {"/tmp/vlt/t"}}.takes(snapshot)));
    EXPECT_FALSE((SnapshotFilter{{}, {"x,z"}, {}}.takes(snapshot)));
    EXPECT_FALSE((SnapshotFilter{{}, {""}, {}}.takes(snapshot)));
    EXPECT_THROW(decode_snapshot(R"({"time":"2026-11-24T22:02:04Z"})"), Error);
}

}  // namespace
}  // namespace lifeboat::vault
