// Any text as a tree: nodes whose text is read as the same nodes, or Corruption.
#include <cstdlib>

#include "base/error.h"
#include "vault/tree.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
{"nodes":[{"name":"a\\n\\u00e4\u003c","type":"file","mode":420,"mtime":"2026-01-02T03:04:05.123456789+01:00","atime":"2026-01-02T03:04:05Z","ctime":"2026-01-02T03:04:05Z","uid":0,"gid":0,"user":"root","group":"root","inode":3,"device_id":5,"size":5,"links":1,"extended_attributes":[{"name":"user.x","value":"AP8="},{"name":"y","value":null}],"content":["6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1"]}]}
{"nodes":[{"name":"d","type":"dir","mode":2147484141,"mtime":"0001-01-01T00:00:00Z","atime":"2026-01-02T03:04:05-00:30","ctime":"9999-12-31T23:59:59Z","uid":4294967295,"gid":1,"content":null,"subtree":"6aa4ff9d4dd6c6d4e8ea2eaa5d0bdf9d9a5b0e0e7b2f8ffe2d4e8ea2eaa5d0b1"},{"name":"l","type":"symlink","mode":134218239,"mtime":"2026-01-02T03:04:05Z","atime":"2026-01-02T03:04:05Z","ctime":"2026-01-02T03:04:05Z","uid":0,"gid":0,"linktarget":"\ufffd","linktarget_raw":"/w==","generic_attributes":{"windows.x":[1,2.5,null]},"content":null,"error":"no"}]}
{"nodes":null}
{"nodes":[{"name":"\\xff\\a\\101","type":"dev","device":18446744073709551615,"content":null},{"name":"..","type":"fifo"},{}]}
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    try {
        const auto nodes = vault::decode_tree({reinterpret_cast<const char*>(data), size});
        for (const vault::Node& node : nodes)
            vault::permissions_of(node.mode);
        const std::string text = vault::encode_tree(nodes);
        // Texts are not always what Go would write (names that are no UTF-8 where it has none), so
        // the second reading is the one that counts.
        const auto again = vault::decode_tree(text);
        if (again.size() != nodes.size() || vault::encode_tree(again) != text) std::abort();
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Corruption) std::abort();
    }
    return 0;
}
