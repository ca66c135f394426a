#include "server/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include "base/error.h"
#include "server/testing/raw_client.h"

namespace lifeboat::server {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;

cloud::HttpResponse echo(const cloud::HttpRequest& request, const Peer&) {
    return {200, {}, request.method + " " + request.target + " " + request.body};
}

class Serving : public ::testing::Test {
  protected:
    Serving() {
        limits.idle = 10s;
        limits.header = 10s;
        limits.body = 10s;
    }
    void serve(HttpHandler handler = echo) {
        server = std::make_unique<HttpServer>(listen_on({"127.0.0.1", 0}), limits, handler);
    }
    RawClient client() const { return RawClient(server->address().port); }

    static int status(const std::string& answer) {
        return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
    }
    static std::string body(const std::string& answer) {
        return answer.substr(answer.find("\r\n\r\n") + 4);
    }
    int status_of(const std::string& bytes) const {
        RawClient c = client();
        c.send_as_far_as_possible(bytes);
        return status(c.receive());
    }

    Limits limits;
    std::unique_ptr<HttpServer> server;
};

TEST_F(Serving, AnswersOneRequestAfterAnotherOnOneConnection) {
    serve();
    RawClient c = client();
    for (const char* path : {"/a", "/b"}) {
        c.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(body(c.receive()), "GET " + std::string(path) + " ");
    }
    EXPECT_EQ(server->connections(), 1U);
}

TEST_F(Serving, PipelinedRequestsAreAnsweredInOrder) {
    std::atomic<int> order{0};
    serve([&](const cloud::HttpRequest& request, const Peer&) {
        return cloud::HttpResponse{200, {}, request.target + std::to_string(order++)};
    });
    RawClient c = client();
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += "POST /" + std::to_string(i) + "- HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    c.send(all);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(body(c.receive()), "/" + std::to_string(i) + "-" + std::to_string(i));
}

TEST_F(Serving, TakesBodiesInChunks) {
    serve();
    RawClient c = client();
    c.send(
        "PUT /c HTTP/1.1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n");
    EXPECT_EQ(body(c.receive()), "PUT /c abcdefg");
}

TEST_F(Serving, TellsAClientThatAsksToSendItsBody) {
    serve();
    RawClient c = client();
    c.send("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(c.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
    c.send("ok");
    EXPECT_EQ(body(c.receive()), "POST /e ok");
}

TEST_F(Serving, RefusesABodyThatIsTooLargeBeforeItIsSent) {
    limits.body_bytes = 1000;
    serve();
    RawClient c = client();
    c.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_EQ(status(c.receive()), 413);
}

TEST_F(Serving, RefusesABodyThatGrowsTooLarge) {
    limits.body_bytes = 1000;
    serve();
    std::string chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 20; ++i)
        chunked += "64\r\n" + std::string(100, 'x') + "\r\n";
    EXPECT_EQ(status_of(chunked), 413);
    EXPECT_EQ(
        status_of("POST / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n" + std::string(5000000, 'x')),
        413);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')),
              200);
}

TEST_F(Serving, RefusesHeadersThatAreTooLarge) {
    limits.header_bytes = 8000;
    serve();
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"), 431);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX: " + std::string(900000, 'x')), 431);
    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 2000; ++i)
        many += "X" + std::to_string(i) + ": y\r\n";
    EXPECT_EQ(status_of(many + "\r\n"), 431);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX: " + std::string(7000, 'x') + "\r\n\r\n"), 200);
}

TEST_F(Serving, RefusesWhatIsNotHttp) {
    serve();
    for (const char* garbage :
         {"\x16\x03\x01\x02\x01\x01\n\n\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "GET /\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
        EXPECT_EQ(status_of(garbage), 400) << garbage;
    EXPECT_EQ(status_of("GET /still-alive HTTP/1.1\r\n\r\n"), 200);
}

TEST_F(Serving, LengthAndChunksTogetherAreRefused) {
    serve();
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: "
                        "chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
              400);
}

TEST_F(Serving, SlowClientIsHungUpOn) {
    limits.header = 50ms;
    limits.body = 50ms;
    serve();
    RawClient header = client();
    header.send("GET / HT");
    EXPECT_EQ(header.receive_all(), "");
    RawClient slow_body = client();
    slow_body.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(slow_body.receive_all(), "");
}

TEST_F(Serving, SilentClientIsHungUpOn) {
    limits.idle = 50ms;
    serve();
    EXPECT_EQ(client().receive_all(), "");
}

TEST_F(Serving, SlowClientsHoldNoWorker) {
    limits.workers = 1;
    serve();
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int i = 0; i < 100; ++i) {
        slow.push_back(std::make_unique<RawClient>(server->address().port));
        slow.back()->send(i % 2 ? "GET / HTTP/1.1\r\nX: "
                                : "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1");
    }
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 200);
}

