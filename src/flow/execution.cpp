#include "flow/execution.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

Value parsed(const Json& object, std::string_view member) {
    return make_value(parse_json(require_string(object, member), member));
}

std::size_t text_bytes(const Json& object, std::string_view member) {
    const Json* text = find(object, member);
    return text == nullptr ? 0 : text->get_ref<const std::string&>().size();
}

std::size_t bytes_of(const Json& value) {
    return to_text(value).size();
}

Failure failure_of(const Value& details) {
    Failure failure;
    if (details == nullptr) return failure;
    failure.error = find_string(*details, "error");
    failure.cause = find_string(*details, "cause");
    return failure;
}

}  // namespace

std::string_view to_string(ExecutionStatus status) {
    switch (status) {
        case ExecutionStatus::Running:
            return "RUNNING";
        case ExecutionStatus::Succeeded:
            return "SUCCEEDED";
        case ExecutionStatus::Failed:
            return "FAILED";
        case ExecutionStatus::TimedOut:
            return "TIMED_OUT";
        case ExecutionStatus::Aborted:
            return "ABORTED";
    }
    return "";
}

std::size_t Held::total() const {
    return kLaneBytes + input + item + work + result + variables;
}

Execution::Execution(ExecutionIdentity identity, std::shared_ptr<const Machine> machine)
    : identity_(std::move(identity)), machine_(std::move(machine)) {}

const Lane& Execution::lane(int id) const {
    const auto found = lanes_.find(id);
    if (found == lanes_.end())
        throw Error(ErrorCategory::Corruption, "InvalidHistory",
                    "the history of " + identity_.arn + " names branch " + std::to_string(id) +
                        ", which is not open");
    return found->second;
}

Lane& Execution::at(int id) {
    return const_cast<Lane&>(lane(id));
}

const State& Execution::state_of(const Lane& lane) const {
    const auto found = lane.list->states.find(lane.state);
    if (found == lane.list->states.end())
        throw Error(ErrorCategory::Corruption, "InvalidHistory",
                    "the history of " + identity_.arn + " names the state '" + lane.state +
                        "', which its machine does not have");
    return found->second;
}

