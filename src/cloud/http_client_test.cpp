#include "cloud/http_client.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "cloud/testing/scripted_server.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::cloud {
namespace {

using namespace std::chrono_literals;
using testing::http_answer;
using testing::ScriptedServer;
using Kind = testing::Step::Kind;

HttpRequest request(const std::string& body = "") {
    HttpRequest made;
    made.headers = {{"X-Test", "1"}};
    made.body = body;
    return made;
}

std::string code_of(HttpClient& client, const std::string& url) {
    try {
        client.send(parse_url(url), request());
    } catch (const Error& e) {
        return e.code();
    }
    return "";
}

class Client : public ::testing::Test {
  protected:
    SystemClock clock;
    HttpClientOptions options;
};

TEST_F(Client, UsesAConnectionAgain) {
    ScriptedServer server({{Kind::Answer, http_answer(200, "one", "X-A: b\r\n")},
                           {Kind::Answer, http_answer(404, "two")}});
    HttpClient client(options, clock);
    const HttpResponse first = client.send(parse_url(server.url()), request("hello"));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, "one");
    EXPECT_EQ(first.headers.get("x-a"), "b");
    EXPECT_EQ(client.send(parse_url(server.url()), request()).status, 404);
    EXPECT_EQ(client.connections_made(), 1U);
    const auto seen = server.requests();
    EXPECT_TRUE(seen[0].starts_with("POST / HTTP/1.1\r\n")) << seen[0];
    EXPECT_TRUE(seen[0].ends_with("\r\n\r\nhello")) << seen[0];
    EXPECT_NE(seen[0].find("Host: 127.0.0.1:"), std::string::npos);
}

TEST_F(Client, NothingOfARequestBeginsALineOfItsOwn) {
    ScriptedServer server({{Kind::Answer, http_answer(200, "one")}});
    HttpClient client(options, clock);
    const auto refused = [&](const HttpRequest& wrong) -> std::string {
        try {
            client.send(parse_url(server.url()), wrong);
        } catch (const Error& e) {
            return e.code();
        }
        return "";
    };
    for (const char* name : {"", "X A", "X:A", "X-A: b\r\nX-Evil", "X\n", "\xc3\xa4"}) {
        HttpRequest wrong = request();
        wrong.headers.add(name, "v");
        EXPECT_EQ(refused(wrong), "InvalidHeader") << name;
    }
    for (const std::string& value : {std::string("v\r\nX-Evil: 1"), std::string("v\0w", 3)}) {
        HttpRequest wrong = request();
        wrong.headers.add("X-A", value);
        EXPECT_EQ(refused(wrong), "InvalidHeader") << value;
    }
    for (const char* target : {"/ HTTP/1.1\r\nX-Evil: 1\r\n\r\n", "/a b", "/a\tb"}) {
        HttpRequest wrong = request();
        wrong.target = target;
        EXPECT_EQ(refused(wrong), "InvalidRequest") << target;
    }
    HttpRequest wrong = request();
    wrong.method = "GET /";
    EXPECT_EQ(refused(wrong), "InvalidRequest");
    EXPECT_TRUE(server.requests().empty());
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "one");
}

TEST_F(Client, OpensAnotherWhenTheServerHungUp) {
    ScriptedServer server(
        {{Kind::Close, http_answer(200, "one")}, {Kind::Close, http_answer(200, "two")}});
    HttpClient client(options, clock);
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "one");
    // The end of the first connection may arrive after the second request has been sent on it.
    try {
        EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "two");
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "ConnectionBroken");
    }
}

TEST_F(Client, HonoursConnectionClose) {
    ScriptedServer server({{Kind::Close, http_answer(200, "one", "Connection: close\r\n")},
                           {Kind::Close, http_answer(200, "two")}});
    HttpClient client(options, clock);
    client.send(parse_url(server.url()), request());
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "two");
    EXPECT_EQ(client.connections_made(), 2U);
}

