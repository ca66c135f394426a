#include "local/sqs/messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/sqs/message_attributes.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local::sqs {
namespace {

constexpr std::int64_t kLongestDelay = 900;
constexpr std::size_t kLongestGroup = 128;
// Messages one receive may move to the dead-letter queue before it answers.
constexpr int kMostBuried = 1000;

constexpr const char* kWrongQueueType =
    "The request include parameter that is not valid for this queue type.";

Json member_or_empty(const Json& request, const char* member) {
    const Json* value = find(request, member);
    return value != nullptr && value->is_object() ? *value : Json::object();
}

// 1 to 128 letters, digits and punctuation.
void check_fifo_id(const std::string& text, const std::string& parameter) {
    const bool good =
        !text.empty() && text.size() <= kLongestGroup &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!good)
        throw invalid_parameter(text, parameter,
                                parameter +
                                    " can only include alphanumeric and punctuation characters. 1 "
                                    "to 128 in length.");
}

std::string millis(std::int64_t micros) {
    return std::to_string(micros / 1000);
}

// Twenty digits, rising.
std::string sequence_number(std::int64_t id) {
    return fmt::format("188{:017}", id);
}

}  // namespace

std::size_t Messages::size_of(const Json& request) {
    return string_or(request, "MessageBody", "").size() +
           size_of_attributes(member_or_empty(request, "MessageAttributes"));
}

// The deduplication id of a message for a FIFO queue.
std::string Messages::check_fifo(const Json& request) const {
    if (find(request, "DelaySeconds") != nullptr && integer_or(request, "DelaySeconds", 0) != 0)
        throw invalid_parameter(std::to_string(integer_or(request, "DelaySeconds", 0)),
                                "DelaySeconds", kWrongQueueType);
    if (!find_string(request, "MessageGroupId")) throw missing_parameter("MessageGroupId");
    if (auto id = find_string(request, "MessageDeduplicationId")) {
        check_fifo_id(*id, "MessageDeduplicationId");
        return std::move(*id);
    }
    if (queue_.attributes.get("ContentBasedDeduplication") != "true")
        throw refusal("InvalidParameterValue",
                      "The queue should either have ContentBasedDeduplication enabled or "
                      "MessageDeduplicationId provided explicitly");
    return to_hex(sha256(string_or(request, "MessageBody", "")));
}

Json Messages::send(const Json& request, const std::string& sender, Random& random) {
    const std::string body = string_or(request, "MessageBody", "");
    if (body.empty()) throw missing_parameter("MessageBody");
    check_message_body(body);
    const Json attributes = member_or_empty(request, "MessageAttributes");
    const Json trace = member_or_empty(request, "MessageSystemAttributes");
    check_message_attributes(attributes);
    check_system_attributes(trace);
    const std::int64_t largest = queue_.attributes.integer("MaximumMessageSize");
    if (size_of(request) > static_cast<std::size_t>(largest))
        throw refusal("InvalidParameterValue",
                      fmt::format("One or more parameters are invalid. Reason: Message must be "
                                  "shorter than {} bytes.",
                                  largest));
    const std::int64_t delay =
        integer_or(request, "DelaySeconds", queue_.attributes.integer("DelaySeconds"));
    if (delay < 0 || delay > kLongestDelay)
        throw invalid_parameter(std::to_string(delay), "DelaySeconds",
                                "DelaySeconds must be >= 0 and <= 900.");
    const std::string group = string_or(request, "MessageGroupId", "");
    if (find(request, "MessageGroupId") != nullptr) check_fifo_id(group, "MessageGroupId");

    std::string dedup, dedup_key;
    if (queue_.attributes.is_fifo()) {
        dedup = check_fifo(request);
        dedup_key = queue_.attributes.get("DeduplicationScope") == "messageGroup"
                        ? group + "\n" + dedup
                        : dedup;
        tx_.run("DELETE FROM sqs_dedup WHERE until <= ?1", {to_epoch_micros(now_)});
        auto first = tx_.one("SELECT answer FROM sqs_dedup WHERE queue = ?1 AND key = ?2",
                             {queue_.id, dedup_key},
                             [](const Row& row) { return parse_json(row.text(0), "an answer"); });
        if (first) return std::move(*first);
    } else if (const auto id = find_string(request, "MessageDeduplicationId")) {
        throw invalid_parameter(*id, "MessageDeduplicationId", kWrongQueueType);
    }

    Json answer = {{"MessageId", new_uuid(random)}, {"MD5OfMessageBody", to_hex(md5(body))}};
    if (!attributes.empty()) answer["MD5OfMessageAttributes"] = md5_of_attributes(attributes);
    if (!trace.empty()) answer["MD5OfMessageSystemAttributes"] = md5_of_attributes(trace);
    tx_.run(
        "INSERT INTO sqs_message (queue, message_id, body, attributes, trace, sender, sent,"
        " visible, group_id, dedup_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        {queue_.id, answer["MessageId"].get_ref<const std::string&>(), body, to_text(attributes),
         to_text(trace), sender, to_epoch_micros(now_),
         to_epoch_micros(now_ + std::chrono::seconds(delay)), group, dedup});
    if (queue_.attributes.is_fifo()) {
        answer["SequenceNumber"] = sequence_number(tx_.last_insert_rowid());
        tx_.run("INSERT INTO sqs_dedup (queue, key, until, answer) VALUES (?1, ?2, ?3, ?4)",
                {queue_.id, dedup_key, to_epoch_micros(now_ + kDeduplication), to_text(answer)});
    }
    return answer;
}

