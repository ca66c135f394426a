#include "local/lambda/service.h"

#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/lambda/asynchronous.h"
#include "local/lambda/invoker.h"
#include "local/lambda/mappings.h"
#include "local/lambda/poller.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

using namespace lambda;

constexpr std::size_t kMostLogBytes = 4 * 1024;  // API reference, Invoke, LogResult
constexpr std::int64_t kDefaultPage = 50;

Json configuration(const Site& site, const std::string& name,
                   const cloud::FunctionDescription& function) {
    Json result = {{"FunctionName", name},
                   {"FunctionArn", function_arn(site.place, name)},
                   {"Runtime", "provided.al2023"},
                   {"Handler", name},
                   {"CodeSize", 0},
                   {"Description", function.description},
                   {"Timeout", std::chrono::ceil<std::chrono::seconds>(function.timeout).count()},
                   {"Version", kLatest},
                   {"State", "Active"},
                   {"LastUpdateStatus", "Successful"},
                   {"PackageType", "Zip"}};
    if (!function.environment.empty())
        result["Environment"] = {{"Variables", function.environment}};
    return result;
}

class LambdaService final : public Service {
  public:
    explicit LambdaService(Site& site)
        : site_(site),
          invoker_(site),
          asynchronous_(site, invoker_),
          mappings_(site, invoker_),
          poller_(site, invoker_, mappings_) {}

    std::string_view name() const override { return "lambda"; }

    std::vector<std::string> schema() const override {
        return {Asynchronous::schema(), Mappings::schema()};
    }

    std::vector<Operation> operations() override {
        std::vector<Operation> all = {
            reads("ListFunctions", [this](Transaction&, const Json& request,
                                          const Caller&) { return list(request); }),
            reads("GetFunction",
                  [this](Transaction&, const Json& request, const Caller&) {
                      return Json{{"Configuration", describe(request)}};
                  }),
            reads("GetFunctionConfiguration", [this](Transaction&, const Json& request,
                                                     const Caller&) { return describe(request); }),
            blocks("Invoke", [this](const Json& request,
                                    const Caller& caller) { return invoke(request, caller); }),
        };
        for (Operation& operation : asynchronous_.operations())
            all.push_back(std::move(operation));
        for (Operation& operation : mappings_.operations())
            all.push_back(std::move(operation));
        return all;
    }

    void prepare() override {
        asynchronous_.prepare();
        poller_.prepare();
    }

  private:
    Json describe(const Json& request) const {
        const std::string name = invoker_.resolve(require_string(request, "FunctionName"),
                                                  find_string(request, "Qualifier"));
        return configuration(site_, name, *invoker_.find(name));
    }

    // The marker is the name of the last function of the page before.
    Json list(const Json& request) const {
        const std::int64_t limit =
            std::min(integer_or(request, "MaxItems", kDefaultPage), kDefaultPage);
        const std::string marker = string_or(request, "Marker", "");
        Json functions = Json::array();
        auto it = marker.empty() ? site_.functions.begin() : site_.functions.upper_bound(marker);
        for (; it != site_.functions.end(); ++it) {
            if (static_cast<std::int64_t>(functions.size()) == limit) {
                const Json last = functions.back()["FunctionName"];
                return {{"Functions", std::move(functions)}, {"NextMarker", last}};
            }
            functions.push_back(configuration(site_, it->first, it->second));
        }
        return {{"Functions", std::move(functions)}};
    }

    static Json event_of(const Json& request, std::size_t most_bytes) {
        const std::string text = base64_decode(string_or(request, "Payload", "")).value_or("");
        if (text.size() > most_bytes)
            throw Error(ErrorCategory::InvalidInput, "RequestTooLargeException",
                        std::to_string(text.size()) + " byte payload is too large for the " +
                            string_or(request, "InvocationType", "RequestResponse") +
                            " invocation type (limit " + std::to_string(most_bytes) + " bytes)");
        if (text.empty()) return Json::object();
        try {
            return parse_json(text, "the request body");
        } catch (const Error& error) {
            throw Error(ErrorCategory::InvalidInput, "InvalidRequestContentException",
                        "Could not parse request body into json: " + error.message());
        }
    }

    Json invoke(const Json& request, const Caller& caller) {
        const std::string name = invoker_.resolve(require_string(request, "FunctionName"),
                                                  find_string(request, "Qualifier"));
        if (!string_or(request, "ClientContext", "").empty())
            throw Error(ErrorCategory::InvalidInput, "InvalidParameterValueException",
                        "ClientContext is not offered here: functions do not see it");
        const std::string type = string_or(request, "InvocationType", "RequestResponse");
        const Json event =
            event_of(request, type == "Event" ? kMostAsynchronousBytes : kMostSynchronousBytes);
        if (type == "DryRun") return {{"StatusCode", 204}};
        if (type == "Event") {
            site_.database.write([&](Transaction& tx) {
                asynchronous_.enqueue(tx, name, event, caller.request_id, caller.call_token);
            });
            return {{"StatusCode", 202}};
        }
        const Outcome outcome = invoker_.run(name, event, caller.request_id);
        Json response = {{"StatusCode", 200},
                         {"ExecutedVersion", kLatest},
                         {"Payload", base64_encode(outcome.payload)}};
        if (outcome.failed) response["FunctionError"] = "Unhandled";
        if (string_or(request, "LogType", "None") == "Tail")
            response["LogResult"] = base64_encode(
                std::string_view(outcome.log)
                    .substr(outcome.log.size() - std::min(outcome.log.size(), kMostLogBytes)));
        return response;
    }

    Site& site_;
    Invoker invoker_;
    Asynchronous asynchronous_;
    Mappings mappings_;
    Poller poller_;
};

}  // namespace

std::unique_ptr<Service> make_lambda_service(Site& site) {
    return std::make_unique<LambdaService>(site);
}

}  // namespace lifeboat::local
