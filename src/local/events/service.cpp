#include "local/events/service.h"

#include <array>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/events/bus.h"
#include "local/events/put_events.h"
#include "local/events/schedule.h"
#include "local/events/target_input.h"
#include "local/events/timer.h"
#include "local/site.h"

namespace lifeboat::local {
namespace events {
namespace {

constexpr std::int64_t kMostRulesPerBus = 300;
constexpr std::size_t kMostTargetsPerRule = 5;
constexpr std::size_t kMostBuses = 100;
constexpr std::size_t kMostTags = 50;
constexpr std::size_t kPageSize = 100;

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "ValidationException", message);
}

[[noreturn]] void refuse_limit() {
    throw Error(ErrorCategory::Throttled, "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.");
}

template <std::size_t N>
void refuse_members(const Json& request, const std::array<const char*, N>& names,
                    const std::string& of) {
    for (const char* name : names)
        if (find(request, name) != nullptr)
            refuse("The local cloud does not support " + std::string(name) + " " + of + ".");
}

// A page token is the last name of the page before, made opaque.
std::string page_start(const Json& request) {
    const auto token = find_string(request, "NextToken");
    if (!token) return "";
    const auto name = base64_decode(*token);
    if (!name) refuse("Parameter NextToken is not valid.");
    return *name;
}

std::size_t page_limit(const Json& request) {
    return static_cast<std::size_t>(integer_or(request, "Limit", kPageSize));
}

// `items` holds up to one more than the page; that one only says that there is more.
template <class T, class NameOf, class ToJson>
Json page(std::vector<T> items, std::size_t limit, const char* member, NameOf name_of,
          ToJson to_json) {
    Json result = Json::object();
    if (items.size() > limit) {
        items.resize(limit);
        result["NextToken"] = base64_encode(name_of(items.back()));
    }
    Json list = Json::array();
    for (const T& item : items)
        list.push_back(to_json(item));
    result[member] = std::move(list);
    return result;
}

void check_tags(const std::map<std::string, std::string>& tags) {
    if (tags.size() > kMostTags) refuse_limit();
}

}  // namespace

class EventsService final : public Service {
  public:
    explicit EventsService(Site& site)
        : site_(site), delivery_(site), bus_(site, delivery_), timer_(site, bus_) {}

    std::string_view name() const override { return "events"; }
    std::vector<std::string> schema() const override { return rule_schema(); }
    void prepare() override {
        delivery_.prepare();
        timer_.prepare();
    }
    EventSink& bus() { return bus_; }

    std::vector<Operation> operations() override {
        using This = EventsService;
        return {
            writing("CreateEventBus", &This::create_event_bus),
            reading("DescribeEventBus", &This::describe_event_bus),
            reading("ListEventBuses", &This::list_event_buses),
            writing("DeleteEventBus", &This::delete_event_bus),
            writing("PutRule", &This::put_rule),
            reading("DescribeRule", &This::describe_rule),
            reading("ListRules", &This::list_rules),
            writing("EnableRule", &This::enable_rule),
            writing("DisableRule", &This::disable_rule),
            writing("DeleteRule", &This::delete_rule),
            writing("PutTargets", &This::put_targets),
            writing("RemoveTargets", &This::remove_targets),
            reading("ListTargetsByRule", &This::list_targets_by_rule),
            reading("ListRuleNamesByTarget", &This::list_rule_names_by_target),
            writing("PutEvents", &This::put_events_entries),
            reading("TestEventPattern", &This::test_event_pattern),
            writing("TagResource", &This::tag_resource),
            writing("UntagResource", &This::untag_resource),
            reading("ListTagsForResource", &This::list_tags_for_resource),
        };
    }

  private:
    using Member = Json (EventsService::*)(Transaction&, Rules&, const Json&);
    Operation::Transacted handler(Member member) {
        return [this, member](Transaction& tx, const Json& request, const Caller&) {
            Rules rules(tx, site_.place);
            return (this->*member)(tx, rules, request);
        };
    }
    Operation reading(const char* name, Member member) { return reads(name, handler(member)); }
    Operation writing(const char* name, Member member) { return writes(name, handler(member)); }

    static std::string bus_of(const Json& request) {
        return Rules::bus_name(find_string(request, "EventBusName"));
    }