// Messages sent before this are gone.
std::int64_t Messages::oldest() const {
    return to_epoch_micros(now_ - queue_.attributes.seconds("MessageRetentionPeriod"));
}

bool Messages::has_visible() {
    return tx_
        .one("SELECT 1 FROM sqs_message WHERE queue = ?1 AND visible <= ?2 LIMIT 1",
             {queue_.id, to_epoch_micros(now_)}, [](const Row&) { return true; })
        .has_value();
}

std::optional<Time> Messages::next_visible() {
    return tx_.one(
        "SELECT visible FROM sqs_message WHERE queue = ?1 AND visible > ?2"
        " ORDER BY visible LIMIT 1",
        {queue_.id, to_epoch_micros(now_)},
        [](const Row& row) { return from_epoch_micros(row.integer(0)); });
}

std::vector<std::int64_t> Messages::candidates(std::size_t most) {
    std::vector<std::int64_t> ids;
    const auto add = [&](const Row& row) {
        ids.push_back(row.integer(0));
        return true;
    };
    const std::int64_t now = to_epoch_micros(now_);
    if (queue_.attributes.is_fifo())
        tx_.each(
            "SELECT id FROM sqs_message m WHERE queue = ?1 AND visible <= ?2 AND sent > ?3"
            " AND NOT EXISTS (SELECT 1 FROM sqs_message other WHERE other.queue = m.queue"
            "  AND other.group_id = m.group_id AND other.visible > ?2"
            "  AND (other.id < m.id OR other.receipt <> ''))"
            " ORDER BY id LIMIT ?4",
            {queue_.id, now, oldest(), static_cast<std::int64_t>(most)}, add);
    else
        tx_.each(
            "SELECT id FROM sqs_message WHERE queue = ?1 AND visible <= ?2 AND sent > ?3"
            " ORDER BY visible, id LIMIT ?4",
            {queue_.id, now, oldest(), static_cast<std::int64_t>(most)}, add);
    return ids;
}

// The id of the queue it went to; nothing when the message may be handed out.
std::optional<std::int64_t> Messages::bury(std::int64_t message) {
    const auto redrive = queue_.attributes.redrive();
    if (!redrive) return std::nullopt;
    const auto receives = tx_.one("SELECT receives_here FROM sqs_message WHERE id = ?1", {message},
                                  [](const Row& row) { return row.integer(0); });
    if (!receives || *receives < redrive->most_receives) return std::nullopt;
    const auto name = address_.name_of_arn(redrive->target_arn);
    const auto target = name ? Queues(tx_).find(*name) : std::nullopt;
    // Without a queue for it, it stays here and is handed out on.
    if (!target) return std::nullopt;
    tx_.run(
        "UPDATE sqs_message SET queue = ?2, visible = ?3, receipt = '', receives_here = 0,"
        " source_arn = ?4, sent = CASE WHEN ?5 THEN ?3 ELSE sent END WHERE id = ?1",
        {message, target->id, to_epoch_micros(now_), address_.arn(queue_.name),
         queue_.attributes.is_fifo() ? 1 : 0});
    return target->id;
}

