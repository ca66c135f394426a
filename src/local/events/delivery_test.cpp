#include "local/events/delivery.h"

#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "local/events/bus.h"
#include "local/events/timer.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::local::events {
namespace {

using namespace std::chrono_literals;

// Notes every call and fails those it is told to.
class ScriptedCloud final : public cloud::Cloud {
  public:
    struct Call {
        std::string operation;
        Json request;
        std::string token;
    };
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override {
        const std::scoped_lock lock(mutex);
        if (operation == "GetQueueUrl")
            return {{"QueueUrl", "q:" + require_string(request, "QueueName")}};
        calls.push_back(
            {std::string(service) + ":" + std::string(operation), request, options.call_token});
        if (failures > 0 && operation != "SendMessage") {
            --failures;
            throw Error(category, "Scripted", "not now");
        }
        return Json::object();
    }
    std::vector<Call> of(const std::string& operation) {
        const std::scoped_lock lock(mutex);
        std::vector<Call> found;
        for (const Call& call : calls)
            if (call.operation == operation) found.push_back(call);
        return found;
    }
    std::mutex mutex;
    std::vector<Call> calls;
    int failures = 0;
    ErrorCategory category = ErrorCategory::Unavailable;
};

class DeliveryTest : public ::testing::Test {
  protected:
    struct World {
        World(DeliveryTest& test)
            : database(test.directory.path() / "db"),
              jobs(database, test.clock, test.random),
              site{database,      jobs,       test.clock, test.random, test.place,    test.data,
                   test.settings, test.cloud, elsewhere,  sink,        test.functions},
              delivery(site),
              bus(site, delivery),
              timer(site, bus) {
            database.migrate("events", rule_schema());
            delivery.prepare();
            timer.prepare();
        }
        struct NoSink final : EventSink {
            void publish(Transaction&, const Json&) override {}
        };
        Database database;
        Jobs jobs;
        NoSink sink;
        Elsewhere elsewhere;
        Site site;
        Delivery delivery;
        EventBus bus;
        Timer timer;
    };

    void open() {
        world.reset();
        world = std::make_unique<World>(*this);
    }
    void SetUp() override { open(); }
    void TearDown() override { fault::install(""); }

    void run() {
        world->jobs.start(2);
        ASSERT_TRUE(world->jobs.settle(10s));
    }
    // Lets a retry after another become due, as long as there are any.
    void run_retries(int most) {
        for (int i = 0; i < most; ++i) {
            ASSERT_TRUE(world->jobs.settle(10s));
            clock.advance(10min);
        }
        ASSERT_TRUE(world->jobs.settle(10s));
    }
    void put_rule(Rule rule, const Json& target) {
        rule.bus = "default";
        world->database.write([&](Transaction& tx) {
            Rules rules(tx, place);
            const auto before = rules.find(rule.bus, rule.name);
            rules.put(rule);
            if (!target.is_null()) rules.put_target(rule.bus, rule.name, target);
            world->timer.changed(tx, before, rule);
        });
    }
    void publish(const Json& event) {
        world->database.write([&](Transaction& tx) { world->bus.publish(tx, event); });
    }
    Rule pattern_rule(std::string state = "ENABLED") {
        Rule rule;
        rule.name = "r";
        rule.pattern = R"({"source":["s"]})";
        rule.state = std::move(state);
        return rule;
    }
    Json event(const std::string& id) {
        return {{"id", id}, {"source", "s"}, {"detail", {{"k", 1}}}};
    }

    os::testing::TemporaryDirectory directory;
    lifeboat::testing::ManualClock clock{*parse_iso8601("2026-01-02T09:18:24Z")};
    SeededRandom random{5};
    cloud::Place place;
    std::filesystem::path data;
    Settings settings;
    cloud::Functions functions;
    ScriptedCloud cloud;
    std::unique_ptr<World> world;

