#include "local/sqs/service.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/json.h"
#include "local/site.h"
#include "local/sqs/arrivals.h"
#include "local/sqs/batch.h"
#include "local/sqs/clock_set_back.h"
#include "local/sqs/messages.h"
#include "local/sqs/move_tasks.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local {
namespace sqs {
namespace {

constexpr std::size_t kLargestBatch = 1048576;
constexpr std::int64_t kMostReceived = 10;
constexpr std::int64_t kLongestWait = 20;
constexpr std::size_t kMostTags = 50;
constexpr auto kPurgePause = std::chrono::seconds(60);
constexpr std::string_view kExpiryJob = "sqs.expire";

const std::set<std::string> kReadOnlyAttributes = {"ApproximateNumberOfMessages",
                                                   "ApproximateNumberOfMessagesNotVisible",
                                                   "ApproximateNumberOfMessagesDelayed",
                                                   "CreatedTimestamp",
                                                   "LastModifiedTimestamp",
                                                   "QueueArn"};

const std::set<std::string> kSystemAttributes = {"All",
                                                 "SenderId",
                                                 "SentTimestamp",
                                                 "ApproximateReceiveCount",
                                                 "ApproximateFirstReceiveTimestamp",
                                                 "SequenceNumber",
                                                 "MessageDeduplicationId",
                                                 "MessageGroupId",
                                                 "AWSTraceHeader",
                                                 "DeadLetterQueueSourceArn"};

std::int64_t ranged(const Json& request, const char* member, std::int64_t low, std::int64_t high,
                    std::int64_t fallback) {
    const std::int64_t value = integer_or(request, member, fallback);
    if (value < low || value > high)
        throw invalid_parameter(std::to_string(value), member,
                                "Must be >= " + std::to_string(low) +
                                    " and <= " + std::to_string(high) + ", if provided.");
    return value;
}

std::vector<std::string> names_of(const Json& request, const char* member) {
    std::vector<std::string> names;
    if (const Json* list = find(request, member); list != nullptr && list->is_array())
        for (const Json& name : *list)
            names.push_back(name.get<std::string>());
    return names;
}

// A page of names as URLs; `find_names(after, limit)` finds them.
template <class F>
Json page_of_urls(const Json& request, const char* member, const QueueAddress& address,
                  F find_names) {
    const std::int64_t most = ranged(request, "MaxResults", 1, 1000, 1000);
    std::string after;
    if (const auto token = find_string(request, "NextToken")) {
        const auto name = base64_decode(*token);
        if (!name) throw invalid_parameter(*token, "NextToken", "Invalid NextToken value.");
        after = *name;
    }
    const auto limit = static_cast<std::size_t>(most);
    std::vector<std::string> names = find_names(after, limit + 1);
    Json result = Json::object();
    if (names.size() > limit) {
        names.resize(limit);
        // Without MaxResults SQS answers 1,000 and says nothing of the rest.
        if (request.contains("MaxResults")) result["NextToken"] = base64_encode(names.back());
    }
    Json urls = Json::array();
    for (const std::string& name : names)
        urls.push_back(address.url(name));
    result[member] = std::move(urls);
    return result;
}

}  // namespace

class SqsService final : public Service {
  public:
    explicit SqsService(Site& site)
        : site_(site),
          address_{site.place, site.settings.text("sqs.base_url", "http://127.0.0.1:7411")},
          recreate_after_(site.settings.seconds("sqs.recreate_seconds", std::chrono::seconds(60))),
          moves_(site, address_, arrivals_) {}

    std::string_view name() const override { return "sqs"; }
    std::vector<std::string> schema() const override { return queue_schema(); }
    void prepare() override {
        moves_.prepare();
        site_.jobs.when_clock_is_set_back(
            [this](Transaction& tx, Duration by) { follow_clock_back(tx, site_.clock.now(), by); });
        site_.jobs.handle(std::string(kExpiryJob), [this](const Job&) {
            return again_at(site_.clock.now() + std::chrono::hours(1),
                            [this](Transaction& tx) { drop_expired(tx); });
        });
    }
    void start() override {
        site_.database.write([&](Transaction& tx) {
            site_.jobs.enqueue(tx, kExpiryJob, "all", Json::object(),
                               site_.clock.now() + std::chrono::hours(1));
        });
    }
    void stop() override { arrivals_.stop(); }

