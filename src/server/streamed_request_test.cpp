#include "server/streamed_request.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "server/testing/raw_client.h"

namespace lifeboat::server {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;

// Gives `parts` times the digit of its number.
class Digits final : public BodySource {
  public:
    Digits(std::size_t parts, std::size_t size) : parts_(parts), size_(size) {}
    std::string next() override {
        if (given_ == parts_) return "";
        return std::string(size_, static_cast<char>('0' + given_++ % 10));
    }

  private:
    std::size_t parts_;
    std::size_t size_;
    std::size_t given_ = 0;
};

class Broken final : public BodySource {
    std::string next() override {
        if (std::exchange(begun_, true)) throw std::runtime_error("the file is gone");
        return "begun";
    }
    bool begun_ = false;
};

struct Seen {
    std::atomic<int> alive{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::size_t> largest{0};
    std::latch took{1};
};

class Counting final : public StreamedRequest {
  public:
    Counting(cloud::HttpRequest head, Seen& seen) : head_(std::move(head)), seen_(seen) {
        ++seen_.alive;
    }
    ~Counting() override { --seen_.alive; }

    std::optional<StreamedAnswer> begin() override {
        if (head_.target == "/s/refused") return plain(403, "no");
        if (head_.target == "/s/throws") throw std::runtime_error("secret detail");
        return std::nullopt;
    }
    std::optional<StreamedAnswer> take(std::string_view part) override {
        if (seen_.bytes == 0) seen_.took.count_down();
        seen_.bytes += part.size();
        if (part.size() > seen_.largest) seen_.largest = part.size();
        if (head_.target == "/s/limited" && seen_.bytes > 5000) return plain(413, "too much");
        return std::nullopt;
    }
    StreamedAnswer finish() override {
        if (head_.target == "/s/large")
            return {{200, {}, ""}, std::make_unique<Digits>(300, 100'000), 30'000'000};
        if (head_.target == "/s/unknown")
            return {{200, {}, ""}, std::make_unique<Digits>(3, 4), std::nullopt};
        if (head_.target == "/s/broken") return {{200, {}, ""}, std::make_unique<Broken>(), 100};
        return plain(200, head_.method + " " + std::to_string(seen_.bytes));
    }

  private:
    static StreamedAnswer plain(int status, const std::string& body) {
        return {{status, {}, body}, nullptr};
    }
    cloud::HttpRequest head_;
    Seen& seen_;
};

class Streaming : public ::testing::Test {
  protected:
    void serve() {
        server_ = std::make_unique<HttpServer>(
            listen_on({"127.0.0.1", 0}), limits_,
            [](const cloud::HttpRequest& request, const Peer&) {
                return cloud::HttpResponse{200, {}, "whole " + request.body};
            },
            [this](const cloud::HttpRequest& head,
                   const Peer&) -> std::unique_ptr<StreamedRequest> {
                if (!head.target.starts_with("/s/")) return nullptr;
                return std::make_unique<Counting>(head, seen_);
            });
    }
    RawClient client() const { return RawClient(server_->address().port); }
    static std::string body(const std::string& answer) {
        return answer.substr(answer.find("\r\n\r\n") + 4);
    }
    static std::string post(const std::string& target, std::size_t size) {
        return "POST " + target + " HTTP/1.1\r\nContent-Length: " + std::to_string(size) +
               "\r\n\r\n" + std::string(size, 'x');
    }
    void wait_until_all_are_gone() const {
        while (seen_.alive != 0)
            std::this_thread::yield();
    }

    Limits limits_;
    Seen seen_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(Streaming, TakesABodyInPartsThatAreBounded) {
    limits_.body_bytes = 10;
    limits_.part_bytes = 10'000;
    serve();
    RawClient c = client();
    c.send(post("/s/a", 1'000'001));
    EXPECT_EQ(body(c.receive()), "POST 1000001");
    EXPECT_EQ(seen_.largest, 10'000U);
    c.send("GET /s/b HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(body(c.receive()), "GET 1000001");
    EXPECT_EQ(body(c.receive()), "whole abc");
    EXPECT_EQ(server_->connections(), 1U);
    wait_until_all_are_gone();
}

TEST_F(Streaming, TakesChunksAndClientsThatAskFirst) {
    serve();
    RawClient c = client();
    c.send(
        "POST /s/c HTTP/1.1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    EXPECT_EQ(body(c.receive()), "POST 7");
    c.send("POST /s/e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(c.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
    c.send("ok");
    EXPECT_EQ(body(c.receive()), "POST 9");
}

TEST_F(Streaming, ARefusalIsAnsweredBeforeTheBodyIsSent) {
    serve();
    RawClient c = client();
    c.send("POST /s/refused HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(c.receive_all().starts_with("HTTP/1.1 403"));
    RawClient sending = client();
    sending.send_as_far_as_possible(post("/s/limited", 900'000));
    EXPECT_TRUE(sending.receive_all().starts_with("HTTP/1.1 413"));
    RawClient reading = client();
    reading.send("GET /s/refused HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(reading.receive().starts_with("HTTP/1.1 403"));
    EXPECT_EQ(body(reading.receive()), "whole ");
}

TEST_F(Streaming, GivesLargeAnswersInParts) {
    serve();
    RawClient c = client();
    c.send("GET /s/large HTTP/1.1\r\n\r\n");
    const std::string answer = body(c.receive());
    ASSERT_EQ(answer.size(), 30'000'000U);
    EXPECT_EQ(answer[99'999], '0');
    EXPECT_EQ(answer[100'000], '1');
    EXPECT_EQ(answer.back(), '9');
    c.send("GET /s/unknown HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(body(c.receive_all()), "4\r\n0000\r\n4\r\n1111\r\n4\r\n2222\r\n0\r\n\r\n");
    wait_until_all_are_gone();
}

TEST_F(Streaming, WhatFailsIsSaidWhileItCanBeAndElseSeen) {
    serve();
    RawClient c = client();
    c.send("GET /s/throws HTTP/1.1\r\n\r\n");
    const std::string answer = c.receive();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500"));
    EXPECT_EQ(answer.find("secret"), std::string::npos);
    RawClient broken = client();
    broken.send("GET /s/broken HTTP/1.1\r\n\r\n");
    EXPECT_EQ(body(broken.receive_all()), "begun");
    wait_until_all_are_gone();
}

TEST_F(Streaming, SlowClientsHoldNoWorkerAndAreHungUpOn) {
    limits_.workers = 1;
    limits_.part = 2s;
    serve();
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int i = 0; i < 50; ++i) {
        slow.push_back(std::make_unique<RawClient>(server_->address().port));
        slow.back()->send(i % 2 ? "POST /s/slow HTTP/1.1\r\nContent-Length: 9\r\n\r\n1"
                                : "GET /s/large HTTP/1.1\r\n\r\n");
    }
    RawClient c = client();
    c.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(body(c.receive()), "whole ");
    EXPECT_EQ(slow[1]->receive_all(), "");
    slow.clear();
    wait_until_all_are_gone();
}

TEST_F(Streaming, ClientsThatVanishLeaveNothingBehind) {
    serve();
    RawClient gone = client();
    gone.send("POST /s/gone HTTP/1.1\r\nContent-Length: 600000\r\n\r\n" +
              std::string(300'000, 'x'));
    seen_.took.wait();
    gone.abort();
    RawClient deaf = client();
    deaf.send("GET /s/large HTTP/1.1\r\n\r\n");
    deaf.abort();
    wait_until_all_are_gone();
    RawClient under_way = client();
    under_way.send("POST /s/end HTTP/1.1\r\nContent-Length: 9\r\n\r\n1");
    server_.reset();
    EXPECT_EQ(seen_.alive, 0);
}

}  // namespace
}  // namespace lifeboat::server
