#include "local/states/service.h"

#include <iterator>

#include "local/site.h"
#include "local/states/aliases.h"
#include "local/states/executions.h"
#include "local/states/machines.h"
#include "local/states/map_run_rows.h"
#include "local/states/tags.h"
#include "local/states/test_state.h"
#include "local/states/versions.h"

namespace lifeboat::local::states {
namespace {

class StatesService final : public Service {
  public:
    explicit StatesService(Site& site)
        : machines_(site),
          versions_(site, machines_),
          aliases_(site, machines_),
          executions_(site, machines_),
          test_state_(site) {}

    std::string_view name() const override { return "states"; }

    std::vector<std::string> schema() const override {
        return {
            "CREATE TABLE states_revision ("
            " id TEXT PRIMARY KEY,"
            " definition TEXT NOT NULL,"
            " role_arn TEXT NOT NULL,"
            " created INTEGER NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE states_machine ("
            " arn TEXT PRIMARY KEY,"
            " name TEXT NOT NULL,"
            " role_arn TEXT NOT NULL,"
            " status TEXT NOT NULL,"
            " revision TEXT NOT NULL,"
            " created INTEGER NOT NULL,"
            " tags TEXT NOT NULL);"
            "CREATE TABLE states_execution ("
            " id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " arn TEXT NOT NULL UNIQUE,"
            " machine_arn TEXT NOT NULL,"
            " name TEXT NOT NULL,"
            " revision TEXT NOT NULL,"
            " status TEXT NOT NULL,"
            " input TEXT NOT NULL,"
            " trace_header TEXT NOT NULL,"
            " output TEXT,"
            " error TEXT,"
            " cause TEXT,"
            " started INTEGER NOT NULL,"
            " stopped INTEGER,"
            " last_sequence INTEGER NOT NULL,"
            " last_event INTEGER NOT NULL);"
            "CREATE INDEX states_execution_by_machine"
            " ON states_execution (machine_arn, status, id);"
            "CREATE INDEX states_execution_in_order ON states_execution (machine_arn, id);"
            "CREATE TABLE states_history ("
            " execution INTEGER NOT NULL,"
            " sequence INTEGER NOT NULL,"
            " event INTEGER NOT NULL,"  // 0: a record that is not shown
            " record TEXT NOT NULL,"
            " PRIMARY KEY (execution, sequence)) WITHOUT ROWID;"
            "CREATE INDEX states_history_shown ON states_history (execution, event)"
            " WHERE event > 0",
            tasks_schema(),
            map_runs_schema(),
            map_runs_export_schema(),
            "ALTER TABLE states_machine ADD COLUMN type TEXT NOT NULL DEFAULT 'STANDARD';"
            "CREATE TABLE states_version ("
            " machine_arn TEXT NOT NULL,"
            " number INTEGER NOT NULL,"
            " revision TEXT NOT NULL,"
            " description TEXT NOT NULL,"
            " created INTEGER NOT NULL,"
            " PRIMARY KEY (machine_arn, number)) WITHOUT ROWID;"
            "CREATE TABLE states_version_number ("
            " machine_arn TEXT PRIMARY KEY,"
            " last INTEGER NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE states_alias ("
            " arn TEXT PRIMARY KEY,"
            " machine_arn TEXT NOT NULL,"
            " name TEXT NOT NULL,"
            " description TEXT NOT NULL,"
            " routes TEXT NOT NULL,"
            " created INTEGER NOT NULL,"
            " updated INTEGER NOT NULL);"
            "CREATE INDEX states_alias_by_machine ON states_alias (machine_arn);"
            "ALTER TABLE states_execution ADD COLUMN version_arn TEXT;"
            "ALTER TABLE states_execution ADD COLUMN alias_arn TEXT;"
            "ALTER TABLE states_execution ADD COLUMN redrive_count INTEGER NOT NULL DEFAULT 0;"
            "ALTER TABLE states_execution ADD COLUMN redriven INTEGER;"
            "ALTER TABLE states_execution ADD COLUMN redrive_token TEXT",
            map_runs_redrive_schema() +
                "ALTER TABLE states_activity ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';"
                "CREATE INDEX states_wait_by_waiting ON states_wait (waiting);",
            map_runs_count_schema()};
    }

    std::vector<Operation> operations() override {
        std::vector<Operation> all = machines_.operations();
        for (std::vector<Operation> more :
             {versions_.operations(), aliases_.operations(), tag_operations(),
              executions_.operations(), test_state_.operations()})
            all.insert(all.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
        return all;
    }

    void prepare() override { executions_.prepare(); }
    void stop() override {
        executions_.stop_waiting();
        test_state_.stop_waiting();
    }

  private:
    Machines machines_;
    Versions versions_;
    Aliases aliases_;
    Executions executions_;
    TestState test_state_;
};

}  // namespace

std::unique_ptr<Service> make_states_service(Site& site) {
    return std::make_unique<StatesService>(site);
}

}  // namespace lifeboat::local::states
