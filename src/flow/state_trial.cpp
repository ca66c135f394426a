#include "flow/state_trial.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"
#include "flow/data_flow.h"
#include "flow/interpreter.h"
#include "flow/machine_parser.h"
#include "flow/sdk_members.h"
#include "flow/task_call.h"
#include "flow/trial_inspection.h"

namespace lifeboat::flow {
namespace {

constexpr std::int64_t kMostRetriesTaken = 100'000;  // each is one record to apply

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "ValidationException", message);
}

// The states a state's JSON leads to, wherever they are named.
void add_targets(const Json& state, std::vector<std::string>& names) {
    for (const char* field : {"Next", "Default"})
        if (const auto name = find_string(state, field)) names.push_back(*name);
    for (const char* field : {"Choices", "Catch"})
        if (const Json* list = find(state, field); list != nullptr && list->is_array())
            for (const Json& entry : *list)
                if (const auto name = find_string(entry, "Next")) names.push_back(*name);
}

// A machine around the text of a single state, so that it can be checked as usual; the state's
// name comes first.
std::pair<std::string, std::string> surrounded(const std::string& definition) {
    const Json state = Json::parse(definition, nullptr, false);
    std::string name = "State";
    if (!state.is_object() || state.contains("States")) return {"", definition};
    std::vector<std::string> targets;
    add_targets(state, targets);
    while (std::ranges::find(targets, name) != targets.end())
        name += "_";
    Json machine = {{"StartAt", name}, {"States", {{name, state}}}};
    for (const std::string& target : targets)
        machine["States"][target] = {{"Type", "Succeed"}};
    return {name, to_text(machine)};
}

const State* find_state(const StateList& list, const std::string& name) {
    if (const auto found = list.states.find(name); found != list.states.end())
        return &found->second;
    for (const auto& [unused, state] : list.states)
        for (const auto& branch : state.branches)
            if (const State* found = find_state(*branch, name)) return found;
    return nullptr;
}

bool is_fanned(const State& state) {
    return state.type == StateType::Map || state.type == StateType::Parallel;
}

// The state alone: what it leads to is there as places to arrive at.
std::shared_ptr<Machine> machine_of(const State& state) {
    auto machine = std::make_shared<Machine>();
    std::vector<std::string> targets = {state.next, state.choice_default};
    for (const ChoiceBranch& choice : state.choices)
        targets.push_back(choice.next);
    for (const Catcher& catcher : state.catchers)
        targets.push_back(catcher.next);
    for (const std::string& target : targets) {
        if (target.empty()) continue;
        State place;
        place.name = target;
        place.type = StateType::Succeed;
        machine->top.states.emplace(target, std::move(place));
    }
    machine->top.start_at = state.name;
    State tested = state;
    if (is_fanned(tested)) {
        // Mocked as a whole: to the flow of data around it, it is a task.
        tested.type = StateType::Task;
        tested.branches.clear();
        tested.task.kind = TaskResource::Kind::Optimised;
    }
    machine->top.states[state.name] = std::move(tested);
    return machine;
}

void check_result(const TrialMock& mock, const State& state) {
    if (mock.result == nullptr || mock.checks == TrialMock::Checks::None || is_fanned(state) ||
        state.task.kind != TaskResource::Kind::Sdk)
        return;
    cloud::OperationModel operation =
        cloud::service_model(state.task.service).operation(state.task.operation);
    cloud::Shape output = *operation.output;
    if (mock.checks == TrialMock::Checks::Present)
        for (cloud::Member& member : output.members)
            member.required = false;
    operation.input = &output;
    cloud::validate(operation, to_service_members(*mock.result, output));
}

// What the request says of the inside of a mocked Map or Parallel.
void check_configuration(const TrialRequest& request, const State& state) {
    const bool map = state.type == StateType::Map;
    if (request.failed_iterations != 0 && !map)
        refuse("mapIterationFailureCount belongs to a Map state");
    if (request.document != nullptr &&
        (!map || state.distributed == nullptr || !state.distributed->reader))
        refuse("mapItemReaderData belongs to a Map state with an ItemReader");
    if (request.failing_state.empty()) return;
    if (!is_fanned(state) || !request.mock->error)
        refuse("errorCausedByState goes with a mocked error of a Map or Parallel state");
    if (std::ranges::none_of(state.branches, [&](const auto& branch) {
            return find_state(*branch, request.failing_state) != nullptr;
        }))
        refuse("The state '" + state.name + "' has no state named '" + request.failing_state +
               "' inside");
}

