#include "local/states/machines.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "flow/definition_warnings.h"
#include "flow/express_check.h"
#include "flow/machine_parser.h"
#include "local/states/arns.h"
#include "local/states/page_token.h"
#include "local/states/tags.h"
#include "local/states/version_rows.h"

namespace lifeboat::local::states {
namespace {

constexpr std::size_t kMostParsed = 256;  // machines kept parsed

[[noreturn]] void refuse(const std::string& code, const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, code, message);
}

// Configurations that ask for something this cloud does not do are refused, not forgotten.
void check_configurations(const Json& request) {
    if (const Json* logging = lifeboat::find(request, "loggingConfiguration"))
        if (string_or(*logging, "level", "OFF") != "OFF")
            refuse("InvalidLoggingConfiguration",
                   "Invalid Logging Configuration: only the level OFF is offered here; "
                   "GetExecutionHistory holds what the log would");
    if (const Json* tracing = lifeboat::find(request, "tracingConfiguration"))
        if (bool_or(*tracing, "enabled", false))
            refuse("InvalidTracingConfiguration",
                   "Invalid Tracing Configuration: tracing is not offered here");
    if (const Json* encryption = lifeboat::find(request, "encryptionConfiguration"))
        if (string_or(*encryption, "type", "") != "AWS_OWNED_KEY")
            refuse("InvalidEncryptionConfiguration",
                   "Invalid Encryption Configuration: only AWS_OWNED_KEY is offered here");
    if (!bool_or(request, "publish", false) && lifeboat::find(request, "versionDescription"))
        refuse("ValidationException", "Version description can only be set when publish is true");
}

flow::ParsedMachine parse(const std::string& definition, std::string_view type) {
    flow::ParsedMachine parsed = flow::parse_machine(definition);
    flow::check_type(parsed,
                     type == "EXPRESS" ? flow::MachineType::Express : flow::MachineType::Standard);
    return parsed;
}

void check_definition(const std::string& definition, std::string_view type) {
    const flow::ParsedMachine parsed = parse(definition, type);
    if (parsed.machine == nullptr) refuse("InvalidDefinition", flow::describe(parsed.diagnostics));
}

void check_role(const std::string& role_arn) {
    const auto arn = cloud::parse_arn(role_arn);
    if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/"))
        refuse("InvalidArn", "Invalid Role Arn: '" + role_arn + "'");
}

Json validate_definition(const Json& request) {
    const flow::ParsedMachine parsed =
        parse(require_string(request, "definition"), string_or(request, "type", "STANDARD"));
    const std::int64_t asked = integer_or(request, "maxResults", 0);
    constexpr std::size_t kMostShown = 100;
    const auto most = asked == 0 ? kMostShown : static_cast<std::size_t>(asked);
    Json diagnostics = Json::array();
    const auto add = [&](const flow::Diagnostic& problem, const char* severity) {
        if (diagnostics.size() == most) return;
        Json diagnostic = {
            {"severity", severity}, {"code", problem.code}, {"message", problem.message}};
        if (!problem.location.empty()) diagnostic["location"] = problem.location;
        diagnostics.push_back(std::move(diagnostic));
    };
    for (const flow::Diagnostic& problem : parsed.diagnostics)
        add(problem, "ERROR");
    std::size_t found = parsed.diagnostics.size();
    if (string_or(request, "severity", "ERROR") == "WARNING")
        for (const flow::Diagnostic& problem :
             flow::definition_warnings(require_string(request, "definition"))) {
            add(problem, "WARNING");
            ++found;
        }
    return {{"result", parsed.machine == nullptr ? "FAIL" : "OK"},
            {"diagnostics", std::move(diagnostics)},
            {"truncated", found > most}};
}

}  // namespace

std::vector<Operation> Machines::operations() {
    const auto changing = [this](Json (Machines::*run)(Transaction&, const Json&)) {
        return [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        };
    };
    const auto reading = [this](Json (Machines::*run)(Transaction&, const Json&) const) {
        return [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        };
    };
    return {writes("CreateStateMachine", changing(&Machines::create)),
            writes("UpdateStateMachine", changing(&Machines::update)),
            writes("DeleteStateMachine", changing(&Machines::remove)),
            reads("DescribeStateMachine", reading(&Machines::describe)),
            reads("ListStateMachines", reading(&Machines::list)),
            reads("ValidateStateMachineDefinition",
                  [](Transaction&, const Json& request, const Caller&) {
                      return validate_definition(request);
                  })};
}

std::optional<MachineRow> Machines::find(Transaction& tx, const std::string& arn) const {
    return tx.one(
        "SELECT arn, name, role_arn, status, revision, type, created FROM states_machine"
        " WHERE arn = ?1",
        {arn}, [](const Row& row) {
            return MachineRow{row.string(0),
                              row.string(1),
                              row.string(2),
                              row.string(3),
                              row.string(4),
                              row.string(5),
                              from_epoch_micros(row.integer(6))};
        });
}

