#include "cli/bash_completion.h"

#include <set>

namespace lifeboat::cli {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string out;
    for (const std::string& word : words)
        (out += out.empty() ? "" : between) += word;
    return out;
}

struct Tables {
    std::string steps;   // case: which word leads from one command to the next
    std::string words;   // case: what may follow a command
    std::string values;  // case: what an option takes
    std::set<std::string> with_value;
};

void collect(const CommandShape& command, const std::string& path,
             const std::vector<std::string>& inherited, Tables& tables) {
    std::vector<std::string> words;
    for (const CommandShape& sub : command.commands)
        words.push_back(sub.name);
    for (const OptionShape& option : command.options) {
        // A positional argument with choices; any other is a file or a name nobody can guess.
        if (option.names.empty())
            words.insert(words.end(), option.choices.begin(), option.choices.end());
        words.insert(words.end(), option.names.begin(), option.names.end());
        if (!option.takes_value) continue;
        for (const std::string& name : option.names) {
            tables.with_value.insert(name);
            if (!option.choices.empty())
                tables.values += "        " + quoted(path + ":" + name) +
                                 ") words=" + quoted(joined(option.choices, " ")) + " ;;\n";
        }
    }
    words.insert(words.end(), inherited.begin(), inherited.end());
    tables.words += "        " + quoted(path) + ") words=" + quoted(joined(words, " ")) + " ;;\n";
    for (const CommandShape& sub : command.commands) {
        const std::string below = path + "/" + sub.name;
        tables.steps +=
            "            " + quoted(path + " " + sub.name) + ") path=" + quoted(below) + " ;;\n";
        collect(sub, below, inherited, tables);
    }
}

}  // namespace

std::string bash_completion(const CommandShape& root) {
    Tables tables;
    std::vector<std::string> globals;
    std::string global_values;
    for (const OptionShape& option : root.options)
        for (const std::string& name : option.names) {
            globals.push_back(name);
            if (!option.choices.empty())
                global_values += "        *:" + quoted(name) +
                                 ") words=" + quoted(joined(option.choices, " ")) + " ;;\n";
        }
    CommandShape verbs = root;
    for (const OptionShape& option : root.options)
        if (option.takes_value) tables.with_value.insert(option.names.begin(), option.names.end());
    verbs.options.clear();
    collect(verbs, "", globals, tables);
    std::string with_value;
    for (const std::string& name : tables.with_value)
        (with_value += with_value.empty() ? "" : "|") += name;
    if (with_value.empty()) with_value = "''";

    return "# bash completion for " + root.name +
           ": eval \"$(lifeboat completion bash)\", or put it where bash-completion looks.\n"
           "_lifeboat() {\n"
           "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
           "    local path='' words='' i\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"${COMP_WORDS[i]}\" in\n"
           "            " +
           with_value +
           ") ((i++)); continue ;;\n"
           "        esac\n"
           "        case \"$path ${COMP_WORDS[i]}\" in\n" +
           tables.steps +
           "        esac\n"
           "    done\n"
           "    case \"$path:$prev\" in\n" +
           tables.values + global_values +
           "    esac\n"
           "    if [[ -z $words ]]; then\n"
           "        case \"$prev\" in\n"
           "            " +
           with_value +
           ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
           "        esac\n"
           "        case \"$path\" in\n" +
           tables.words +
           "        esac\n"
           "    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "}\n"
           "complete -o default -F _lifeboat " +
           root.name + "\n";
}

}  // namespace lifeboat::cli
