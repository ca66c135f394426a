#include "cli/manual.h"

#include <map>
#include <utility>

#include "cli/exit_code.h"

namespace lifeboat::cli {
namespace {

constexpr std::pair<ExitCode, std::string_view> kExitCodes[] = {
    {kSuccess, "Done."},
    {kFailed, "Tried, and it failed: an execution that did not succeed, an internal error."},
    {kUsage, "The command line, the configuration or the request is wrong."},
    {kPartial, "Done in part; the output says what is missing."},
    {kNotFound, "Not found."},
    {kAlreadyExists, "Exists already, or is in use."},
    {kPermissionDenied, "Not permitted."},
    {kTryAgain, "Unavailable or busy: try again."},
    {kNoSpace, "No space."},
    {kCorruption, "Damaged data."},
    {kInterrupted, "Interrupted."},
};

// Text that roff shows as it is.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (out.empty() || out.back() == '\n') {
            if (c == '.' || c == '\'') out += "\\&";
        }
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string value_of(const OptionShape& option) {
    if (!option.takes_value) return "";
    if (option.choices.empty()) return " \\fIVALUE\\fR";
    std::string out = " ";
    for (const std::string& choice : option.choices)
        (out += out.size() == 1 ? "" : "|") += plain(choice);
    return out;
}

std::string entry(const OptionShape& option) {
    std::string out = ".TP\n";
    if (option.names.empty()) {
        out += "\\fI" + plain(option.placeholder) + "\\fR";
    } else {
        std::string names;
        for (const std::string& name : option.names)
            (names += names.empty() ? "" : ", ") += "\\fB" + plain(name) + "\\fR";
        out += names + value_of(option);
    }
    out += "\n" + (option.description.empty() ? "\\&" : plain(option.description));
    if (!option.fallback.empty()) out += " (default: " + plain(option.fallback) + ")";
    if (!option.environment.empty()) out += " [\\fB" + plain(option.environment) + "\\fR]";
    return out + "\n";
}

bool is_help(const OptionShape& option) {
    return !option.names.empty() && option.names.back() == "--help";
}

void add_verbs(const CommandShape& command, const std::string& path, std::string& out) {
    const std::string name = path.empty() ? command.name : path + " " + command.name;
    if (!command.commands.empty()) {
        for (const CommandShape& sub : command.commands)
            add_verbs(sub, name, out);
        return;
    }
    out += ".SS " + plain(name);
    for (const OptionShape& option : command.options)
        if (option.names.empty())
            out += (option.required ? " " : " [") + plain(option.placeholder) +
                   (option.required ? "" : "]");
    out += "\n" + plain(command.description) + ".\n";
    for (const OptionShape& option : command.options)
        if (!is_help(option)) out += entry(option);
}

}  // namespace

std::string manual_page(const CommandShape& root, std::string_view version) {
    std::string out = ".TH LIFEBOAT 1 \"\" \"lifeboat " + plain(version) + "\"\n";
    out += ".SH NAME\nlifeboat \\- back up and bring back work made on Amazon SageMaker\n";
    out += ".SH SYNOPSIS\n\\fBlifeboat\\fR [\\fIOPTIONS\\fR] \\fIVERB\\fR ...\n";
    out += ".SH DESCRIPTION\n" + plain(root.description) + "\n";
    out += ".SH OPTIONS\nThey may stand before or after the verb.\n";
    for (const OptionShape& option : root.options)
        out += entry(option);
    out += ".SH VERBS\n";
    for (const CommandShape& verb : root.commands)
        add_verbs(verb, "", out);
    out += ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : kExitCodes)
        out +=
            ".TP\n\\fB" + std::to_string(static_cast<int>(code)) + "\\fR\n" + plain(meaning) + "\n";
    return out;
}

}  // namespace lifeboat::cli