    Json create_event_bus(Transaction&, Rules& rules, const Json& request) {
        refuse_members(
            request,
            std::array{"EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"},
            "of event buses");
        const std::string name = require_string(request, "Name");
        if (name.find('/') != std::string::npos) refuse("Event bus name must not contain '/'.");
        if (rules.find_bus(name))
            throw Error(ErrorCategory::AlreadyExists, "ResourceAlreadyExistsException",
                        "Event bus " + name + " already exists.");
        if (rules.buses("", "", kMostBuses).size() >= kMostBuses) refuse_limit();
        rules.put_bus({name, string_or(request, "Description", ""), site_.clock.now()});
        put_tags(rules, rules.bus_arn(name), request);
        Json result = {{"EventBusArn", rules.bus_arn(name)}};
        if (const auto description = find_string(request, "Description"))
            result["Description"] = *description;
        return result;
    }

    Json describe_event_bus(Transaction&, Rules& rules, const Json& request) {
        return bus_json(rules, rules.require_bus(Rules::bus_name(find_string(request, "Name"))));
    }

    Json list_event_buses(Transaction&, Rules& rules, const Json& request) {
        const std::size_t limit = page_limit(request);
        return page(
            rules.buses(string_or(request, "NamePrefix", ""), page_start(request), limit + 1),
            limit, "EventBuses", [](const Bus& bus) { return bus.name; },
            [&](const Bus& bus) { return bus_json(rules, bus); });
    }

    Json delete_event_bus(Transaction&, Rules& rules, const Json& request) {
        const std::string name = Rules::bus_name(find_string(request, "Name"));
        if (name == kDefaultBus) refuse("Cannot delete event bus default.");
        if (rules.rule_count(name) > 0)
            refuse("Event bus " + name + " can't be deleted since it has rules.");
        rules.remove_bus(name);
        rules.remove_tags(rules.bus_arn(name));
        return Json::object();
    }

    Json put_rule(Transaction& tx, Rules& rules, const Json& request) {
        Rule rule;
        rule.bus = bus_of(request);
        rules.require_bus(rule.bus);
        rule.name = require_string(request, "Name");
        rule.pattern = string_or(request, "EventPattern", "");
        rule.schedule = string_or(request, "ScheduleExpression", "");
        rule.state = string_or(request, "State", kEnabled);
        rule.description = string_or(request, "Description", "");
        rule.role_arn = string_or(request, "RoleArn", "");
        rule.anchor = site_.clock.now();
        if (rule.pattern.empty() && rule.schedule.empty())
            refuse("Parameter(s) EventPattern or ScheduleExpression must be specified.");
        if (!rule.schedule.empty()) {
            if (rule.bus != kDefaultBus)
                refuse("ScheduleExpression is supported only on the default event bus.");
            Schedule::parse(rule.schedule);
        }
        if (!rule.pattern.empty()) Pattern::compile(rule.pattern);
        const auto before = rules.find(rule.bus, rule.name);
        if (!before && rules.rule_count(rule.bus) >= kMostRulesPerBus) refuse_limit();
        if (before && before->schedule == rule.schedule) rule.anchor = before->anchor;
        rules.put(rule);
        timer_.changed(tx, before, rule);
        const std::string arn = rules.rule_arn(rule.bus, rule.name);
        // Tags are for new rules; TagResource changes those of others.
        if (!before) put_tags(rules, arn, request);
        return {{"RuleArn", arn}};
    }

    Json describe_rule(Transaction&, Rules& rules, const Json& request) {
        const Rule rule = rules.require(bus_of(request), require_string(request, "Name"));
        Json result = rule_json(rules, rule);
        result["CreatedBy"] = site_.place.account;
        return result;
    }

    Json list_rules(Transaction&, Rules& rules, const Json& request) {
        const std::string bus = bus_of(request);
        rules.require_bus(bus);
        const std::size_t limit = page_limit(request);
        return page(
            rules.rules(bus, string_or(request, "NamePrefix", ""), page_start(request), limit + 1),
            limit, "Rules", [](const Rule& rule) { return rule.name; },
            [&](const Rule& rule) { return rule_json(rules, rule); });
    }

    Json enable_rule(Transaction& tx, Rules& rules, const Json& request) {
        return set_state(tx, rules, request, kEnabled);
    }
    Json disable_rule(Transaction& tx, Rules& rules, const Json& request) {
        return set_state(tx, rules, request, kDisabled);
    }

    Json set_state(Transaction& tx, Rules& rules, const Json& request, std::string_view state) {
        Rule rule = rules.require(bus_of(request), require_string(request, "Name"));
        const Rule before = rule;
        if (rule.is_enabled() != (state != kDisabled)) rule.state = state;
        rules.put(rule);
        timer_.changed(tx, before, rule);
        return Json::object();
    }