void Execution::apply(const HistoryRecord& record) {
    const bool redriven = record.type == "ExecutionRedriven";
    const bool ended = status_ != ExecutionStatus::Running;
    if (record.sequence != last_sequence_ + 1 || ended != redriven ||
        status_ == ExecutionStatus::Succeeded)
        throw Error(ErrorCategory::Corruption, "InvalidHistory",
                    "record " + std::to_string(record.sequence) + " cannot follow record " +
                        std::to_string(last_sequence_) + " of " + identity_.arn);
    last_sequence_ = record.sequence;
    latest_ = std::max(latest_, record.at);
    if (record.id != 0) last_event_ = record.id;

    const std::string& type = record.type;
    if (type == "ExecutionStarted") return start(record);
    if (type == "ExecutionSucceeded") return finish(record, ExecutionStatus::Succeeded);
    if (type == "ExecutionFailed") return finish(record, ExecutionStatus::Failed);
    if (type == "ExecutionTimedOut") return finish(record, ExecutionStatus::TimedOut);
    if (type == "ExecutionAborted") return finish(record, ExecutionStatus::Aborted);
    if (redriven) return redrive(record);
    if (type == kClockSetBack) return set_clock_back(record);

    Lane& lane = at(static_cast<int>(require_integer(*record.beside, "lane")));
    if (record.id != 0) lane.last_event = record.id;
    if (type.ends_with("StateEntered")) return enter(lane, record);
    if (type.ends_with("StateExited")) return leave(lane, record);
    if (type == "TaskScheduled" || type == "LambdaFunctionScheduled" || type == "ActivityScheduled")
        return schedule(lane, record);
    if (type == "TaskStarted" || type == "LambdaFunctionStarted" || type == "ActivityStarted") {
        lane.phase = Phase::Started;
    } else if (type == "TaskSubmitted") {
        lane.phase = Phase::Submitted;
        hold_result(lane, record);
    } else if (type == "TaskSucceeded" || type == "LambdaFunctionSucceeded" ||
               type == "ActivitySucceeded") {
        lane.phase = Phase::Worked;
        hold_result(lane, record);
    } else if (type == "MapStateStarted" && state_of(lane).distributed != nullptr) {
        lane.phase = Phase::Mapping;
        lane.concurrency = static_cast<std::size_t>(require_integer(*record.beside, "concurrency"));
    } else if (type == "MapRunStarted") {
        lane.phase = Phase::MapRun;
        lane.map_run = require_string(*record.details, "mapRunArn");
        lane.map_redrives = 0;
        lane.tolerated_count = find_integer(*record.beside, "toleratedCount");
        if (const Json* percentage = find(*record.beside, "toleratedPercentage"))
            lane.tolerated_percentage = percentage->get<double>();
    } else if (type == "MapRunRedriven") {
        lane.phase = Phase::MapRun;
        ++lane.map_redrives;
    } else if (type == "MapRunSucceeded") {
        lane.result = make_value(require(*record.beside, "output"));
        hold(lane, &Held::result, bytes_of(*lane.result));
    } else if (type == "MapStateSucceeded" && state_of(lane).distributed != nullptr) {
        lane.phase = Phase::Worked;
    } else if (type == "TaskFailed" || type == "TaskTimedOut" || type == "LambdaFunctionFailed" ||
               type == "LambdaFunctionTimedOut" || type == "ActivityFailed" ||
               type == "ActivityTimedOut" || type == "MapRunFailed") {
        lane.phase = Phase::Failed;
        lane.failure = failure_of(record.details);
        // A run that was never started has no children to run again.
        if (type == "MapRunFailed" && bool_or(*record.beside, "unstarted", false))
            lane.map_run.clear();
    } else if (type == kWaitScheduled) {
        lane.phase = Phase::Waiting;
        lane.due = from_epoch_micros(require_integer(*record.beside, "due"));
        lane.due_is_relative = bool_or(*record.beside, "relative", true);
    } else if (type == kRetryScheduled) {
        lane.phase = Phase::Retrying;
        ++lane.retry_count;
        ++lane.retries.at(static_cast<std::size_t>(require_integer(*record.beside, "retrier")));
        lane.due = from_epoch_micros(require_integer(*record.beside, "due"));
        lane.due_is_relative = true;
    } else if (type == "MapStateStarted" || type == "ParallelStateStarted") {
        fan_out(lane, record);
    } else if (type == "MapIterationStarted") {
        const auto index = static_cast<int>(require_integer(*record.details, "index"));
        const Value input = make_value(record.beside->at("input"));
        const Value item = make_value((*lane.items)[static_cast<std::size_t>(index)]);
        open_lane(lane, record, static_cast<int>(require_integer(*record.beside, "child")), index,
                  *state_of(lane).branches.front(), input, item,
                  {.input = bytes_of(*input), .item = bytes_of(*item)});
        ++lane.next_item;
    } else if (type == "MapIterationSucceeded") {
        const int child = static_cast<int>(require_integer(*record.beside, "child"));
        hold(lane, &Held::result, lane.held.result + at(child).held.input);
        lane.results.at(static_cast<std::size_t>(at(child).index)) = at(child).result;
        std::erase(lane.children, child);
        held_bytes_ -= at(child).held.total();
        lanes_.erase(child);
    } else if (type == "MapStateSucceeded" || type == "ParallelStateSucceeded") {
        Json results = Json::array();
        for (const Value& result : lane.results)
            results.push_back(*result);
        for (const int child : lane.children) {
            results[static_cast<std::size_t>(at(child).index)] = *at(child).result;
            hold(lane, &Held::result, lane.held.result + at(child).held.input);
        }
        lane.result = make_value(std::move(results));
        close_lanes(lane);
        lane.phase = Phase::Worked;
    } else if (type == "MapIterationFailed" || type == kBranchFailed) {
        lane.failure = failure_of(record.beside);
        lane.phase = Phase::Failed;
    }
    // What is left (aborted siblings, MapStateFailed) changes nothing but the place in the history.
}

