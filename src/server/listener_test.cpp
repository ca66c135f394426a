#include "server/listener.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::server {
namespace {

TEST(Listener, KnowsWhoComesOutThere) {
    const ListenAddress loopback{"127.0.0.1", 7411};
    EXPECT_TRUE(is_listened_on(loopback, "127.0.0.1"));
    EXPECT_TRUE(is_listened_on(loopback, "0.0.0.0")) << "this machine";
    EXPECT_FALSE(is_listened_on(loopback, "127.0.0.2"));
    EXPECT_FALSE(is_listened_on(loopback, "::1"));
    const ListenAddress every{"0.0.0.0", 7411};
    EXPECT_TRUE(is_listened_on(every, "127.0.0.1"));
    EXPECT_TRUE(is_listened_on(every, "127.0.0.2"));
    EXPECT_FALSE(is_listened_on(every, "192.0.2.1")) << "no machine has it (RFC 5737)";
    EXPECT_FALSE(is_listened_on(every, "fe80::1%lo"));
    EXPECT_TRUE(is_listened_on({"::1", 7411}, "::")) << "this machine";
    EXPECT_FALSE(is_listened_on({"::1", 7411}, "0.0.0.0"));
    EXPECT_THROW(is_listened_on(every, "localhost"), Error);
}

}  // namespace
}  // namespace lifeboat::server
