#include "cli/config.h"

#include <toml++/toml.h>

#include <set>
#include <sstream>

#include "apps/recovery/environment.h"
#include "base/error.h"
#include "cloud/model.h"
#include "cloud/url.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

class Reader {
  public:
    explicit Reader(const fs::path& file) : file_(file) {}

    Config read() {
        const std::string text = os::read_file(file_, 1 << 20);
        toml::table root;
        try {
            root = toml::parse(text, file_.string());
        } catch (const toml::parse_error& e) {
            throw problem(e.source().begin.line, std::string(e.description()));
        }
        for (const auto& [key, value] : root) {
            const std::string name(key.str());
            if (name == "region")
                config_.place.region = text_of(name, value);
            else if (name == "account")
                config_.place.account = text_of(name, value);
            else if (name == "partition")
                config_.place.partition = text_of(name, value);
            else if (name == "listen")
                config_.listen = text_of(name, value);
            else if (name == "log")
                read_log(value);
            else if (name == "deploy")
                read_texts(name, value, config_.deploy,
                           {"stack", "vpc", "subnet", "bucket", "seed"});
            else if (name == "recovery")
                read_recovery(name, value);
            else if (name == "services")
                read_services(name, value);
            else if (name == "local")
                flatten("", value);
            else
                throw problem(value.source().begin.line, "unknown key '" + name + "'");
        }
        config_.settings = local::Settings(std::move(settings_));
        return config_;
    }

  private:
    Error problem(std::size_t line, const std::string& what) const {
        return Error(ErrorCategory::InvalidInput, "InvalidConfiguration",
                     file_.string() + ":" + std::to_string(line) + ": " + what);
    }

    std::string text_of(const std::string& name, const toml::node& node) const {
        if (const auto* text = node.as_string()) return text->get();
        throw problem(node.source().begin.line, "'" + name + "' must be a string");
    }

    void read_log(const toml::node& node) {
        const toml::table* table = node.as_table();
        if (table == nullptr) throw problem(node.source().begin.line, "'log' must be a table");
        for (const auto& [key, value] : *table) {
            const std::string name(key.str());
            if (name == "level")
                config_.log_level = text_of(name, value);
            else if (name == "format")
                config_.log_format = text_of(name, value);
            else
                throw problem(value.source().begin.line, "unknown key 'log." + name + "'");
        }
    }

    // A table of scalars with `known` keys.
    void read_texts(const std::string& name, const toml::node& node,
                    std::map<std::string, std::string>& texts, const std::set<std::string>& known) {
        const toml::table* table = node.as_table();
        if (table == nullptr)
            throw problem(node.source().begin.line, "'" + name + "' must be a table");
        for (const auto& [key, value] : *table) {
            const std::string one(key.str());
            if (!known.contains(one))
                throw problem(value.source().begin.line, "unknown key '" + name + "." + one + "'");
            texts[one] = scalar_of(name + "." + one, value);
        }
    }

    void read_recovery(const std::string& name, const toml::node& node) {
        read_texts(name, node, config_.recovery, recovery::setting_names());
        for (const auto& [setting, value] : config_.recovery) {
            try {
                recovery::check_setting(setting, value);
            } catch (const Error& e) {
                throw problem(line_of(node, setting), "in [recovery]: " + e.message());
            }
        }
    }

    void read_services(const std::string& name, const toml::node& node) {
        std::set<std::string> known;
        for (const auto& [service, model] : cloud::service_models())
            known.insert(service);
        auto& services = config_.services;
        read_texts(name, node, services, known);
        for (const auto& [service, where] : services) {
            if (where == "aws" || where == "local") continue;
            try {
                cloud::parse_url(where);
            } catch (const Error& e) {
                throw problem(line_of(node, service), "'services." + service +
                                                          "' is aws, local or the URL of an "
                                                          "endpoint: " +
                                                          e.message());
            }
        }
        // Streams are parts of their tables.
        if (const auto tables = services.find("dynamodb"); tables != services.end())
            services.try_emplace("dynamodbstreams", tables->second);
    }

    // Of an entry of a table.
    static std::size_t line_of(const toml::node& table, const std::string& key) {
        return table.as_table()->get(key)->source().begin.line;
    }

    void flatten(const std::string& prefix, const toml::node& node) {
        if (const toml::table* table = node.as_table()) {
            for (const auto& [key, value] : *table)
                flatten(
                    prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str()),
                    value);
            return;
        }
        settings_[prefix] = scalar_of("local." + prefix, node);
    }

    std::string scalar_of(const std::string& name, const toml::node& node) const {
        std::ostringstream text;
        if (const auto* string = node.as_string())
            text << string->get();
        else if (const auto* integer = node.as_integer())
            text << integer->get();
        else if (const auto* number = node.as_floating_point())
            text << number->get();
        else if (const auto* boolean = node.as_boolean())
            text << (boolean->get() ? "true" : "false");
        else
            throw problem(node.source().begin.line,
                          "'" + name + "' must be a string, a number or true/false");
        return text.str();
    }

    fs::path file_;
    Config config_;
    std::map<std::string, std::string, std::less<>> settings_;
};

}  // namespace

Config load_config(const std::optional<fs::path>& named, const fs::path& data) {
    if (named) return Reader(*named).read();
    const fs::path usual = data / "lifeboat.toml";
    return fs::exists(usual) ? Reader(usual).read() : Config{};
}

}  // namespace lifeboat::cli