Json Messages::receive(const ReceiveOrder& order, Random& random,
                       std::optional<std::int64_t>& buried) {
    drop_expired();
    if (!order.attempt.empty())
        if (auto again = repeat_attempt(order)) return std::move(*again);
    std::vector<std::int64_t> chosen;
    for (int moved = 0; moved < kMostBuried && chosen.empty();) {
        const std::vector<std::int64_t> found = candidates(order.most);
        if (found.empty()) break;
        for (const std::int64_t id : found) {
            if (const auto to = bury(id)) {
                buried = to;
                ++moved;
            } else {
                chosen.push_back(id);
            }
        }
    }
    Json messages = Json::array();
    Json receipts = Json::array();
    for (const std::int64_t id : chosen) {
        const std::string nonce = new_hex(random, 32);
        messages.push_back(hand_out(id, nonce, order));
        receipts.push_back({id, nonce});
    }
    if (!order.attempt.empty() && !receipts.empty())
        tx_.run(
            "INSERT OR REPLACE INTO sqs_attempt (queue, attempt, until, receipts)"
            " VALUES (?1, ?2, ?3, ?4)",
            {queue_.id, order.attempt, to_epoch_micros(now_ + kDeduplication), to_text(receipts)});
    return messages;
}

// What the same attempt got before, as long as all of it is still hidden under its receipts.
std::optional<Json> Messages::repeat_attempt(const ReceiveOrder& order) {
    tx_.run("DELETE FROM sqs_attempt WHERE queue = ?1 AND until <= ?2",
            {queue_.id, to_epoch_micros(now_)});
    const auto receipts =
        tx_.one("SELECT receipts FROM sqs_attempt WHERE queue = ?1 AND attempt = ?2",
                {queue_.id, order.attempt},
                [](const Row& row) { return parse_json(row.text(0), "stored receipts"); });
    if (!receipts) return std::nullopt;
    Json messages = Json::array();
    for (const Json& receipt : *receipts) {
        const std::int64_t id = receipt[0].get<std::int64_t>();
        const std::string nonce = receipt[1].get<std::string>();
        const bool hidden =
            tx_.one(
                   "SELECT 1 FROM sqs_message WHERE id = ?1 AND queue = ?2 AND receipt = ?3"
                   " AND visible > ?4",
                   {id, queue_.id, nonce, to_epoch_micros(now_)}, [](const Row&) { return true; })
                .has_value();
        if (!hidden) return std::nullopt;
        // The same receive once more, not another one.
        tx_.run(
            "UPDATE sqs_message SET receives = receives - 1, receives_here = receives_here - 1"
            " WHERE id = ?1",
            {id});
        messages.push_back(hand_out(id, nonce, order));
    }
    return messages;
}

Json Messages::hand_out(std::int64_t message, const std::string& nonce, const ReceiveOrder& order) {
    const std::int64_t now = to_epoch_micros(now_);
    tx_.run(
        "UPDATE sqs_message SET receives = receives + 1, receives_here = receives_here + 1,"
        " first_received = coalesce(first_received, ?2), received = ?2, receipt = ?3,"
        " visible = ?4 WHERE id = ?1",
        {message, now, nonce, to_epoch_micros(now_ + order.visibility)});
    return *tx_.one(
        "SELECT message_id, body, attributes, trace, sender, sent, receives, first_received,"
        " group_id, dedup_id, source_arn FROM sqs_message WHERE id = ?1",
        {message}, [&](const Row& row) {
            const std::string body = row.string(1);
            Json result = {{"MessageId", row.string(0)},
                           {"ReceiptHandle", receipt_handle(message, nonce)},
                           {"MD5OfBody", to_hex(md5(body))},
                           {"Body", body}};
            Json system = Json::object();
            const auto add = [&](const char* name, const std::string& value) {
                const auto wanted = [&](const std::string& one) {
                    return one == "All" || one == name;
                };
                if (!value.empty() &&
                    std::any_of(order.system_names.begin(), order.system_names.end(), wanted))
                    system[name] = value;
            };
            add("SenderId", row.string(4));
            add("SentTimestamp", millis(row.integer(5)));
            add("ApproximateReceiveCount", std::to_string(row.integer(6)));
            add("ApproximateFirstReceiveTimestamp", millis(row.integer(7)));
            add("MessageGroupId", row.string(8));
            add("DeadLetterQueueSourceArn", row.string(10));
            if (queue_.attributes.is_fifo()) {
                add("MessageDeduplicationId", row.string(9));
                add("SequenceNumber", sequence_number(message));
            }
            const Json trace = parse_json(row.text(3), "stored system attributes");
            if (const Json* header = find(trace, "AWSTraceHeader"))
                add("AWSTraceHeader", string_or(*header, "StringValue", ""));
            if (!system.empty()) result["Attributes"] = std::move(system);
            Json attributes = select_attributes(parse_json(row.text(2), "stored attributes"),
                                                order.attribute_names);
            if (!attributes.empty()) {
                result["MD5OfMessageAttributes"] = md5_of_attributes(attributes);
                result["MessageAttributes"] = std::move(attributes);
            }
            return result;
        });
}