TEST_F(Client, EveryWaitEnds) {
    options.stall = 50ms;
    HttpClient client(options, clock);
    for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Le",
                              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}) {
        ScriptedServer server({{Kind::Stall, bytes}});
        EXPECT_EQ(code_of(client, server.url()), "Timeout") << bytes;
    }
    options.stall = 10s;
    options.total = 50ms;
    HttpClient hasty(options, clock);
    ScriptedServer server({{Kind::Stall, "HTTP/1.1 200 OK\r\n"}});
    EXPECT_EQ(code_of(hasty, server.url()), "Timeout");
}

TEST_F(Client, BrokenAnswersAreErrorsOfTheirOwn) {
    HttpClient client(options, clock);
    ScriptedServer server({{Kind::Reset, ""},
                           {Kind::Close, ""},
                           {Kind::Close, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"},
                           {Kind::Close, "SSH-2.0-OpenSSH\r\n\r\n"}});
    for (const char* code :
         {"ConnectionBroken", "ConnectionBroken", "ConnectionBroken", "InvalidResponse"})
        EXPECT_EQ(code_of(client, server.url()), code);
}

TEST_F(Client, WhatComesBeforeTheAnswerIsNotTheAnswer) {
    const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    std::string endless;
    for (int i = 0; i < 100; ++i)
        endless += early;
    ScriptedServer server(
        {{Kind::Answer, "HTTP/1.1 100 Continue\r\n\r\n" + early + http_answer(200, "one")},
         {Kind::Answer, http_answer(200, "two")},
         {Kind::Close, endless + http_answer(200, "three")},
         {Kind::Close, "HTTP/1.1 101 Switching Protocols\r\n\r\n"}});
    HttpClient client(options, clock);
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "one");
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "two");
    EXPECT_EQ(client.connections_made(), 1U);
    EXPECT_EQ(code_of(client, server.url()), "InvalidResponse");
    EXPECT_EQ(code_of(client, server.url()), "InvalidResponse");
}

TEST_F(Client, AnswersAreBounded) {
    options.response_bytes = 100;
    HttpClient client(options, clock);
    ScriptedServer server({{Kind::Close, http_answer(200, std::string(101, 'x'))}});
    EXPECT_EQ(code_of(client, server.url()), "InvalidResponse");
}

TEST_F(Client, TrailersAndExtensionsAreBounded) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "1;a=b\r\nx\r\n";
    const std::string long_text(1 << 20, 'y');
    ScriptedServer server({{Kind::Answer, head + chunk + "0\r\nX-Sum: 1\r\n\r\n"},
                           {Kind::Close, head + "1;a=" + long_text},
                           {Kind::Close, head + chunk + "0\r\nX-Sum: " + long_text}});
    HttpClient client(options, clock);
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "x");
    EXPECT_EQ(code_of(client, server.url()), "InvalidResponse");
    EXPECT_EQ(code_of(client, server.url()), "InvalidResponse");
}

TEST_F(Client, NobodyListening) {
    std::uint16_t port = 0;
    { port = ScriptedServer({}).port(); }
    HttpClient client(options, clock);
    EXPECT_EQ(code_of(client, "http://127.0.0.1:" + std::to_string(port)), "ConnectionFailed");
}

TEST_F(Client, TrustsOnlyKnownAuthorities) {
    ScriptedServer server({{Kind::Answer, http_answer(200, "secret")}},
                          ScriptedServer::Security::Tls);
    HttpClient client(options, clock);
    EXPECT_EQ(code_of(client, server.url()), "CertificateNotTrusted");
    EXPECT_TRUE(server.requests().empty());

    const os::testing::TemporaryDirectory directory;
    options.ca_file = (directory.path() / "ca.pem").string();
    os::publish_file(options.ca_file, server.certificate());
    HttpClient trusting(options, clock);
    EXPECT_EQ(trusting.send(parse_url(server.url()), request("x")).body, "secret");
}