    std::vector<Operation> operations() override {
        using This = SqsService;
        return {
            writing("CreateQueue", &This::create_queue),
            reading("GetQueueUrl", &This::get_queue_url),
            reading("GetQueueAttributes", &This::get_queue_attributes),
            writing("SetQueueAttributes", &This::set_queue_attributes),
            reading("ListQueues", &This::list_queues),
            writing("DeleteQueue", &This::delete_queue),
            writing("PurgeQueue", &This::purge_queue),
            writing("SendMessage", &This::send_message),
            writing("SendMessageBatch", &This::send_message_batch),
            blocks("ReceiveMessage",
                   [this](const Json& request, const Caller&) { return receive_message(request); }),
            writing("DeleteMessage", &This::delete_message),
            writing("DeleteMessageBatch", &This::delete_message_batch),
            writing("ChangeMessageVisibility", &This::change_visibility),
            writing("ChangeMessageVisibilityBatch", &This::change_visibility_batch),
            reading("ListDeadLetterSourceQueues", &This::list_dead_letter_source_queues),
            writing("StartMessageMoveTask", &This::start_move),
            writing("CancelMessageMoveTask", &This::cancel_move),
            reading("ListMessageMoveTasks", &This::list_moves),
            writing("TagQueue", &This::tag_queue),
            writing("UntagQueue", &This::untag_queue),
            reading("ListQueueTags", &This::list_queue_tags),
        };
    }

  private:
    using Member = Json (SqsService::*)(Transaction&, const Json&, const Caller&);
    Operation::Transacted handler(Member member) {
        return [this, member](Transaction& tx, const Json& request, const Caller& caller) {
            return (this->*member)(tx, request, caller);
        };
    }
    Operation reading(const char* name, Member member) { return reads(name, handler(member)); }
    Operation writing(const char* name, Member member) { return writes(name, handler(member)); }

    Queue queue_of(Transaction& tx, const Json& request) {
        return Queues(tx).require(address_.name_of_url(string_or(request, "QueueUrl", "")));
    }
    Messages messages(Transaction& tx, const Queue& queue) {
        return {tx, address_, queue, site_.clock.now()};
    }
    void notify(Transaction& tx, std::int64_t queue) {
        tx.on_commit([this, queue] { arrivals_.arrived(queue); });
    }

    // Sets all attributes of a request, and checks them against other queues.
    void apply(Transaction& tx, Queue& queue, const Json& request) {
        const Json* given = find(request, "Attributes");
        if (given == nullptr || !given->is_object()) return;
        // Whether others are allowed depends on it.
        if (const auto fifo = find_string(*given, "FifoQueue")) {
            if (queue.id != 0 && !(queue.attributes.is_fifo() && *fifo == "true"))
                throw refusal("InvalidAttributeValue",
                              "Invalid value for the parameter FifoQueue. Reason: Modifying queue "
                              "type is not supported.");
            queue.attributes.set("FifoQueue", *fifo);
        }
        for (const auto& [name, value] : given->items())
            queue.attributes.set(name, value.get<std::string>());
        if (!given->contains("RedrivePolicy")) return;
        const auto redrive = queue.attributes.redrive();
        if (!redrive) return;
        const std::string policy = (*given)["RedrivePolicy"].get<std::string>();
        const auto target_name = address_.name_of_arn(redrive->target_arn);
        // The target may be the queue itself only in name: it is not there yet, or it is a mistake.
        const auto target = target_name ? Queues(tx).find(*target_name) : std::nullopt;
        if (!target)
            throw invalid_parameter(policy, "RedrivePolicy", "Dead letter target does not exist.");
        if (target->attributes.is_fifo() != queue.attributes.is_fifo())
            throw invalid_parameter(policy, "RedrivePolicy",
                                    "Dead-letter queue must be same type of queue as the source.");
        if (!target->attributes.allows_redrive_from(address_.arn(queue.name)))
            throw invalid_parameter(
                policy, "RedrivePolicy",
                "The dead-letter queue's RedriveAllowPolicy does not allow this "
                "source queue.");
    }