void Execution::start(const HistoryRecord& record) {
    started_at_ = driven_at_ = record.at;
    input_ = parsed(*record.details, "input");
    Lane root;
    root.list = &machine_->top;
    root.state = machine_->top.start_at;
    root.input = input_;
    root.last_event = record.id;
    root.held.input = text_bytes(*record.details, "input");
    held_bytes_ = root.held.total();
    lanes_.emplace(0, std::move(root));
    next_lane_ = 1;
}

void Execution::finish(const HistoryRecord& record, ExecutionStatus status) {
    status_ = status;
    ended_at_ = record.at;
    if (status == ExecutionStatus::Succeeded) output_ = parsed(*record.details, "output");
    failure_ = failure_of(record.details);
    // What did not succeed can be redriven from where it is.
    if (status != ExecutionStatus::Succeeded) return;
    lanes_.clear();
    held_bytes_ = 0;
}

void Execution::redrive(const HistoryRecord& record) {
    status_ = ExecutionStatus::Running;
    failure_ = {};
    ++redrive_count_;
    driven_at_ = record.at;
    // Branches come after the lane that opened them. Only those of a Parallel or Map that was
    // collecting them, or failed by one of them, go on.
    for (auto& [id, lane] : lanes_) {
        if (lane.phase == Phase::Done || lane.phase == Phase::Ready || !is_live(lane)) continue;
        lane.retries.assign(lane.retries.size(), 0);
        lane.retry_count = 0;
        lane.failure = {};
        lane.last_event = record.id;
        // Branches that ended keep their results, children of a map run that succeeded theirs; any
        // other work is done again: what a task had started was ended with the execution.
        const bool map_run = !lane.map_run.empty() && state_of(lane).distributed != nullptr;
        if (!lane.children.empty() && lane.phase == Phase::Failed) lane.phase = Phase::Fanned;
        if (lane.phase != Phase::Fanned) lane.phase = map_run ? Phase::Redriving : Phase::Entered;
        if (state_of(lane).type == StateType::Wait) lane.entered_at = record.at;
    }
}

void Execution::set_clock_back(const HistoryRecord& record) {
    const Duration by(require_integer(*record.beside, "by"));
    latest_ = record.at;
    driven_at_ -= by;
    for (auto& [id, lane] : lanes_) {
        lane.entered_at -= by;
        lane.scheduled_at -= by;
        if (lane.due_is_relative) lane.due -= by;
    }
}

void Execution::hold(Lane& lane, std::size_t Held::*part, std::size_t bytes) {
    held_bytes_ += bytes;
    held_bytes_ -= lane.held.*part;
    lane.held.*part = bytes;
}

void Execution::hold_result(Lane& lane, const HistoryRecord& record) {
    lane.result = parsed(*record.details, "output");
    hold(lane, &Held::result, text_bytes(*record.details, "output"));
}

bool Execution::is_live(const Lane& lane) const {
    for (const Lane* inner = &lane; inner->parent >= 0;) {
        const Lane& around = this->lane(inner->parent);
        if (around.phase != Phase::Fanned) return false;
        inner = &around;
    }
    return true;
}

void Execution::enter(Lane& lane, const HistoryRecord& record) {
    lane.phase = Phase::Entered;
    lane.entered_id = record.id;
    lane.entered_at = record.at;
    lane.retries.assign(state_of(lane).retry.size(), 0);
    lane.retry_count = 0;
}