std::string Messages::receipt_handle(std::int64_t message, const std::string& nonce) const {
    return base64_encode(fmt::format("{} {} {}", queue_.id, message, nonce));
}

Messages::Receipt Messages::parse_receipt(const std::string& handle) const {
    const auto text = base64_decode(handle);
    const auto first = text ? text->find(' ') : std::string::npos;
    const auto second = first == std::string::npos ? first : text->find(' ', first + 1);
    const bool mine =
        second != std::string::npos && text->substr(0, first) == std::to_string(queue_.id);
    const std::string number = mine ? text->substr(first + 1, second - first - 1) : "";
    if (number.empty() || number.size() > 18 ||
        number.find_first_not_of("0123456789") != std::string::npos)
        throw refusal("ReceiptHandleIsInvalid",
                      "The input receipt handle \"" + handle + "\" is not a valid receipt handle.");
    return {std::stoll(number), text->substr(second + 1)};
}

void Messages::remove(const std::string& handle) {
    const Receipt receipt = parse_receipt(handle);
    const bool fifo = queue_.attributes.is_fifo();
    const auto visible = tx_.one(
        "SELECT visible FROM sqs_message WHERE id = ?1 AND queue = ?2 AND receipt = ?3",
        {receipt.message, queue_.id, receipt.nonce}, [](const Row& row) { return row.integer(0); });
    if (!visible) return;
    // Somebody else may be about to get it, and the order of its group depends on it.
    if (fifo && *visible <= to_epoch_micros(now_))
        throw invalid_parameter(handle, "ReceiptHandle", "The receipt handle has expired.");
    tx_.run("DELETE FROM sqs_message WHERE id = ?1", {receipt.message});
}

void Messages::change_visibility(const std::string& handle, Duration visibility) {
    const Receipt receipt = parse_receipt(handle);
    struct State {
        Time visible;
        Time received;
    };
    const auto state = tx_.one(
        "SELECT visible, received FROM sqs_message WHERE id = ?1 AND queue = ?2 AND receipt = ?3",
        {receipt.message, queue_.id, receipt.nonce}, [](const Row& row) {
            return State{from_epoch_micros(row.integer(0)), from_epoch_micros(row.integer(1))};
        });
    if (!state)
        throw invalid_parameter(
            handle, "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.");
    if (state->visible <= now_)
        throw refusal("MessageNotInflight", "The specified message isn't in flight.");
    if (now_ + visibility - state->received > kLongestVisibility)
        throw invalid_parameter(
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(visibility).count()),
            "VisibilityTimeout",
            "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].");
    tx_.run("UPDATE sqs_message SET visible = ?2 WHERE id = ?1",
            {receipt.message, to_epoch_micros(now_ + visibility)});
}

MessageCounts Messages::counts() {
    const std::int64_t now = to_epoch_micros(now_);
    return *tx_.one(
        "SELECT coalesce(sum(visible <= ?2), 0), coalesce(sum(visible > ?2 AND receipt <> ''), 0),"
        " coalesce(sum(visible > ?2 AND receipt = ''), 0)"
        " FROM sqs_message WHERE queue = ?1 AND sent > ?3",
        {queue_.id, now, oldest()}, [](const Row& row) {
            return MessageCounts{row.integer(0), row.integer(1), row.integer(2)};
        });
}

void Messages::purge() {
    tx_.run("DELETE FROM sqs_message WHERE queue = ?1", {queue_.id});
}

void Messages::drop_expired() {
    tx_.run(
        "DELETE FROM sqs_message WHERE id IN"
        " (SELECT id FROM sqs_message WHERE queue = ?1 AND sent <= ?2 LIMIT 1000)",
        {queue_.id, oldest()});
}

}  // namespace lifeboat::local::sqs