TEST_F(Serving, ClientsThatVanishDoNoHarm) {
    std::latch entered(1);
    std::latch leave(1);
    serve([&](const cloud::HttpRequest& request, const Peer&) {
        if (request.target == "/wait") {
            entered.count_down();
            leave.wait();
        }
        return cloud::HttpResponse{200, {}, std::string(1 << 20, 'x')};
    });
    RawClient gone = client();
    gone.send("GET /wait HTTP/1.1\r\n\r\n");
    entered.wait();
    gone.abort();
    leave.count_down();
    RawClient half = client();
    half.send("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
    half.end_sending();
    half.receive_all();
    client().abort();
    RawClient reading_none = client();
    reading_none.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    reading_none.abort();
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 200);
}

TEST_F(Serving, SaysBusyInsteadOfQueueingWithoutEnd) {
    limits.workers = 1;
    limits.queue = 1;
    std::latch entered(1);
    std::latch leave(1);
    std::atomic<bool> first{true};
    serve([&](const cloud::HttpRequest&, const Peer&) {
        if (first.exchange(false)) {
            entered.count_down();
            leave.wait();
        }
        return cloud::HttpResponse{};
    });
    const std::string get = "GET / HTTP/1.1\r\n\r\n";
    RawClient working = client();
    working.send(get);
    entered.wait();
    // Of two more one waits and one is refused; which, the order of arrival decides.
    RawClient a = client();
    RawClient b = client();
    a.send(get);
    b.send(get);
    std::string refused;
    std::thread reader([&] { refused = a.receive(); });
    const std::string other = b.receive();
    leave.count_down();
    reader.join();
    EXPECT_EQ(status(refused) + status(other), 503 + 200);
    EXPECT_EQ(status(working.receive()), 200);
}

TEST_F(Serving, HandlerThatThrowsIsAnsweredWith500) {
    serve([](const cloud::HttpRequest&, const Peer&) -> cloud::HttpResponse {
        throw std::runtime_error("secret detail");
    });
    RawClient c = client();
    c.send("GET / HTTP/1.1\r\n\r\n");
    const std::string answer = c.receive();
    EXPECT_EQ(status(answer), 500);
    EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST_F(Serving, HeaderValuesCannotBeginAnotherHeader) {
    serve([](const cloud::HttpRequest&, const Peer&) {
        return cloud::HttpResponse{200, {{"X-Name", "a\r\nSet-Cookie: b"}}, ""};
    });
    RawClient c = client();
    c.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_NE(c.receive().find("X-Name: a  Set-Cookie: b\r\n"), std::string::npos);
}

TEST_F(Serving, HeadAndNoContentHaveNoBody) {
    serve([](const cloud::HttpRequest& request, const Peer&) {
        return cloud::HttpResponse{request.method == "HEAD" ? 200 : 204, {}, "12345"};
    });
    RawClient c = client();
    c.send("DELETE / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    const std::string all = c.receive_all();
    EXPECT_EQ(all.find("12345"), std::string::npos);
    EXPECT_NE(all.find("Content-Length: 5"), std::string::npos);
}

TEST_F(Serving, DrainAnswersWhatIsUnderWayAndTakesNothingNew) {
    std::latch entered(1);
    std::latch leave(1);
    serve([&](const cloud::HttpRequest&, const Peer&) {
        entered.count_down();
        leave.wait();
        return cloud::HttpResponse{200, {}, "done"};
    });
    RawClient idle = client();
    RawClient working = client();
    working.send("GET / HTTP/1.1\r\n\r\n");
    entered.wait();
    EXPECT_FALSE(server->drain(10ms));
    EXPECT_EQ(idle.receive_all(), "");
    EXPECT_THROW(client(), Error);
    leave.count_down();
    EXPECT_EQ(body(working.receive_all()), "done");
    EXPECT_TRUE(server->drain(10s));
}

TEST_F(Serving, ManyClientsAtOnce) {
    serve();
    std::atomic<int> answered{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 16; ++t)
            threads.emplace_back([&] {
                RawClient c = client();
                for (int i = 0; i < 100; ++i) {
                    c.send("POST /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
                    if (body(c.receive()) == "POST /x body") ++answered;
                }
            });
    }
    EXPECT_EQ(answered, 1600);
}

TEST(ListenAddress, IsHostAndPort) {
    EXPECT_EQ(parse_listen_address("[::1]:80").host, "::1");
    EXPECT_EQ(parse_listen_address("localhost:0").host, "127.0.0.1");
    EXPECT_EQ(parse_listen_address("0.0.0.0:65535").port, 65535);
    for (const char* wrong :
         {"", "127.0.0.1", ":80", "a:", "a:b", "a:65536", "a:-1", "::1:80", "a:1x"})
        EXPECT_THROW(parse_listen_address(wrong), Error) << wrong;
    EXPECT_THROW(listen_on({"example.com", 0}), Error);
}

TEST(ListenAddress, InUseIsSaid) {
    const Listener first = listen_on({"127.0.0.1", 0});
    try {
        listen_on(first.address);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "AddressInUse");
        EXPECT_NE(e.message().find("--listen"), std::string::npos);
    }
}

}  // namespace
}  // namespace lifeboat::server
