#include "local/cloud.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud/model.h"
#include "local/call_log.h"
#include "local/database.h"
#include "local/event_sink.h"
#include "local/services.h"
#include "local/site.h"
#include "local/trail.h"
#include "os/file.h"
#include "os/unique_fd.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;

fs::path prepared_directory(const fs::path& data) {
    std::error_code error;
    fs::create_directories(data, error);
    if (error)
        throw error_from_errno(error.value(), "create the data directory '" + data.string() + "'");
    const fs::path absolute = fs::absolute(data);
    // 0711, not 0700: the owners of homes must be able to pass through to them. What is secret has
    // its own mode.
    if (::chmod(absolute.c_str(), 0711) != 0 && errno != EPERM)
        throw error_from_errno(errno, "chmod '" + absolute.string() + "'");
    return absolute;
}

os::UniqueFd locked(const fs::path& data) {
    os::UniqueFd lock = os::open_file(data / "lock", O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) throw error_from_errno(errno, "lock '" + data.string() + "'");
        throw Error(
            ErrorCategory::Unavailable, "DataDirectoryInUse",
            "the data directory '" + data.string() +
                "' is open in another process; talk to that one (lifeboat serve) or stop it");
    }
    return lock;
}

// Makes the database file before SQLite does, which would let everybody read it; SQLite gives its
// log files the same mode.
fs::path private_database(const fs::path& data) {
    const fs::path file = data / "lifeboat.db";
    os::open_file(file, O_RDWR | O_CREAT, 0600);
    return file;
}

// Passes events on to the bus, which is itself one of the services and so is made later.
class LateEventSink final : public EventSink {
  public:
    EventSink* target = nullptr;
    void publish(Transaction& tx, const Json& event) override {
        if (target != nullptr) target->publish(tx, event);
    }
};

struct Endpoint {
    Service* service = nullptr;
    const cloud::ServiceModel* model = nullptr;
    std::map<std::string, Operation, std::less<>> operations;
};

}  // namespace

struct Cloud::Parts {
    Parts(Cloud& self, CloudOptions given, cloud::Functions given_functions,
          const Clock& given_clock, Random& given_random)
        : options(std::move(given)),
          elsewhere(options.elsewhere),
          functions(std::move(given_functions)),
          clock(given_clock),
          random(given_random),
          data(prepared_directory(options.data)),
          lock(locked(data)),
          database(private_database(data)),
          jobs(database, clock, random),
          call_log(database, jobs, clock),
          site{database,         jobs, clock,     random, options.place, data,
               options.settings, self, elsewhere, events, functions},
          services(make_services(site)) {
        events.target = services.events;
    }

    CloudOptions options;
    Elsewhere elsewhere;
    cloud::Functions functions;
    const Clock& clock;
    Random& random;
    fs::path data;
    os::UniqueFd lock;
    Database database;
    Jobs jobs;
    CallLog call_log;
    LateEventSink events;
    Site site;
    Services services;
    std::map<std::string, Endpoint, std::less<>> endpoints;
    bool started = false;

    const Endpoint& endpoint(std::string_view service) const {
        const auto it = endpoints.find(service);
        if (it == endpoints.end())
            throw Error(
                ErrorCategory::Unsupported, "UnknownServiceException",
                "the local cloud does not offer the service '" + std::string(service) + "'");
        return it->second;
    }

    Json run(const Endpoint& endpoint, const cloud::OperationModel& model,
             const Operation& operation, const Json& request, const Caller& caller) {
        cloud::validate(model, request);
        if (operation.block) return run_blocking(model, operation, request, caller);
        if (operation.read)
            return database.read(
                [&](Transaction& tx) { return operation.read(tx, request, caller); });
        return database.write([&](Transaction& tx) {
            if (auto first = call_log.find(tx, caller.call_token)) return *std::move(first);
            Json response = operation.write(tx, request, caller);
            call_log.keep(tx, caller.call_token, response);
            if (endpoint.service->is_trailed() && !model.read_only)
                events.publish(
                    tx, trail_event({*endpoint.model, model, request, &response, nullptr}, caller,
                                    options.place, clock.now(), random));
            return response;
        });
    }

    // Its effect and its entry in the log are two transactions: a crash between them repeats it.
    Json run_blocking(const cloud::OperationModel& model, const Operation& operation,
                      const Json& request, const Caller& caller) {
        const bool is_kept = !caller.call_token.empty() && !model.read_only;
        if (is_kept)
            if (auto first = database.read(
                    [&](Transaction& tx) { return call_log.find(tx, caller.call_token); }))
                return *std::move(first);
        Json response = operation.block(request, caller);
        if (is_kept)
            database.write(
                [&](Transaction& tx) { call_log.keep(tx, caller.call_token, response); });
        return response;
    }

