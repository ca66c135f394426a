#include "local/states/aliases.h"

#include "base/error.h"
#include "base/json.h"
#include "local/states/arns.h"
#include "local/states/page_token.h"
#include "local/states/version_rows.h"

namespace lifeboat::local::states {
namespace {

constexpr std::int64_t kMostAliases = 100;  // of one machine, as on AWS

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "ValidationException", message);
}

[[noreturn]] void not_found() {
    throw Error(ErrorCategory::NotFound, "ResourceNotFound",
                "Request references a resource that does not exist.");
}

std::vector<Route> checked_routes(Transaction& tx, const Json& request) {
    const std::vector<Route> routes = routes_from_json(request.at("routingConfiguration"));
    const std::string machine = split_qualifier(routes.front().version_arn).machine_arn;
    std::int64_t sum = 0;
    for (const Route& route : routes) {
        check_arn(route.version_arn, "stateMachine");
        if (split_qualifier(route.version_arn).machine_arn != machine)
            refuse(
                "Routing configuration must contain state machine versions of one state machine");
        if (!find_version(tx, route.version_arn)) not_found();
        sum += route.weight;
    }
    if (sum != 100) refuse("Sum of routing configuration weights must equal 100");
    if (routes.size() == 2 && routes[0].version_arn == routes[1].version_arn)
        refuse(
            "Routing configuration must contain distinct state machine version ARNs. Received: [" +
            routes[0].version_arn + ", " + routes[1].version_arn + "]");
    return routes;
}

AliasRow required(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "stateMachineAliasArn");
    check_arn(arn, "stateMachine");
    if (auto alias = find_alias(tx, arn)) return *std::move(alias);
    not_found();
}

Json describe(Transaction& tx, const Json& request) {
    const AliasRow alias = required(tx, request);
    Json answer = {{"stateMachineAliasArn", alias.arn},
                   {"name", alias.name},
                   {"routingConfiguration", to_json(alias.routes)},
                   {"creationDate", to_epoch_seconds(alias.created)},
                   {"updateDate", to_epoch_seconds(alias.updated)}};
    if (!alias.description.empty()) answer["description"] = alias.description;
    return answer;
}

Json remove(Transaction& tx, const Json& request) {
    tx.run("DELETE FROM states_alias WHERE arn = ?1", {required(tx, request).arn});
    return Json::object();
}

// Of a machine, or those that send executions to one version.
Json list(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "stateMachineArn");
    check_arn(arn, "stateMachine");
    const QualifiedArn parts = split_qualifier(arn);
    const std::optional<std::string> version =
        parts.qualifier.empty() ? std::nullopt : std::optional(arn);
    if (version && !find_version(tx, arn)) not_found();
    const std::int64_t limit = page_size(request);
    Json aliases = Json::array();
    std::optional<std::string> next;
    std::int64_t last = 0;
    tx.each(
        "SELECT rowid, arn, created FROM states_alias WHERE machine_arn = ?1 AND rowid > ?2 AND"
        " (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(routes)"
        " WHERE json_extract(value, '$.stateMachineVersionArn') = ?4)) ORDER BY rowid LIMIT ?3",
        {parts.machine_arn, page_start(request).value_or(0), limit + 1, version},
        [&](const Row& row) {
            if (static_cast<std::int64_t>(aliases.size()) == limit) {
                next = page_token(last);
                return false;
            }
            last = row.integer(0);
            aliases.push_back(
                {{"stateMachineAliasArn", row.string(1)},
                 {"creationDate", to_epoch_seconds(from_epoch_micros(row.integer(2)))}});
            return true;
        });
    Json answer = {{"stateMachineAliases", std::move(aliases)}};
    if (next) answer["nextToken"] = *next;
    return answer;
}

}  // namespace

std::vector<Operation> Aliases::operations() {
    const auto changing = [this](Json (Aliases::*run)(Transaction&, const Json&)) {
        return [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        };
    };
    const auto plain = [](Json (*run)(Transaction&, const Json&)) {
        return
            [run](Transaction& tx, const Json& request, const Caller&) { return run(tx, request); };
    };
    return {writes("CreateStateMachineAlias", changing(&Aliases::create)),
            writes("UpdateStateMachineAlias", changing(&Aliases::update)),
            writes("DeleteStateMachineAlias", plain(remove)),
            reads("DescribeStateMachineAlias", plain(describe)),
            reads("ListStateMachineAliases", plain(list))};
}

Json Aliases::create(Transaction& tx, const Json& request) {
    const std::vector<Route> routes = checked_routes(tx, request);
    const MachineRow machine =
        machines_.require_active(tx, split_qualifier(routes.front().version_arn).machine_arn);
    const std::string name = require_string(request, "name");
    const std::string arn = machine.arn + ":" + name;
    const std::string description = string_or(request, "description", "");
    if (const auto existing = find_alias(tx, arn)) {
        if (existing->routes != routes || existing->description != description)
            throw Error(ErrorCategory::AlreadyExists, "ConflictException",
                        "Failed to create alias because an alias with the same name and a "
                        "different routing configuration already exists.");
        return {{"stateMachineAliasArn", arn},
                {"creationDate", to_epoch_seconds(existing->created)}};
    }
    const auto count = tx.one("SELECT count(*) FROM states_alias WHERE machine_arn = ?1",
                              {machine.arn}, [](const Row& row) { return row.integer(0); });
    if (count.value_or(0) >= kMostAliases)
        throw Error(ErrorCategory::InvalidInput, "ServiceQuotaExceededException",
                    "The state machine has " + std::to_string(kMostAliases) +
                        " aliases, as many as it may have; delete one of them first");
    const Time now = site_.clock.now();
    tx.run(
        "INSERT INTO states_alias (arn, machine_arn, name, description, routes, created, updated)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        {arn, machine.arn, name, description, to_text(to_json(routes)), to_epoch_micros(now)});
    return {{"stateMachineAliasArn", arn}, {"creationDate", to_epoch_seconds(now)}};
}

Json Aliases::update(Transaction& tx, const Json& request) {
    AliasRow alias = required(tx, request);
    if (request.size() < 2)
        refuse("Either the description or the routingConfiguration must be specified");
    alias.description = string_or(request, "description", alias.description);
    if (lifeboat::find(request, "routingConfiguration") != nullptr) {
        alias.routes = checked_routes(tx, request);
        if (split_qualifier(alias.routes.front().version_arn).machine_arn != alias.machine_arn)
            refuse("Routing configuration must contain versions of the alias's own state machine");
    }
    const Time now = site_.clock.now();
    tx.run("UPDATE states_alias SET description = ?2, routes = ?3, updated = ?4 WHERE arn = ?1",
           {alias.arn, alias.description, to_text(to_json(alias.routes)), to_epoch_micros(now)});
    return {{"updateDate", to_epoch_seconds(now)}};
}

}  // namespace lifeboat::local::states