    Json create_queue(Transaction& tx, const Json& request, const Caller&) {
        Queues queues(tx);
        const std::string name = string_or(request, "QueueName", "");
        const Json* given = find(request, "Attributes");
        const bool fifo = given != nullptr && string_or(*given, "FifoQueue", "") == "true";
        check_queue_name(name, fifo);
        Queue queue;
        queue.name = name;
        queue.created = queue.modified = site_.clock.now();
        apply(tx, queue, request);
        if (const auto existing = queues.find(name)) {
            if (given != nullptr)
                for (const auto& [attribute, value] : given->items())
                    if (existing->attributes.get(attribute) != queue.attributes.get(attribute))
                        throw Error(
                            ErrorCategory::AlreadyExists, "QueueNameExists",
                            "A queue already exists with the same name and a different value "
                            "for attribute " +
                                attribute);
            return {{"QueueUrl", address_.url(name)}};
        }
        if (const auto removed = queues.removed_at(name);
            removed && queue.created < *removed + recreate_after_)
            throw Error(ErrorCategory::Unavailable, "QueueDeletedRecently",
                        "You must wait 60 seconds after deleting a queue before you can create "
                        "another with the same name.");
        queues.create(queue);
        if (const Json* tags = find(request, "tags"); tags != nullptr && tags->is_object())
            put_tags(queues, queues.require(name), *tags);
        return {{"QueueUrl", address_.url(name)}};
    }

    Json get_queue_url(Transaction& tx, const Json& request, const Caller&) {
        const std::string owner = string_or(request, "QueueOwnerAWSAccountId", site_.place.account);
        const std::string name = string_or(request, "QueueName", "");
        Queues(tx).require(owner == site_.place.account ? name : "");
        return {{"QueueUrl", address_.url(name)}};
    }

    Json get_queue_attributes(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        const std::vector<std::string> wanted = names_of(request, "AttributeNames");
        for (const std::string& name : wanted)
            if (name != "All" && !is_queue_attribute(name) && !kReadOnlyAttributes.contains(name))
                throw refusal("InvalidAttributeName", "Unknown Attribute " + name + ".");
        if (wanted.empty()) return Json::object();
        std::map<std::string, std::string> all = queue.attributes.all();
        const MessageCounts counts = messages(tx, queue).counts();
        const auto seconds = [](Time time) {
            return std::to_string(to_epoch_micros(time) / 1000000);
        };
        all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
        all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
        all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
        all["CreatedTimestamp"] = seconds(queue.created);
        all["LastModifiedTimestamp"] = seconds(queue.modified);
        all["QueueArn"] = address_.arn(queue.name);
        Json attributes = Json::object();
        const bool everything = std::find(wanted.begin(), wanted.end(), "All") != wanted.end();
        for (const auto& [name, value] : all)
            if (everything || std::find(wanted.begin(), wanted.end(), name) != wanted.end())
                attributes[name] = value;
        return {{"Attributes", std::move(attributes)}};
    }

    Json set_queue_attributes(Transaction& tx, const Json& request, const Caller&) {
        Queue queue = queue_of(tx, request);
        apply(tx, queue, request);
        queue.modified = site_.clock.now();
        Queues(tx).update(queue);
        notify(tx, queue.id);
        return Json::object();
    }

    Json list_queues(Transaction& tx, const Json& request, const Caller&) {
        return page_of_urls(
            request, "QueueUrls", address_, [&](const std::string& after, std::size_t limit) {
                return Queues(tx).names(string_or(request, "QueueNamePrefix", ""), after, limit);
            });
    }

    Json list_dead_letter_source_queues(Transaction& tx, const Json& request, const Caller&) {
        const std::string arn = address_.arn(queue_of(tx, request).name);
        return page_of_urls(request, "queueUrls", address_,
                            [&](const std::string& after, std::size_t limit) {
                                return Queues(tx).sources_of(arn, after, limit);
                            });
    }

    Json delete_queue(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        Queues(tx).remove(queue, site_.clock.now());
        notify(tx, queue.id);
        return Json::object();
    }

