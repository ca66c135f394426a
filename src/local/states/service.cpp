#include "local/states/service.h"

#include <iterator>

#include "local/site.h"
#include "local/states/executions.h"
#include "local/states/machines.h"

namespace lifeboat::local::states {
namespace {

class StatesService final : public Service {
  public:
    explicit StatesService(Site& site) : machines_(site), executions_(site, machines_) {}

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
            tasks_schema(), map_runs_schema(), map_runs_export_schema()};
    }

    std::vector<Operation> operations() override {
        std::vector<Operation> all = machines_.operations();
        std::vector<Operation> more = executions_.operations();
        all.insert(all.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
        return all;
    }

    void prepare() override { executions_.prepare(); }
    void stop() override { executions_.stop_waiting(); }

  private:
    Machines machines_;
    Executions executions_;
};

}  // namespace

std::unique_ptr<Service> make_states_service(Site& site) {
    return std::make_unique<StatesService>(site);
}

}  // namespace lifeboat::local::states