    Json delete_rule(Transaction& tx, Rules& rules, const Json& request) {
        const std::string bus = bus_of(request);
        rules.require_bus(bus);
        const auto rule = rules.find(bus, require_string(request, "Name"));
        if (!rule) return Json::object();
        if (!rules.targets(bus, rule->name, "", 1).empty())
            refuse("Rule can't be deleted since it has targets.");
        timer_.removed(tx, *rule);
        rules.remove(bus, rule->name);
        return Json::object();
    }

    Json put_targets(Transaction&, Rules& rules, const Json& request) {
        const Rule rule = rules.require(bus_of(request), require_string(request, "Rule"));
        const Json& targets = request.at("Targets");
        for (const Json& target : targets)
            check_target(target);
        for (const Json& target : targets)
            rules.put_target(rule.bus, rule.name, target);
        if (rules.targets(rule.bus, rule.name, "", kMostTargetsPerRule + 1).size() >
            kMostTargetsPerRule)
            refuse_limit();
        return {{"FailedEntryCount", 0}, {"FailedEntries", Json::array()}};
    }

    static void check_target(const Json& target) {
        const std::string id = require_string(target, "Id");
        const std::string arn_text = require_string(target, "Arn");
        const auto arn = cloud::parse_arn(arn_text);
        if (!arn)
            refuse("Parameter " + arn_text +
                   " is not valid. Reason: Provided Arn is not in correct format.");
        if (arn->service != "lambda" && arn->service != "sqs" && arn->service != "states")
            refuse(
                "Parameter " + arn_text +
                " is not valid. Reason: the local cloud delivers events to lambda functions, sqs "
                "queues and states machines only.");
        refuse_members(target,
                       std::array{"KinesisParameters", "RunCommandParameters", "EcsParameters",
                                  "BatchParameters", "HttpParameters", "RedshiftDataParameters",
                                  "SageMakerPipelineParameters", "AppSyncParameters"},
                       "of target " + id);
        if (arn->service == "states" && find(target, "RoleArn") == nullptr)
            refuse("RoleArn is required for target " + arn_text + ".");
        if (arn->service == "sqs" && arn->resource.ends_with(".fifo") &&
            find_path(target, {"SqsParameters", "MessageGroupId"}) == nullptr)
            refuse("Parameter(s) SqsParameters must be specified for target: " + id + ".");
        if (arn->service != "sqs" && find(target, "SqsParameters") != nullptr)
            refuse("Parameter(s) SqsParameters not valid for target: " + id + ".");
        if (const Json* dead = find_path(target, {"DeadLetterConfig", "Arn"})) {
            const auto queue = cloud::parse_arn(dead->get<std::string>());
            if (!queue || queue->service != "sqs")
                refuse("Parameter DeadLetterConfig is not valid for target " + id +
                       ". Reason: its Arn must be that of an SQS queue.");
        }
        check_target_input(target);
    }

    Json remove_targets(Transaction&, Rules& rules, const Json& request) {
        const Rule rule = rules.require(bus_of(request), require_string(request, "Rule"));
        Json failed = Json::array();
        for (const Json& id : request.at("Ids")) {
            const std::string text = id.get<std::string>();
            if (!rules.remove_target(rule.bus, rule.name, text))
                failed.push_back(
                    {{"TargetId", text},
                     {"ErrorCode", "ResourceNotFoundException"},
                     {"ErrorMessage", "Rule '" + rule.name +
                                          "' does not have a target with the Id '" + text + "'."}});
        }
        const std::size_t count = failed.size();
        return {{"FailedEntryCount", count}, {"FailedEntries", std::move(failed)}};
    }

    Json list_targets_by_rule(Transaction&, Rules& rules, const Json& request) {
        const Rule rule = rules.require(bus_of(request), require_string(request, "Rule"));
        const std::size_t limit = page_limit(request);
        return page(
            rules.targets(rule.bus, rule.name, page_start(request), limit + 1), limit, "Targets",
            [](const Json& target) { return require_string(target, "Id"); },
            [](const Json& target) { return target; });
    }