    Json purge_queue(Transaction& tx, const Json& request, const Caller&) {
        Queue queue = queue_of(tx, request);
        const Time now = site_.clock.now();
        if (now < queue.purged + kPurgePause)
            throw Error(
                ErrorCategory::Throttled, "PurgeQueueInProgress",
                "Only one PurgeQueue operation on " + queue.name + " is allowed every 60 seconds.");
        messages(tx, queue).purge();
        queue.purged = now;
        Queues(tx).update(queue);
        return Json::object();
    }

    Json send_message(Transaction& tx, const Json& request, const Caller& caller) {
        const Queue queue = queue_of(tx, request);
        Json answer = messages(tx, queue).send(request, caller.user_id, site_.random);
        notify(tx, queue.id);
        return answer;
    }

    Json send_message_batch(Transaction& tx, const Json& request, const Caller& caller) {
        const Queue queue = queue_of(tx, request);
        std::size_t size = 0;
        for (const Json& entry : request.at("Entries"))
            size += Messages::size_of(entry);
        if (size > kLargestBatch)
            throw refusal("BatchRequestTooLong",
                          "Batch requests cannot be longer than 1048576 bytes. You have sent " +
                              std::to_string(size) + " bytes.");
        Json answer = run_batch(request, "SendMessageBatchRequestEntry", [&](const Json& entry) {
            return messages(tx, queue).send(entry, caller.user_id, site_.random);
        });
        notify(tx, queue.id);
        return answer;
    }

    Json receive_message(const Json& request) {
        ReceiveOrder order;
        order.most =
            static_cast<std::size_t>(ranged(request, "MaxNumberOfMessages", 1, kMostReceived, 1));
        order.system_names = names_of(request, "MessageSystemAttributeNames");
        for (std::string& name : names_of(request, "AttributeNames"))
            order.system_names.push_back(std::move(name));
        order.attribute_names = names_of(request, "MessageAttributeNames");
        for (const std::string& name : order.system_names)
            if (!kSystemAttributes.contains(name))
                throw refusal("InvalidAttributeName", "Unknown Attribute " + name + ".");
        order.attempt = string_or(request, "ReceiveRequestAttemptId", "");
        const std::int64_t visibility = ranged(request, "VisibilityTimeout", 0, 43200, 0);
        const bool own_visibility = request.contains("VisibilityTimeout");
        const std::int64_t wait = ranged(request, "WaitTimeSeconds", 0, kLongestWait, 0);
        const std::string name = address_.name_of_url(string_or(request, "QueueUrl", ""));

        const Time began = site_.clock.now();
        ClockWatch watch(site_.clock);
        for (;;) {
            Queue queue;
            std::uint64_t seen = 0;
            std::optional<Time> next;
            const bool visible = site_.database.read([&](Transaction& tx) {
                queue = Queues(tx).require(name);
                seen = arrivals_.count(queue.id);
                Messages look = messages(tx, queue);
                next = look.next_visible();
                return look.has_visible();
            });
            if (!order.attempt.empty() && !queue.attributes.is_fifo())
                throw invalid_parameter(order.attempt, "ReceiveRequestAttemptId",
                                        "The request include parameter that is not valid for this "
                                        "queue type.");
            order.visibility = own_visibility ? Duration(std::chrono::seconds(visibility))
                                              : queue.attributes.seconds("VisibilityTimeout");
            if (visible || !order.attempt.empty()) {
                Json received = receive(name, order);
                if (!received.empty()) return {{"Messages", std::move(received)}};
            }
            const Time until =
                began + (request.contains("WaitTimeSeconds")
                             ? Duration(std::chrono::seconds(wait))
                             : queue.attributes.seconds("ReceiveMessageWaitTimeSeconds"));
            if (site_.clock.now() >= until || arrivals_.is_stopped() ||
                watch.set_back() > Duration(0))
                return Json::object();
            arrivals_.wait(queue.id, seen, next ? std::min(*next, until) : until, site_.clock);
        }
    }