class Trial {
  public:
    Trial(const TrialRequest& request, const State& state, const World& world,
          const std::function<void(Time)>& sleep_until)
        : request_(request),
          state_(state),
          world_(world),
          sleep_until_(sleep_until),
          seed_(world.random.next()),
          random_(seed_),
          execution_(identity(), machine_of(state)),
          interpreter_(execution_, world.clock, random_, world.place.region),
          started_(world.clock.now()),
          inspection_(execution_, state, seed_, started_, request.document) {}

    TrialOutcome run() {
        execution_.apply(started_record(request_.input, request_.role_arn, started_));
        set_variables();
        interpreter_.step(0);
        inspection_.note_input();
        take_retries();
        while (outcome_.status.empty()) {
            const Step step = interpreter_.step(0);
            read_records();
            if (!outcome_.status.empty()) break;
            if (step.kind == Step::Kind::Call)
                work();
            else if (step.due)
                wait(*step.due);
        }
        outcome_.inspection = inspection_.data();
        return std::move(outcome_);
    }

  private:
    ExecutionIdentity identity() const {
        ExecutionIdentity identity;
        identity.name = new_uuid(world_.random);
        identity.machine_name = "TestState";
        identity.machine_arn = cloud::arn_of(world_.place, "states", "stateMachine:TestState");
        identity.arn =
            cloud::arn_of(world_.place, "states", "execution:TestState:" + identity.name);
        identity.role_arn = request_.role_arn;
        if (request_.context != nullptr) identity.context = request_.context;
        return identity;
    }

    // As if a state before it had assigned them.
    void set_variables() {
        if (request_.variables == nullptr) return;
        Json texts = Json::object();
        for (const auto& [name, value] : request_.variables->items())
            texts[name] = to_text(value);
        HistoryRecord record;
        record.sequence = 2;
        record.at = started_;
        record.type = "PassStateExited";
        record.details = make_value({{"output", request_.input}, {"assignedVariables", texts}});
        record.beside = make_value({{"lane", 0}, {"next", state_.name}});
        execution_.apply(record);
    }

    void take_retries() {
        if (request_.retries_taken == 0) return;
        if (request_.retries_taken > kMostRetriesTaken)
            refuse("retrierRetryCount is at most " + std::to_string(kMostRetriesTaken));
        if (!request_.mock->error) refuse("A retrierRetryCount needs a mocked error");
        const Failure failure{request_.mock->error, request_.mock->cause};
        const auto found = std::ranges::find_if(
            state_.retry, [&](const Retrier& retrier) { return covers(retrier.errors, failure); });
        if (found == state_.retry.end())
            refuse(
                "No Retry of the state covers the mocked error, so retrierRetryCount means "
                "nothing");
        HistoryRecord record;
        record.at = started_;
        record.type = kRetryScheduled;
        record.beside = make_value({{"lane", 0},
                                    {"retrier", found - state_.retry.begin()},
                                    {"due", to_epoch_micros(started_)}});
        for (std::int64_t i = 0; i < request_.retries_taken; ++i) {
            record.sequence = execution_.last_sequence() + 1;
            execution_.apply(record);
        }
    }

    void work() {
        if (request_.mock && request_.mock->error)
            return interpreter_.task_failed(0, *request_.mock->error, request_.mock->cause);
        if (too_many_failed())
            return interpreter_.task_failed(
                0, "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded");
        if (request_.mock) return interpreter_.task_succeeded(0, *request_.mock->result);
        const Lane& lane = execution_.lane(0);
        const TaskOutcome outcome =
            call_task(world_, state_.task, *lane.parameters, execution_.identity().arn);
        if (outcome.kind == TaskOutcome::Kind::Succeeded)
            interpreter_.task_succeeded(0, *outcome.output);
        else
            interpreter_.task_failed(0, outcome.error, outcome.cause);
    }

    // Of the iterations of a mocked Map.
    bool too_many_failed() const {
        const std::int64_t failed = request_.failed_iterations;
        return failed > 0 && threshold_exceeded(failed, inspection_.item_count().value_or(failed),
                                                inspection_.tolerated_count(),
                                                inspection_.tolerated_percentage());
    }

