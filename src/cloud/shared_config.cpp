#include "cloud/shared_config.h"

#include <filesystem>

#include "base/encoding.h"
#include "base/error.h"
#include "os/file.h"

namespace lifeboat::cloud {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string section_name(std::string_view text) {
    text = trimmed(text);
    for (const std::string_view kind : {"profile ", "profile\t"})
        if (text.starts_with(kind)) text = trimmed(text.substr(kind.size()));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return std::string(text);
}

// A '#' or ';' starts a comment only after a blank.
std::string_view without_comment(std::string_view value) {
    for (std::size_t i = 1; i < value.size(); ++i)
        if ((value[i] == '#' || value[i] == ';') && (value[i - 1] == ' ' || value[i - 1] == '\t'))
            return value.substr(0, i);
    return value;
}

IniSections read(const std::string& path) {
    if (path.empty()) return {};
    try {
        return parse_ini(os::read_file(path, 4 << 20));
    } catch (const Error& e) {
        if (e.category() == ErrorCategory::NotFound) return {};
        throw;
    }
}

}  // namespace

IniSections parse_ini(std::string_view text) {
    IniSections sections;
    std::map<std::string, std::string, std::less<>>* section = nullptr;
    std::string above;  // the key that indented lines belong to
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const std::string_view content = trimmed(line);
        if (content.empty() || content.front() == '#' || content.front() == ';') continue;
        if (content.front() == '[') {
            const auto close = content.find(']');
            section = close == std::string_view::npos
                          ? nullptr
                          : &sections[section_name(content.substr(1, close - 1))];
            above.clear();
            continue;
        }
        const auto equals = content.find('=');
        if (section == nullptr || equals == std::string_view::npos) continue;
        std::string key = lower_case(trimmed(content.substr(0, equals)));
        const std::string value(trimmed(without_comment(content.substr(equals + 1))));
        const bool indented = line.front() == ' ' || line.front() == '\t';
        if (indented && !above.empty())
            key = above + "." + key;
        else
            above = value.empty() ? key : std::string();
        (*section)[key] = value;
    }
    return sections;
}

std::string Profile::get(std::string_view key) const {
    const auto it = settings.find(key);
    return it == settings.end() ? std::string() : it->second;
}

Profile load_profile(const os::Environment& environment, std::string_view name) {
    const auto home = os::get(environment, "HOME");
    const auto file = [&](std::string_view variable, const char* usual) {
        std::string path = os::get(environment, variable).value_or("");
        if (path.empty() && home) return *home + "/.aws/" + usual;
        if (path.starts_with("~/") && home) path = *home + path.substr(1);
        return path;
    };
    Profile profile;
    profile.name = name.empty() ? os::get(environment, "AWS_PROFILE").value_or("") : name;
    const bool asked = !profile.name.empty();
    if (!asked) profile.name = os::get(environment, "AWS_DEFAULT_PROFILE").value_or("default");

    bool found = false;
    IniSections files;
    for (const std::string& path :
         {file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")}) {
        IniSections sections = read(path);
        files.merge(IniSections(sections));
        const auto it = sections.find(profile.name);
        if (it == sections.end()) continue;
        found = true;
        for (const auto& [key, value] : it->second)
            profile.settings[key] = value;
    }
    if (!found && asked)
        throw Error(ErrorCategory::NotFound, "ProfileNotFound",
                    "the profile '" + profile.name +
                        "' is in neither the AWS config file nor the credentials file");
    if (const std::string name_of_services = profile.get("services"); !name_of_services.empty())
        if (const auto it = files.find("services " + name_of_services); it != files.end())
            profile.services = it->second;
    return profile;
}

}  // namespace lifeboat::cloud