    Json receive(const std::string& name, const ReceiveOrder& order) {
        return site_.database.write([&](Transaction& tx) {
            const Queue queue = Queues(tx).require(name);
            std::optional<std::int64_t> buried;
            Json received = messages(tx, queue).receive(order, site_.random, buried);
            if (buried) notify(tx, *buried);
            return received;
        });
    }

    Json delete_message(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        messages(tx, queue).remove(string_or(request, "ReceiptHandle", ""));
        notify(tx, queue.id);  // the rest of its group may come now
        return Json::object();
    }

    Json delete_message_batch(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        notify(tx, queue.id);
        return run_batch(request, "DeleteMessageBatchRequestEntry", [&](const Json& entry) {
            messages(tx, queue).remove(string_or(entry, "ReceiptHandle", ""));
            return Json::object();
        });
    }

    void change(Transaction& tx, const Queue& queue, const Json& entry) {
        const Json* timeout = find(entry, "VisibilityTimeout");
        if (timeout == nullptr) throw missing_parameter("VisibilityTimeout");
        const std::int64_t seconds = timeout->get<std::int64_t>();
        if (seconds < 0 || seconds > 43200)
            throw invalid_parameter(std::to_string(seconds), "VisibilityTimeout",
                                    "Must be between 0 and 43200.");
        messages(tx, queue).change_visibility(string_or(entry, "ReceiptHandle", ""),
                                              std::chrono::seconds(seconds));
    }

    Json change_visibility(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        change(tx, queue, request);
        notify(tx, queue.id);
        return Json::object();
    }

    Json change_visibility_batch(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        notify(tx, queue.id);
        return run_batch(request, "ChangeMessageVisibilityBatchRequestEntry",
                         [&](const Json& entry) {
                             change(tx, queue, entry);
                             return Json::object();
                         });
    }

    Json start_move(Transaction& tx, const Json& request, const Caller&) {
        return moves_.start(tx, request);
    }
    Json cancel_move(Transaction& tx, const Json& request, const Caller&) {
        return moves_.cancel(tx, request);
    }
    Json list_moves(Transaction& tx, const Json& request, const Caller&) {
        return moves_.list(tx, request);
    }

    static void put_tags(Queues& queues, const Queue& queue, const Json& tags) {
        for (const auto& [key, value] : tags.items())
            queues.put_tag(queue, key, value.get<std::string>());
        if (queues.tags(queue).size() > kMostTags)
            throw refusal("InvalidParameterValue",
                          "Too many tags added for queue " + queue.name + ".");
    }

    Json tag_queue(Transaction& tx, const Json& request, const Caller&) {
        Queues queues(tx);
        put_tags(queues, queue_of(tx, request), request.at("Tags"));
        return Json::object();
    }

    Json untag_queue(Transaction& tx, const Json& request, const Caller&) {
        const Queue queue = queue_of(tx, request);
        for (const std::string& key : names_of(request, "TagKeys"))
            Queues(tx).remove_tag(queue, key);
        return Json::object();
    }

    Json list_queue_tags(Transaction& tx, const Json& request, const Caller&) {
        Json tags = Json::object();
        for (const auto& [key, value] : Queues(tx).tags(queue_of(tx, request)))
            tags[key] = value;
        return tags.empty() ? Json::object() : Json{{"Tags", std::move(tags)}};
    }

    void drop_expired(Transaction& tx) {
        Queues queues(tx);
        for (const std::string& name : queues.names("", "", INT32_MAX)) {
            const Queue queue = queues.require(name);
            messages(tx, queue).drop_expired();
        }
        tx.run("DELETE FROM sqs_dedup WHERE until <= ?1", {to_epoch_micros(site_.clock.now())});
        tx.run("DELETE FROM sqs_attempt WHERE until <= ?1", {to_epoch_micros(site_.clock.now())});
        tx.run("DELETE FROM sqs_removed WHERE at <= ?1",
               {to_epoch_micros(site_.clock.now() - recreate_after_)});
    }

    Site& site_;
    QueueAddress address_;
    Duration recreate_after_;
    Arrivals arrivals_;
    MoveTasks moves_;
};

}  // namespace sqs

std::unique_ptr<Service> make_sqs_service(Site& site) {
    return std::make_unique<sqs::SqsService>(site);
}

}  // namespace lifeboat::local