MachineRow Machines::require(Transaction& tx, const std::string& arn) const {
    check_arn(arn, "stateMachine");
    if (auto row = find(tx, arn)) return *std::move(row);
    throw Error(ErrorCategory::NotFound, "StateMachineDoesNotExist",
                "State Machine Does Not Exist: '" + arn + "'");
}

MachineRow Machines::require_active(Transaction& tx, const std::string& arn) const {
    MachineRow machine = require(tx, arn);
    if (machine.status == "DELETING")
        throw Error(ErrorCategory::AlreadyExists, "StateMachineDeleting",
                    "State Machine is being deleted: '" + arn + "'");
    return machine;
}

Target Machines::resolve(Transaction& tx, const std::string& arn) const {
    check_arn(arn, "stateMachine");
    const QualifiedArn parts = split_qualifier(arn);
    if (parts.qualifier.empty()) {
        MachineRow machine = require(tx, arn);
        std::string revision = machine.revision;
        return {std::move(machine), std::move(revision), std::nullopt, std::nullopt, ""};
    }
    std::string version_arn = arn;
    std::optional<std::string> alias_arn;
    if (!parts.is_version()) {
        const auto alias = find_alias(tx, arn);
        if (alias) {
            alias_arn = arn;
            const auto point = static_cast<std::int64_t>(site_.random.next() % 100);
            const bool second = alias->routes.size() > 1 && point >= alias->routes[0].weight;
            version_arn = alias->routes[second ? 1 : 0].version_arn;
        }
    }
    const auto version = find_version(tx, version_arn);
    if (!version)
        throw Error(ErrorCategory::NotFound, "StateMachineDoesNotExist",
                    "State Machine Does Not Exist: '" + arn + "'");
    return {require(tx, parts.machine_arn), version->revision, version_arn, alias_arn,
            version->description};
}

RevisionRow Machines::revision(Transaction& tx, const std::string& id) const {
    auto row = tx.one("SELECT definition, role_arn, created FROM states_revision WHERE id = ?1",
                      {id}, [](const Row& found) {
                          return RevisionRow{found.string(0), found.string(1),
                                             from_epoch_micros(found.integer(2))};
                      });
    if (!row)
        throw Error(ErrorCategory::Corruption, "MissingRevision",
                    "the revision " + id + " of a state machine is missing");
    return *std::move(row);
}

std::shared_ptr<const flow::Machine> Machines::parsed(const std::string& id) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto found = parsed_.find(id); found != parsed_.end()) return found->second;
    }
    const RevisionRow row = site_.database.read([&](Transaction& tx) { return revision(tx, id); });
    flow::ParsedMachine parsed = flow::parse_machine(row.definition);
    if (parsed.machine == nullptr)
        throw Error(
            ErrorCategory::Internal, "InvalidDefinition",
            "a stored definition is no longer accepted: " + flow::describe(parsed.diagnostics));
    const std::scoped_lock lock(mutex_);
    if (parsed_.size() >= kMostParsed) parsed_.clear();
    return parsed_.emplace(id, std::move(parsed.machine)).first->second;
}

void Machines::finish_deletion(Transaction& tx, const std::string& arn) {
    const std::int64_t gone = tx.run(
        "DELETE FROM states_machine WHERE arn = ?1 AND status = 'DELETING' AND NOT EXISTS"
        " (SELECT 1 FROM states_execution WHERE machine_arn = ?1 AND status = 'RUNNING')",
        {arn});
    if (gone > 0) remove_versions(tx, arn);
}

std::string Machines::add_revision(Transaction& tx, const std::string& definition,
                                   const std::string& role_arn) {
    std::string id = new_uuid(site_.random);
    tx.run(
        "INSERT INTO states_revision (id, definition, role_arn, created) VALUES (?1, ?2, ?3, ?4)",
        {id, definition, role_arn, to_epoch_micros(site_.clock.now())});
    return id;
}