    const Json lambda = {{"Id", "l"}, {"Arn", "arn:aws:lambda:us-east-1:000000000000:function:f"}};
    const Json machine = {{"Id", "m"},
                          {"Arn", "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
                          {"RoleArn", "arn:aws:iam::000000000000:role/r"}};
    const std::string queue = "arn:aws:sqs:us-east-1:000000000000:dead";
};

TEST_F(DeliveryTest, BringsTheEventToEachTargetOnce) {
    put_rule(pattern_rule(), lambda);
    put_rule(pattern_rule(), machine);
    publish(event("0e3a7a50-0000-0000-0000-000000000001"));
    publish({{"id", "other"}, {"source", "t"}});
    run();
    ASSERT_EQ(cloud.calls.size(), 2U);
    const auto invoked = cloud.of("lambda:Invoke");
    ASSERT_EQ(invoked.size(), 1U);
    EXPECT_EQ(invoked[0].request["InvocationType"], "Event");
    EXPECT_EQ(
        parse_json(*base64_decode(invoked[0].request["Payload"].get<std::string>()), "payload"),
        event("0e3a7a50-0000-0000-0000-000000000001"));
    const auto started = cloud.of("states:StartExecution");
    ASSERT_EQ(started.size(), 1U);
    EXPECT_LE(started[0].request["name"].get<std::string>().size(), 80U);
    EXPECT_NE(started[0].token, invoked[0].token);
}

TEST_F(DeliveryTest, RepeatsUnderTheSameNameAfterACrash) {
    put_rule(pattern_rule(), machine);
    publish(event("e1"));
    fault::install("events.after-delivery=error");
    run();
    clock.advance(10min);
    ASSERT_TRUE(world->jobs.settle(10s));
    const auto started = cloud.of("states:StartExecution");
    ASSERT_EQ(started.size(), 2U);
    EXPECT_EQ(started[0].token, started[1].token);
    EXPECT_EQ(started[0].request["name"], started[1].request["name"]);
}

TEST_F(DeliveryTest, SurvivesTheEndOfTheProcess) {
    put_rule(pattern_rule(), lambda);
    publish(event("e1"));
    open();
    run();
    EXPECT_EQ(cloud.of("lambda:Invoke").size(), 1U);
}

TEST_F(DeliveryTest, SurvivesAKillAtEveryFaultPoint) {
    put_rule(pattern_rule(), lambda);
    int number = 0;
    std::string token;
    for (const char* point :
         {"events.published", "events.before-delivery", "events.after-delivery"}) {
        const Json one = event("e" + std::to_string(++number));
        world.reset();
        EXPECT_EXIT(
            {
                open();
                fault::install(std::string(point) + "=kill");
                publish(one);
                run();
            },
            ::testing::KilledBySignal(SIGKILL), "")
            << point;
        open();
        run();
        const auto calls = cloud.of("lambda:Invoke");
        ASSERT_EQ(calls.size(), static_cast<std::size_t>(number)) << point;
        EXPECT_NE(calls.back().token, std::exchange(token, calls.back().token));
    }
}

TEST_F(DeliveryTest, TriesAgainWhileTheTargetIsUnavailable) {
    put_rule(pattern_rule(), lambda);
    cloud.failures = 3;
    publish(event("e1"));
    run();
    run_retries(5);
    EXPECT_EQ(cloud.of("lambda:Invoke").size(), 4U);
}

TEST_F(DeliveryTest, BuriesWhatItCannotDeliver) {
    Json target = lambda;
    target["DeadLetterConfig"] = {{"Arn", queue}};
    target["RetryPolicy"] = {{"MaximumRetryAttempts", 2}};
    put_rule(pattern_rule(), target);
    cloud.failures = 100;
    publish(event("e1"));
    run();
    run_retries(6);
    EXPECT_EQ(cloud.of("lambda:Invoke").size(), 3U);
    const auto sent = cloud.of("sqs:SendMessage");
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].request["QueueUrl"], "q:dead");
    EXPECT_EQ(parse_json(sent[0].request["MessageBody"].get<std::string>(), "body"), event("e1"));
    const Json& attributes = sent[0].request["MessageAttributes"];
    const auto text = [&](const char* name) { return attributes.at(name).at("StringValue"); };
    EXPECT_EQ(text("RULE_ARN"), "arn:aws:events:us-east-1:000000000000:rule/r");
    EXPECT_EQ(text("TARGET_ARN"), target["Arn"]);
    EXPECT_EQ(text("ERROR_CODE"), "INTERNAL_ERROR");
    EXPECT_EQ(text("ERROR_MESSAGE"), "Scripted: not now");
    EXPECT_EQ(text("RETRY_ATTEMPTS"), "2");
    EXPECT_EQ(text("EXHAUSTED_RETRY_CONDITION"), "MaximumRetryAttempts");
}

TEST_F(DeliveryTest, GivesUpWhenTheEventIsTooOld) {
    Json target = lambda;
    target["DeadLetterConfig"] = {{"Arn", queue}};
    target["RetryPolicy"] = {{"MaximumEventAgeInSeconds", 60}};
    put_rule(pattern_rule(), target);
    cloud.failures = 1000;
    publish(event("e1"));
    run();
    clock.advance(61s);
    ASSERT_TRUE(world->jobs.settle(10s));
    const auto sent = cloud.of("sqs:SendMessage");
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].request["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"],
              "MaximumEventAgeInSeconds");
}

TEST_F(DeliveryTest, DoesNotRetryWhatCannotHelp) {
    Json target = lambda;
    target["DeadLetterConfig"] = {{"Arn", queue}};
    put_rule(pattern_rule(), target);
    cloud.failures = 1;
    cloud.category = ErrorCategory::NotFound;
    publish(event("e1"));
    run();
    EXPECT_EQ(cloud.of("lambda:Invoke").size(), 1U);
    const auto sent = cloud.of("sqs:SendMessage");
    ASSERT_EQ(sent.size(), 1U);
    const Json& attributes = sent[0].request["MessageAttributes"];
    EXPECT_EQ(attributes["ERROR_CODE"]["StringValue"], "NO_RESOURCE");
    EXPECT_EQ(attributes["RETRY_ATTEMPTS"]["StringValue"], "0");
    EXPECT_FALSE(attributes.contains("EXHAUSTED_RETRY_CONDITION"));
}