TEST_F(Client, CertificateMustBeForTheNameAskedFor) {
    ScriptedServer server({{Kind::Answer, http_answer(200, "secret")}},
                          ScriptedServer::Security::Tls);
    const os::testing::TemporaryDirectory directory;
    options.ca_file = (directory.path() / "ca.pem").string();
    os::publish_file(options.ca_file, server.certificate());
    HttpClient client(options, clock);
    EXPECT_EQ(code_of(client, "https://127.0.0.1:" + std::to_string(server.port())),
              "CertificateNotTrusted");
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(Client, AnAnswerNobodyAskedForIsNotTheNextOnes) {
    ScriptedServer server({{Kind::Answer, http_answer(200, "one"), http_answer(200, "smuggled")},
                           {Kind::Answer, http_answer(200, "two")}},
                          ScriptedServer::Security::Tls);
    const os::testing::TemporaryDirectory directory;
    options.ca_file = (directory.path() / "ca.pem").string();
    os::publish_file(options.ca_file, server.certificate());
    HttpClient client(options, clock);
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "one");
    EXPECT_EQ(client.send(parse_url(server.url()), request()).body, "two");
    EXPECT_EQ(client.connections_made(), 2U);
}

TEST_F(Client, AProxyIsToldTheWholeAddress) {
    ScriptedServer proxy({{Kind::Answer, http_answer(200, "by proxy")}});
    options.proxies.http = Proxy{parse_url(proxy.url()), "Basic eA=="};
    HttpClient client(options, clock);
    EXPECT_EQ(client.send(parse_url("http://sts.invalid:99"), request("b")).body, "by proxy");
    const std::string seen = proxy.requests()[0];
    EXPECT_TRUE(seen.starts_with("POST http://sts.invalid:99/ HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("Proxy-Authorization: Basic eA==\r\n"), std::string::npos) << seen;
}

TEST_F(Client, TlsGoesThroughATunnelOfTheProxy) {
    ScriptedServer proxy({{Kind::Close,
                           "HTTP/1.1 407 Proxy Authentication Required\r\n"
                           "Content-Length: 4\r\n\r\nhush"},
                          {Kind::Close, "HTTP/1.1 502 Bad Gateway\r\n\r\n"},
                          {Kind::Close, "HTTP/1.1 200 Connection established\r\n\r\n"}});
    options.proxies.https = Proxy{parse_url(proxy.url()), "Basic eA=="};
    HttpClient client(options, clock);
    EXPECT_EQ(code_of(client, "https://sts.invalid"), "ProxyRefused");
    EXPECT_EQ(code_of(client, "https://sts.invalid"), "ConnectionFailed");
    // The tunnel is there, and what is at its end hangs up before the handshake.
    EXPECT_EQ(code_of(client, "https://sts.invalid"), "ConnectionFailed");
    const std::string seen = proxy.requests()[0];
    EXPECT_TRUE(seen.starts_with("CONNECT sts.invalid:443 HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("Proxy-Authorization: Basic eA==\r\n"), std::string::npos) << seen;
    EXPECT_EQ(seen.find("X-Test"), std::string::npos);
}

TEST(Url, IsSchemeHostPortAndPath) {
    EXPECT_EQ(parse_url("HTTP://127.0.0.1:7411/").authority(), "127.0.0.1:7411");
    EXPECT_EQ(parse_url("https://host/below/").path, "/below");
    EXPECT_EQ(parse_url("https://[::1]:8443").text(), "https://[::1]:8443");
    EXPECT_EQ(parse_url("https://host:443").authority(), "host");
    for (const char* wrong :
         {"", "host", "ftp://x", "http://", "http://:80", "http://a:b", "http://a:0",
          "http://u:p@host", "http://a b", "http://a/?x", "http://[::1", "http://a:99999"})
        EXPECT_THROW(parse_url(wrong), Error) << wrong;
}

}  // namespace
}  // namespace lifeboat::cloud
