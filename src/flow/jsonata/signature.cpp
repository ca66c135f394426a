#include "flow/jsonata/signature.h"

#include <algorithm>

namespace lifeboat::flow::jsonata {
namespace {

std::string accepted_by(char type) {
    switch (type) {
        case 'a':
        case 'x':
            return "asnblfom";
        case 'j':
            return "asnblom";
        case 'f':
            return "f";
        case 'u':
            return "bnslm";
        default:
            return {type, 'm'};
    }
}

constexpr std::size_t kMostParameters = 100;

// The place of the bracket that closes the one at `open`.
std::size_t closing(std::string_view text, std::size_t open, char opens, char closes) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == opens) ++depth;
        if (text[i] == closes && --depth == 0) return i;
    }
    return text.size();
}

}  // namespace

char type_letter(const Item& item) {
    if (item.is_string()) return 's';
    if (item.is_number()) return 'n';
    if (item.is_boolean()) return 'b';
    if (item.is_null()) return 'l';
    if (item.is_list()) return 'a';
    if (item.is_object()) return 'o';
    if (item.is_function()) return 'f';
    return 'm';
}

Signature Signature::parse(std::string_view text, std::size_t position) {
    Signature signature;
    signature.given_ = true;
    for (std::size_t i = 1; i + 1 < text.size() && text[i] != ':'; ++i) {
        const char letter = text[i];
        auto& parameters = signature.parameters_;
        if (parameters.size() > kMostParameters)
            fail_at(position, kTooMuch,
                    "A signature has at most " + std::to_string(kMostParameters) + " parameters");
        if (letter == '(') {
            const std::size_t end = closing(text, i, '(', ')');
            const std::string choice(text.substr(i + 1, end - i - 1));
            if (choice.find('<') != std::string::npos)
                fail_at(position, "S0402",
                        "Choice groups containing parameterized types are not supported");
            parameters.emplace_back().accepts = choice + "m";
            i = end;
        } else if (letter == '<') {
            const std::size_t end = closing(text, i, '<', '>');
            if (parameters.empty() ||
                (!parameters.back().array && parameters.back().accepts != "f"))
                fail_at(position, "S0401",
                        "Type parameters can only be applied to functions and arrays");
            if (parameters.back().array && end > i + 1) parameters.back().subtype = text[i + 1];
            i = end;
        } else if (letter == '-' && !parameters.empty()) {
            parameters.back().context = parameters.back().optional = true;
        } else if (letter == '?' && !parameters.empty()) {
            parameters.back().optional = true;
        } else if (letter == '+' && !parameters.empty()) {
            parameters.back().many = true;
        } else if (std::string_view("snblaofxju").find(letter) != std::string_view::npos) {
            parameters.emplace_back().accepts = accepted_by(letter);
            parameters.back().array = letter == 'a';
        }
    }
    return signature;
}

// Greedy with going back; from where nothing fits it is not tried again.
bool Signature::assign(Assignment& done, std::size_t parameter, std::size_t at) const {
    const std::string& symbols = done.symbols;
    done.furthest = std::max(done.furthest, at);
    if (parameter == parameters_.size()) return at == symbols.size();
    if (!done.tried.emplace(parameter, at).second) return false;
    const Parameter& wanted = parameters_[parameter];
    std::size_t most = 0;
    while (at + most < symbols.size() && (wanted.many || most == 0) &&
           wanted.accepts.find(symbols[at + most]) != std::string::npos)
        ++most;
    done.budget.charge((most + 1) * (1 + wanted.accepts.size() / kBytesPerUnit));
    const std::size_t fewest = wanted.optional ? 0 : 1;
    for (std::size_t count = most + 1; count-- > fewest;) {
        done.taken[parameter] = count;
        if (assign(done, parameter + 1, at + count)) return true;
    }
    return false;
}

Items Signature::check(const Items& arguments, const Item& context, const std::string& function,
                       Budget& budget) const {
    if (!given_) return arguments;
    Assignment done(budget);
    for (const Item& argument : arguments)
        done.symbols += type_letter(argument);
    done.taken.assign(parameters_.size(), 0);
    if (!assign(done, 0, 0))
        fail("T0410", "Argument " + std::to_string(done.furthest + 1) + " of function \"" +
                          function + "\" does not match function signature");
    Items checked;
    std::size_t next = 0;
    const std::vector<std::size_t>& taken = done.taken;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& wanted = parameters_[i];
        if (taken[i] == 0) {
            if (!wanted.context) {
                checked.emplace_back();
            } else if (wanted.accepts.find(type_letter(context)) != std::string::npos) {
                checked.push_back(context);
            } else {
                fail("T0411", "Context value is not a compatible type with argument " +
                                  std::to_string(i + 1) + " of function \"" + function + "\"");
            }
        }
        for (std::size_t k = 0; k < taken[i]; ++k, ++next) {
            const Item& argument = arguments[next];
            if (!wanted.array || argument.undefined()) {
                checked.push_back(argument);
                continue;
            }
            const Members parts = members_of(argument);
            if (wanted.subtype != 0) budget.charge(parts.size() / kBytesPerUnit + 1);
            if (wanted.subtype != 0 && !std::ranges::all_of(parts, [&wanted](const Item& part) {
                    return type_letter(part) == wanted.subtype;
                }))
                fail("T0412", "Argument " + std::to_string(next + 1) + " of function \"" +
                                  function + "\" must be an array of " +
                                  (wanted.subtype == 'n'   ? "numbers"
                                   : wanted.subtype == 's' ? "strings"
                                   : wanted.subtype == 'o' ? "objects"
                                                           : "one type"));
            if (argument.is_list()) {
                checked.push_back(argument);
                continue;
            }
            auto wrapped = new_list();
            wrapped->push(argument);
            checked.emplace_back(std::move(wrapped));
        }
    }
    return checked;
}

}  // namespace lifeboat::flow::jsonata