TEST_F(DeliveryTest, KeepsReadingCallsFromRulesThatDoNotAskForThem) {
    const auto call = [&](const char* id, bool read_only) {
        return Json{{"id", id},
                    {"source", "s"},
                    {"detail-type", "AWS API Call via CloudTrail"},
                    {"detail", {{"readOnly", read_only}}}};
    };
    put_rule(pattern_rule(), lambda);
    publish(call("read", true));
    publish(call("write", false));
    run();
    EXPECT_EQ(cloud.calls.size(), 1U);
    put_rule(pattern_rule("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), lambda);
    publish(call("read2", true));
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(cloud.calls.size(), 2U);
    put_rule(pattern_rule("DISABLED"), lambda);
    publish(call("write2", false));
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(cloud.calls.size(), 2U);
}

class TimerTest : public DeliveryTest {
  protected:
    Rule rate(const std::string& expression = "rate(5 minutes)") {
        Rule rule;
        rule.name = "t";
        rule.schedule = expression;
        rule.state = "ENABLED";
        rule.anchor = clock.now();
        return rule;
    }
    std::size_t fired() { return cloud.of("lambda:Invoke").size(); }
};

TEST_F(TimerTest, FiresAtEachInstant) {
    put_rule(rate(), lambda);
    run();
    EXPECT_EQ(fired(), 0U);
    for (std::size_t i = 1; i <= 3; ++i) {
        clock.advance(5min);
        ASSERT_TRUE(world->jobs.settle(10s));
        EXPECT_EQ(fired(), i);
    }
    const Json event =
        parse_json(*base64_decode(cloud.calls[0].request["Payload"].get<std::string>()), "payload");
    EXPECT_EQ(event["detail-type"], "Scheduled Event");
    EXPECT_EQ(event["source"], "aws.events");
    EXPECT_EQ(event["time"], "2026-01-02T09:23:24Z");
    EXPECT_EQ(event["resources"][0], "arn:aws:events:us-east-1:000000000000:rule/t");
}

TEST_F(TimerTest, CatchesUpOnceAfterATimeOff) {
    put_rule(rate(), lambda);
    clock.advance(1h);
    open();
    run();
    EXPECT_EQ(fired(), 1U);
    clock.advance(5min);
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(fired(), 2U);
}

TEST_F(TimerTest, GoesOnFiringWhenTheClockIsSetBack) {
    for (const char* expression : {"rate(5 minutes)", "cron(0/5 * * * ? *)"}) {
        put_rule(rate(expression), lambda);
        run();
        clock.advance(10min);
        ASSERT_TRUE(world->jobs.settle(10s));
        const std::size_t before = fired();
        clock.advance(-7h - 2min);
        ASSERT_TRUE(world->jobs.settle(10s));
        EXPECT_EQ(fired(), before) << expression;
        // At most one period is lost, and instants that come again fire again.
        for (int minute = 0; minute < 30; ++minute) {
            clock.advance(1min);
            ASSERT_TRUE(world->jobs.settle(10s));
        }
        EXPECT_GE(fired(), before + 5) << expression;
        EXPECT_LE(fired(), before + 7) << expression;
        open();
    }
}

TEST_F(TimerTest, NeverFiresAnInstantTwice) {
    put_rule(rate(), lambda);
    clock.advance(5min);
    // The run that fires is lost before it is written down, and so is its event.
    fault::install("jobs.before-end=error");
    run();
    clock.advance(2s);
    ASSERT_TRUE(world->jobs.settle(10s));
    open();
    run();
    EXPECT_EQ(fired(), 1U);
}

TEST_F(TimerTest, FollowsChangesOfTheRule) {
    const Rule rule = rate();
    put_rule(rule, lambda);
    run();
    Rule off = rule;
    off.state = "DISABLED";
    put_rule(off, nullptr);
    clock.advance(5min);
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(fired(), 0U);
    put_rule(rule, nullptr);
    clock.advance(5min);
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(fired(), 1U);
    put_rule(rate("cron(0 10 * * ? *)"), nullptr);
    clock.advance(10min);
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(fired(), 1U);
    clock.advance(25min);
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(fired(), 2U);
    world->database.write([&](Transaction& tx) {
        Rules rules(tx, place);
        world->timer.removed(tx, *rules.find("default", "t"));
        rules.remove("default", "t");
    });
    clock.advance(24h);
    ASSERT_TRUE(world->jobs.settle(10s));
    EXPECT_EQ(fired(), 2U);
}

}  // namespace
}  // namespace lifeboat::local::events