    Json list_rule_names_by_target(Transaction&, Rules& rules, const Json& request) {
        const std::string bus = bus_of(request);
        rules.require_bus(bus);
        const std::size_t limit = page_limit(request);
        return page(
            rules.rule_names_by_target(bus, require_string(request, "TargetArn"),
                                       page_start(request), limit + 1),
            limit, "RuleNames", [](const std::string& rule) { return rule; },
            [](const std::string& rule) { return Json(rule); });
    }

    Json put_events_entries(Transaction& tx, Rules&, const Json& request) {
        refuse_members(request, std::array{"EndpointId"}, "in PutEvents");
        return put_events(tx, request, bus_, site_);
    }

    Json test_event_pattern(Transaction&, Rules&, const Json& request) {
        const Pattern pattern = Pattern::compile(require_string(request, "EventPattern"));
        Json event;
        try {
            event = parse_json(require_string(request, "Event"), "Event");
        } catch (const Error&) {
            refuse("Parameter Event is not valid.");
        }
        for (const char* member : {"id", "account", "source", "time", "region", "detail-type"})
            if (find(event, member) == nullptr) refuse("Parameter Event is not valid.");
        return {{"Result", pattern.matches(event)}};
    }

    // The ARN of a rule or bus that exists.
    std::string require_resource(Rules& rules, const Json& request) {
        const std::string text = require_string(request, "ResourceARN");
        const auto arn = cloud::parse_arn(text);
        if (!arn || arn->service != "events") refuse("Parameter " + text + " is not valid.");
        std::string_view resource = arn->resource;
        const auto starts = [&](std::string_view prefix) {
            if (!resource.starts_with(prefix)) return false;
            resource.remove_prefix(prefix.size());
            return true;
        };
        if (starts("event-bus/")) {
            rules.require_bus(std::string(resource));
        } else if (starts("rule/")) {
            const std::size_t slash = resource.rfind('/');
            if (slash == std::string_view::npos)
                rules.require(std::string(kDefaultBus), std::string(resource));
            else
                rules.require(std::string(resource.substr(0, slash)),
                              std::string(resource.substr(slash + 1)));
        } else {
            refuse("Parameter " + text + " is not valid.");
        }
        return text;
    }

    static void put_tags(Rules& rules, const std::string& arn, const Json& request) {
        const Json* tags = find(request, "Tags");
        if (tags == nullptr || !tags->is_array()) return;
        for (const Json& tag : *tags)
            rules.put_tag(arn, require_string(tag, "Key"), string_or(tag, "Value", ""));
        check_tags(rules.tags(arn));
    }

    Json tag_resource(Transaction&, Rules& rules, const Json& request) {
        put_tags(rules, require_resource(rules, request), request);
        return Json::object();
    }

    Json untag_resource(Transaction&, Rules& rules, const Json& request) {
        const std::string arn = require_resource(rules, request);
        for (const Json& key : request.at("TagKeys"))
            rules.remove_tag(arn, key.get<std::string>());
        return Json::object();
    }

    Json list_tags_for_resource(Transaction&, Rules& rules, const Json& request) {
        Json tags = Json::array();
        for (const auto& [key, value] : rules.tags(require_resource(rules, request)))
            tags.push_back({{"Key", key}, {"Value", value}});
        return {{"Tags", std::move(tags)}};
    }

    static Json bus_json(const Rules& rules, const Bus& bus) {
        Json result = {{"Name", bus.name},
                       {"Arn", rules.bus_arn(bus.name)},
                       {"CreationTime", to_epoch_seconds(bus.created)},
                       {"LastModifiedTime", to_epoch_seconds(bus.created)}};
        if (!bus.description.empty()) result["Description"] = bus.description;
        return result;
    }

    static Json rule_json(const Rules& rules, const Rule& rule) {
        Json result = {{"Name", rule.name},
                       {"Arn", rules.rule_arn(rule.bus, rule.name)},
                       {"State", rule.state},
                       {"EventBusName", rule.bus}};
        const auto add = [&](const char* member, const std::string& text) {
            if (!text.empty()) result[member] = text;
        };
        add("EventPattern", rule.pattern);
        add("ScheduleExpression", rule.schedule);
        add("Description", rule.description);
        add("RoleArn", rule.role_arn);
        return result;
    }

    Site& site_;
    Delivery delivery_;
    EventBus bus_;
    Timer timer_;
};

}  // namespace events

std::unique_ptr<Service> make_events_service(Site& site) {
    return std::make_unique<events::EventsService>(site);
}

EventSink& event_sink_of(Service& events_service) {
    return dynamic_cast<events::EventsService&>(events_service).bus();
}

}  // namespace lifeboat::local