void Execution::leave(Lane& lane, const HistoryRecord& record) {
    close_lanes(lane);
    hold(lane, &Held::input, text_bytes(*record.details, "output"));
    hold(lane, &Held::work, 0);
    hold(lane, &Held::result, 0);
    const Value output = parsed(*record.details, "output");
    if (const Json* assigned = find(*record.details, "assignedVariables")) {
        std::size_t bytes = lane.held.variables;
        for (const auto& [name, text] : assigned->items()) {
            Value& variable = lane.variables[name];
            if (variable != nullptr) bytes -= bytes_of(*variable);
            variable = make_value(parse_json(text.get_ref<const std::string&>(), name));
            bytes += bytes_of(*variable);
        }
        hold(lane, &Held::variables, bytes);
    }
    lane.failure = {};
    lane.items = nullptr;
    lane.parameters = nullptr;
    lane.map_run.clear();
    if (const auto next = find_string(*record.beside, "next")) {
        lane.phase = Phase::Ready;
        lane.state = *next;
        lane.input = output;
        lane.result = nullptr;
    } else {
        lane.phase = Phase::Done;
        lane.result = output;
        if (lane.parent >= 0) lane.input = output;  // the old one is not to wait for the siblings
    }
}

void Execution::schedule(Lane& lane, const HistoryRecord& record) {
    lane.phase = Phase::Scheduled;
    lane.scheduled_id = record.id;
    lane.scheduled_at = record.at;
    const char* parameters = record.type == "TaskScheduled" ? "parameters" : "input";
    lane.parameters = parsed(*record.details, parameters);
    hold(lane, &Held::work, text_bytes(*record.details, parameters));
    lane.timeout_seconds = find_integer(*record.details, "timeoutInSeconds");
    lane.heartbeat_seconds = find_integer(*record.details, "heartbeatInSeconds");
    lane.token = string_or(*record.beside, "token", "");
}

void Execution::fan_out(Lane& lane, const HistoryRecord& record) {
    close_lanes(lane);
    lane.phase = Phase::Fanned;
    hold(lane, &Held::result, 0);
    lane.next_item = 0;
    if (record.type == "MapStateStarted") {
        lane.items = make_value(require(*record.beside, "items"));
        hold(lane, &Held::work, bytes_of(*lane.items));
        lane.concurrency = static_cast<std::size_t>(require_integer(*record.beside, "concurrency"));
        lane.results.assign(lane.items->size(), nullptr);
        return;
    }
    const auto& branches = state_of(lane).branches;
    lane.results.assign(branches.size(), make_value(nullptr));
    const Value input = make_value(record.beside->at("input"));
    hold(lane, &Held::work, bytes_of(*input));  // of all branches together, while they share it
    for (std::size_t i = 0; i < branches.size(); ++i)
        open_lane(lane, record, next_lane_, static_cast<int>(i), *branches[i], input, nullptr, {});
}

void Execution::open_lane(Lane& parent, const HistoryRecord& record, int id, int index,
                          const StateList& list, Value input, Value item, Held held) {
    held_bytes_ += held.total();
    Lane lane;
    lane.held = held;
    lane.id = id;
    lane.parent = parent.id;
    lane.index = index;
    lane.list = &list;
    lane.state = list.start_at;
    lane.input = std::move(input);
    lane.item = std::move(item);
    lane.last_event = record.id;
    lanes_.emplace(id, std::move(lane));
    parent.children.push_back(id);
    next_lane_ = std::max(next_lane_, id + 1);
}

void Execution::close_lanes(Lane& parent) {
    std::vector<int> open = std::move(parent.children);
    parent.children.clear();
    parent.results.clear();
    while (!open.empty()) {
        const auto found = lanes_.find(open.back());
        open.pop_back();
        if (found == lanes_.end()) continue;
        open.insert(open.end(), found->second.children.begin(), found->second.children.end());
        held_bytes_ -= found->second.held.total();
        lanes_.erase(found);
    }
}

}  // namespace lifeboat::flow
