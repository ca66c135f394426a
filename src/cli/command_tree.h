// The command line as a value: what completions and the manual are made from.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lifeboat::cli {

struct OptionShape {
    std::vector<std::string> names;  // "-y", "--yes"; none: positional
    std::string placeholder;         // of a positional argument
    std::string description;
    bool takes_value = false;  // as a word of its own
    bool required = false;
    std::vector<std::string> choices;  // the only values it takes; empty: any
    std::string environment;           // the variable that gives it when the option is absent
    std::string fallback;              // as text; empty: none worth saying
};

struct CommandShape {
    std::string name;
    std::string description;
    std::vector<OptionShape> options;
    std::vector<CommandShape> commands;
};

CommandShape command_tree(const CLI::App& app);

}  // namespace lifeboat::cli
