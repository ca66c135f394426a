#include "cloud/channel.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "base/testing/manual_clock.h"

namespace lifeboat::cloud {
namespace {

using namespace std::chrono_literals;

TEST(Channel, StartsNoTlsWithANameItCannotCheck) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    const lifeboat::testing::ManualClock clock{Time(1h)};
    for (const std::string& host : {std::string(), std::string(300, 'a')}) {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        const os::UniqueFd server(ends[1]);
        Channel channel{os::UniqueFd(ends[0]), clock};
        const Transfer shaken = channel.start_tls(context.get(), host, {1ms, clock.now() + 1ms});
        EXPECT_EQ(shaken.outcome, Transfer::Outcome::Broken) << host;
        EXPECT_NE(shaken.text.find("'" + host + "'"), std::string::npos) << shaken.text;
        char byte = 0;
        EXPECT_LT(::recv(server.get(), &byte, 1, MSG_DONTWAIT), 0) << "something was sent";
    }
}

}  // namespace
}  // namespace lifeboat::cloud
