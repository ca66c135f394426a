#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace lifeboat::cli {
namespace {

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t comma = std::min(text.find(',', from), text.size());
        if (comma > from) parts.push_back(text.substr(from, comma - from));
        from = comma + 1;
    }
    return parts;
}

// CLI11 shows what a flag means by itself behind its name: "--level{high}".
std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names = split(option.get_name(false, true));
    for (std::string& name : names)
        name.resize(std::min(name.find('{'), name.size()));
    return names;
}

// CLI11 shows the choices of IsMember in the type's name: "TEXT:{local,aws}".
std::vector<std::string> choices_of(const std::string& type) {
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    if (open == std::string::npos || close == std::string::npos) return {};
    return split(type.substr(open + 1, close - open - 1));
}

OptionShape shape_of(const CLI::Option& option) {
    OptionShape shape;
    if (option.get_positional() && !option.nonpositional())
        shape.placeholder = option.get_name(true);
    else
        shape.names = names_of(option);
    shape.description = option.get_description();
    shape.takes_value = option.get_items_expected_max() > 0;
    shape.required = option.get_required();
    shape.environment = option.get_envname();
    if (shape.takes_value) {
        shape.choices = choices_of(option.get_type_name());
        shape.fallback = option.get_default_str();
    }
    return shape;
}

}  // namespace

CommandShape command_tree(const CLI::App& app) {
    CommandShape shape;
    shape.name = app.get_name();
    shape.description = app.get_description();
    for (const CLI::Option* option : app.get_options())
        shape.options.push_back(shape_of(*option));
    for (const CLI::App* command : app.get_subcommands({}))
        shape.commands.push_back(command_tree(*command));
    return shape;
}

}  // namespace lifeboat::cli
