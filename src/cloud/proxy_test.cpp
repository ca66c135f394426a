#include "cloud/proxy.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::cloud {
namespace {

TEST(Proxies, AreChosenByScheme) {
    const Proxies proxies = Proxies::from({{"https_proxy", "http://user:p%40ss@inner:3128"},
                                           {"HTTPS_PROXY", "http://other:1"},
                                           {"HTTP_PROXY", "plain:8080"}});
    const Proxy* secure = proxies.of(parse_url("https://sqs.us-east-1.amazonaws.com"));
    ASSERT_NE(secure, nullptr);
    EXPECT_EQ(secure->address.text(), "http://inner:3128");
    EXPECT_EQ(secure->authorization, "Basic dXNlcjpwQHNz");
    EXPECT_EQ(proxies.of(parse_url("http://a"))->address.text(), "http://plain:8080");
    EXPECT_EQ(Proxies::from({}).of(parse_url("https://a")), nullptr);
}

TEST(Proxies, AreNotUsedForWhatNoProxyNames) {
    const auto direct = [](const std::string& list, const std::string& url) {
        return Proxies::from({{"HTTPS_PROXY", "http://p:1"}, {"no_proxy", list}})
                   .of(parse_url(url)) == nullptr;
    };
    EXPECT_TRUE(direct("localhost, .amazonaws.com", "https://sqs.us-east-1.AMAZONAWS.com"));
    EXPECT_TRUE(direct("amazonaws.com", "https://sqs.amazonaws.com"));
    EXPECT_TRUE(direct("*.amazonaws.com", "https://sqs.amazonaws.com"));
    EXPECT_FALSE(direct("amazonaws.com", "https://notamazonaws.com"));
    EXPECT_FALSE(direct("amazonaws.com:444", "https://amazonaws.com"));
    EXPECT_TRUE(direct("amazonaws.com:443", "https://amazonaws.com"));
    EXPECT_TRUE(direct("127.0.0.1", "https://127.0.0.1:8443"));
    EXPECT_TRUE(direct("::1", "https://[::1]:8443"));
    EXPECT_TRUE(direct("*", "https://anything"));
    EXPECT_FALSE(direct("", "https://anything"));
}

TEST(Proxies, WrongOnesAreNamedWithoutTheirPassword) {
    for (const char* wrong : {"http://user:hush@", "ftp://user:hush@host", "https://user:hush@h"}) {
        try {
            Proxies::from({{"HTTPS_PROXY", wrong}});
            ADD_FAILURE() << wrong;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "InvalidProxy");
            EXPECT_NE(e.message().find("HTTPS_PROXY"), std::string::npos);
            EXPECT_EQ(std::string(e.what()).find("hush"), std::string::npos) << e.what();
        }
    }
}

TEST(Proxies, OfAWebClientsMakingAreIgnored) {
    EXPECT_FALSE(Proxies::from({{"HTTP_PROXY", "http://evil"}, {"REQUEST_METHOD", "GET"}}).http);
}

}  // namespace
}  // namespace lifeboat::cloud