    void wait(Time due) {
        if (due > started_ + kLongestTrial) {
            sleep_until_(started_ + kLongestTrial);
            outcome_.status = "FAILED";
            outcome_.error = "States.Timeout";
            return;
        }
        sleep_until_(due);
    }

    void read_records() {
        const auto& records = interpreter_.pending();
        for (; read_ < records.size() && outcome_.status.empty(); ++read_) {
            const HistoryRecord& record = records[read_];
            if (record.type == "TaskScheduled")
                inspection_.note_arguments(record.details->at("parameters"));
            else if (record.type == "LambdaFunctionScheduled")
                inspection_.note_arguments(record.details->at("input"));
            else if (record.type == "TaskSucceeded" || record.type == "LambdaFunctionSucceeded")
                inspection_.note_result(make_value(
                    parse_json(record.details->at("output").get_ref<const std::string&>(), "")));
            else if (record.type == kRetryScheduled)
                retried(record);
            else if (record.type.ends_with("StateExited"))
                exited(record);
            else if (record.type == "ExecutionFailed")
                ended(record);
        }
    }

    void retried(const HistoryRecord& record) {
        note_failure("RETRIABLE", interpreter_.handled());
        const Time due = from_epoch_micros(require_integer(*record.beside, "due"));
        inspection_.note(
            "errorDetails",
            {{"retryIndex", record.beside->at("retrier")},
             {"retryBackoffIntervalSeconds",
              std::chrono::duration_cast<std::chrono::seconds>(due - record.at).count()}});
    }

    void exited(const HistoryRecord& record) {
        outcome_.output = find_string(*record.details, "output");
        outcome_.next = find_string(*record.beside, "next").value_or("");
        Json variables = request_.variables == nullptr ? Json::object() : *request_.variables;
        if (const Json* assigned = find(*record.details, "assignedVariables"))
            for (const auto& [name, text] : assigned->items())
                variables[name] = parse_json(text.get_ref<const std::string&>(), name);
        if (!variables.empty()) inspection_.note("variables", to_text(variables));
        const Failure& failure = interpreter_.handled();
        if (!failure.error) {
            outcome_.status = "SUCCEEDED";
            return;
        }
        note_failure("CAUGHT_ERROR", failure);
        const auto found = std::ranges::find_if(state_.catchers, [&](const Catcher& catcher) {
            return covers(catcher.errors, failure);
        });
        inspection_.note("errorDetails", {{"catchIndex", found - state_.catchers.begin()}});
    }

    void ended(const HistoryRecord& record) {
        note_failure("FAILED", {find_string(*record.details, "error"),
                                find_string(*record.details, "cause")});
    }

    void note_failure(const char* status, const Failure& failure) {
        outcome_.status = status;
        outcome_.error = failure.error;
        outcome_.cause = failure.cause;
    }

    const TrialRequest& request_;
    const State& state_;
    const World& world_;
    const std::function<void(Time)>& sleep_until_;
    std::uint64_t seed_;
    SeededRandom random_;
    Execution execution_;
    Interpreter interpreter_;
    Time started_;
    TrialInspection inspection_;
    std::size_t read_ = 0;
    TrialOutcome outcome_;
};

}  // namespace

TrialOutcome try_state(const TrialRequest& request, const World& world,
                       const std::function<void(Time)>& sleep_until) {
    auto [name, definition] = surrounded(request.definition);
    if (!request.state.empty()) name = request.state;
    if (name.empty())
        refuse(
            "The definition is that of a state machine; stateName must say which of its states "
            "is meant");
    const ParsedMachine parsed = parse_machine(definition);
    if (parsed.machine == nullptr)
        throw Error(ErrorCategory::InvalidInput, "InvalidDefinition", describe(parsed.diagnostics));
    const State* state = find_state(parsed.machine->top, name);
    if (state == nullptr) refuse("The definition has no state named '" + name + "'");
    const bool task = state->type == StateType::Task;
    if (request.mock && !task && !is_fanned(*state))
        refuse("A mock can only be specified for Task, Map, or Parallel states");
    if (!request.mock && (is_fanned(*state) ||
                          (task && state->task.pattern != TaskResource::Pattern::RequestResponse)))
        refuse("This state can be tested only with a mock, because it waits for other work");
    if (request.mock) check_result(*request.mock, *state);
    check_configuration(request, *state);
    return Trial(request, *state, world, sleep_until).run();
}

}  // namespace lifeboat::flow