    void trail_failure(const Endpoint& endpoint, const cloud::OperationModel& model,
                       const Json& request, const Caller& caller, const Error& error) {
        if (!endpoint.service->is_trailed() || model.read_only) return;
        try {
            database.write([&](Transaction& tx) {
                events.publish(tx, trail_event({*endpoint.model, model, request, nullptr, &error},
                                               caller, options.place, clock.now(), random));
            });
        } catch (const std::exception& e) {
            log::warning("the trail of a failed call could not be written",
                         {{"operation", model.name}, {"error", e.what()}});
        }
    }
};

Cloud::Cloud(CloudOptions options, cloud::Functions functions, const Clock& clock, Random& random)
    : parts_(
          std::make_unique<Parts>(*this, std::move(options), std::move(functions), clock, random)) {
    for (const auto& service : parts_->services.all) {
        parts_->database.migrate(service->name(), service->schema());
        Endpoint endpoint;
        endpoint.service = service.get();
        endpoint.model = &cloud::service_model(service->name());
        for (Operation& operation : service->operations()) {
            endpoint.model->operation(operation.name);  // an operation without a model is a bug
            std::string name = operation.name;
            endpoint.operations.emplace(std::move(name), std::move(operation));
        }
        parts_->endpoints.emplace(std::string(service->name()), std::move(endpoint));
    }
    for (const auto& service : parts_->services.all)
        service->prepare();
}

Cloud::~Cloud() {
    stop();
}

void Cloud::start() {
    if (std::exchange(parts_->started, true)) return;
    parts_->call_log.start();
    parts_->jobs.start(parts_->options.job_threads);
    for (const auto& service : parts_->services.all)
        service->start();
}

bool Cloud::settle(std::chrono::milliseconds patience) {
    return parts_->jobs.settle(patience);
}

void Cloud::stop() {
    if (!std::exchange(parts_->started, false)) return;
    for (const auto& service : parts_->services.all)
        service->stop();
    parts_->jobs.stop();
}

Caller Cloud::root_caller() const {
    const cloud::Place& here = parts_->options.place;
    Caller caller;
    caller.account = here.account;
    caller.user_id = here.account;
    caller.arn = "arn:" + here.partition + ":iam::" + here.account + ":root";
    caller.source_ip = "127.0.0.1";
    caller.user_agent = "lifeboat";
    caller.request_id = new_uuid(parts_->random);
    return caller;
}

Json Cloud::call(std::string_view service, std::string_view operation, const Json& request,
                 const cloud::CallOptions& options) {
    return call_as(root_caller(), service, operation, request, options);
}

Json Cloud::call_as(const Caller& given_caller, std::string_view service,
                    std::string_view operation, const Json& request,
                    const cloud::CallOptions& options) {
    if (cloud::Cloud* other = parts_->elsewhere.find(service))
        return Elsewhere::hand_on(*other, service, operation, request, options);
    const Endpoint& endpoint = parts_->endpoint(service);
    const auto it = endpoint.operations.find(operation);
    if (it == endpoint.operations.end())
        throw Error(ErrorCategory::Unsupported, "UnknownOperationException",
                    "the operation '" + std::string(operation) + "' of the service '" +
                        std::string(service) + "' is not offered by the local cloud");
    const cloud::OperationModel& model = endpoint.model->operation(operation);
    Caller caller = given_caller;
    caller.call_token = options.call_token;
    try {
        return parts_->run(endpoint, model, it->second, request, caller);
    } catch (const Error& error) {
        parts_->trail_failure(endpoint, model, request, caller, error);
        throw;
    } catch (const std::exception& e) {
        log::error("a handler failed in an unexpected way", {{"service", std::string(service)},
                                                             {"operation", std::string(operation)},
                                                             {"error", e.what()}});
        throw Error(ErrorCategory::Internal, "InternalFailure",
                    std::string(service) + ":" + std::string(operation) +
                        " failed in an unexpected way; the log of the server says more");
    }
}

const cloud::Place& Cloud::place() const {
    return parts_->options.place;
}

bool Cloud::offers(std::string_view service, std::string_view operation) const {
    const auto it = parts_->endpoints.find(service);
    return it != parts_->endpoints.end() && it->second.operations.contains(operation);
}

std::map<std::string, Jobs::Counts> Cloud::job_counts() const {
    return parts_->jobs.counts();
}

std::vector<std::string> Cloud::operation_names() const {
    std::vector<std::string> names;
    for (const auto& [service, endpoint] : parts_->endpoints)
        for (const auto& [operation, handler] : endpoint.operations)
            names.push_back(service + ":" + operation);
    return names;
}

}  // namespace lifeboat::local