Json Machines::create(Transaction& tx, const Json& request) {
    const std::string name = require_string(request, "name");
    const std::string definition = require_string(request, "definition");
    const std::string role_arn = require_string(request, "roleArn");
    check_name(name);
    check_role(role_arn);
    check_configurations(request);
    const std::string type = string_or(request, "type", "STANDARD");
    check_definition(definition, type);
    Json tags = Json::object();
    merge_tags(tags, request.value("tags", Json::array()));

    const std::string arn = machine_arn(site_.place, name);
    if (const auto existing = find(tx, arn)) {
        if (existing->status == "DELETING")
            throw Error(ErrorCategory::AlreadyExists, "StateMachineDeleting",
                        "State Machine is being deleted: '" + arn + "'");
        // The role and the tags do not count, as on AWS.
        if (revision(tx, existing->revision).definition != definition || existing->type != type)
            throw Error(ErrorCategory::AlreadyExists, "StateMachineAlreadyExists",
                        "State Machine Already Exists: '" + arn + "'");
        Json answer = {{"stateMachineArn", arn},
                       {"creationDate", to_epoch_seconds(existing->created)}};
        add_version(tx, *existing, request, answer);
        return answer;
    }
    const Time now = site_.clock.now();
    const std::string revision_id = add_revision(tx, definition, role_arn);
    tx.run(
        "INSERT INTO states_machine (arn, name, role_arn, status, revision, created, tags, type)"
        " VALUES (?1, ?2, ?3, 'ACTIVE', ?4, ?5, ?6, ?7)",
        {arn, name, role_arn, revision_id, to_epoch_micros(now), to_text(tags), type});
    Json answer = {{"stateMachineArn", arn}, {"creationDate", to_epoch_seconds(now)}};
    add_version(tx, require(tx, arn), request, answer);
    return answer;
}

void Machines::add_version(Transaction& tx, const MachineRow& machine, const Json& request,
                           Json& answer) {
    if (!bool_or(request, "publish", false)) return;
    answer["stateMachineVersionArn"] =
        publish_version(tx, machine.arn, machine.revision,
                        string_or(request, "versionDescription", ""), site_.clock.now())
            .arn();
}

Json Machines::update(Transaction& tx, const Json& request) {
    MachineRow machine = require_active(tx, require_string(request, "stateMachineArn"));
    if (request.size() < 2)
        refuse("MissingRequiredParameter",
               "Either the definition, the role ARN, the LoggingConfiguration, or the "
               "TracingConfiguration must be specified");
    check_configurations(request);
    const std::string role_arn = string_or(request, "roleArn", machine.role_arn);
    check_role(role_arn);
    const std::string before = revision(tx, machine.revision).definition;
    const std::string definition = string_or(request, "definition", before);
    check_definition(definition, machine.type);
    // Only the definition and the role make a revision.
    if (definition != before || role_arn != machine.role_arn) {
        machine.revision = add_revision(tx, definition, role_arn);
        tx.run("UPDATE states_machine SET role_arn = ?2, revision = ?3 WHERE arn = ?1",
               {machine.arn, role_arn, machine.revision});
    }
    Json answer = {{"updateDate", to_epoch_seconds(site_.clock.now())},
                   {"revisionId", machine.revision}};
    add_version(tx, machine, request, answer);
    return answer;
}

Json Machines::describe(Transaction& tx, const Json& request) const {
    const std::string arn = require_string(request, "stateMachineArn");
    const Target target = resolve(tx, arn);
    const MachineRow& machine = target.machine;
    const RevisionRow row = revision(tx, target.revision);
    const bool metadata = string_or(request, "includedData", "ALL_DATA") == "METADATA_ONLY";
    Json answer = {{"stateMachineArn", arn},
                   {"name", machine.name},
                   {"status", machine.status},
                   {"definition", metadata ? "" : row.definition},
                   {"roleArn", row.role_arn},
                   {"type", machine.type},
                   {"creationDate", to_epoch_seconds(machine.created)},
                   {"loggingConfiguration", {{"level", "OFF"}, {"includeExecutionData", false}}},
                   {"tracingConfiguration", {{"enabled", false}}},
                   {"revisionId", target.revision}};
    if (!target.description.empty()) answer["description"] = target.description;
    return answer;
}

Json Machines::remove(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "stateMachineArn");
    check_arn(arn, "stateMachine");
    tx.run("UPDATE states_machine SET status = 'DELETING' WHERE arn = ?1", {arn});
    finish_deletion(tx, arn);
    return Json::object();
}

Json Machines::list(Transaction& tx, const Json& request) const {
    const std::int64_t limit = page_size(request);
    Json machines = Json::array();
    std::optional<std::string> next;
    std::int64_t last = 0;
    tx.each(
        "SELECT rowid, arn, name, created, type FROM states_machine WHERE rowid > ?1 ORDER BY rowid"
        " LIMIT ?2",
        {page_start(request).value_or(0), limit + 1}, [&](const Row& row) {
            if (static_cast<std::int64_t>(machines.size()) == limit) {
                next = page_token(last);
                return false;
            }
            last = row.integer(0);
            machines.push_back(
                {{"stateMachineArn", row.string(1)},
                 {"name", row.string(2)},
                 {"type", row.string(4)},
                 {"creationDate", to_epoch_seconds(from_epoch_micros(row.integer(3)))}});
            return true;
        });
    Json answer = {{"stateMachines", std::move(machines)}};
    if (next) answer["nextToken"] = *next;
    return answer;
}

}  // namespace lifeboat::local::states
