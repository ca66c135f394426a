// Request validation against a model, in the words AWS uses.
#include <cmath>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"

namespace lifeboat::cloud {
namespace {

constexpr std::size_t kMostViolations = 5;

std::string lower_first(std::string name) {
    if (!name.empty()) name[0] = lower_case(name.substr(0, 1))[0];
    return name;
}

std::string shortened(const std::string& text) {
    constexpr std::size_t kLongest = 256;
    return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

std::string number_text(double number) {
    return std::floor(number) == number ? std::to_string(static_cast<long long>(number))
                                        : std::to_string(number);
}

// UTF-8 characters, as AWS counts lengths.
double characters(const std::string& text) {
    double count = 0;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80) ++count;
    return count;
}

class Validation {
  public:
    void check(const Shape& shape, const Json& value, const std::string& path) {
        switch (shape.kind) {
            case ShapeKind::Document:
                return;
            case ShapeKind::String:
                return check_string(shape, value, path);
            case ShapeKind::Blob:
                if (!value.is_string() || !base64_decode(value.get_ref<const std::string&>()))
                    wrong_type(path, "base64 text");
                return;
            case ShapeKind::Boolean:
                if (!value.is_boolean()) wrong_type(path, "true or false");
                return;
            case ShapeKind::Integer:
            case ShapeKind::Long:
                if (!value.is_number_integer()) return wrong_type(path, "a whole number");
                return check_range(shape, value, path);
            case ShapeKind::Double:
                if (!value.is_number()) return wrong_type(path, "a number");
                return check_range(shape, value, path);
            case ShapeKind::Timestamp:
                if (!value.is_number() && !value.is_string()) wrong_type(path, "a timestamp");
                return;
            case ShapeKind::Structure:
                return check_structure(shape, value, path);
            case ShapeKind::List:
                if (!value.is_array()) return wrong_type(path, "a list");
                check_size(shape, static_cast<double>(value.size()), to_text(value), path);
                for (std::size_t i = 0; i < value.size(); ++i)
                    check(*shape.element, value[i], path + "." + std::to_string(i + 1) + ".member");
                return;
            case ShapeKind::Map:
                if (!value.is_object()) return wrong_type(path, "an object");
                check_size(shape, static_cast<double>(value.size()), to_text(value), path);
                for (const auto& [key, element] : value.items())
                    check(*shape.element, element, path + "." + key + ".member");
                return;
        }
    }

    void check_structure(const Shape& shape, const Json& value, const std::string& path) {
        if (!value.is_object()) return wrong_type(path, "an object");
        for (const Member& member : shape.members) {
            const std::string below =
                path.empty() ? lower_first(member.name) : path + "." + lower_first(member.name);
            const Json* part = find(value, member.name);
            if (part == nullptr || part->is_null()) {
                if (member.required) violated("null", below, "Member must not be null");
                continue;
            }
            check(*member.shape, *part, below);
        }
    }

    void finish() const {
        if (violations_.empty()) return;
        std::string text = std::to_string(violations_.size()) + " validation error" +
                           (violations_.size() == 1 ? "" : "s") + " detected: ";
        for (std::size_t i = 0; i < violations_.size() && i < kMostViolations; ++i)
            text += (i == 0 ? "" : "; ") + violations_[i];
        throw Error(ErrorCategory::InvalidInput, "ValidationException", text);
    }

  private:
    void violated(const std::string& value, const std::string& path, const std::string& rule) {
        violations_.push_back("Value " + (value == "null" ? value : "'" + shortened(value) + "'") +
                              " at '" + path + "' failed to satisfy constraint: " + rule);
    }

    void wrong_type(const std::string& path, const std::string& wanted) {
        violations_.push_back("Value at '" + (path.empty() ? "request" : path) +
                              "' failed to satisfy constraint: Member must be " + wanted);
    }

    void check_string(const Shape& shape, const Json& value, const std::string& path) {
        if (!value.is_string()) return wrong_type(path, "a string");
        const auto& text = value.get_ref<const std::string&>();
        const std::string shown = shape.sensitive ? "***" : text;
        if (!shape.values.empty()) {
            for (const std::string& choice : shape.values)
                if (choice == text) return;
            std::string choices;
            for (const std::string& choice : shape.values)
                choices += (choices.empty() ? "" : ", ") + choice;
            return violated(shown, path, "Member must satisfy enum value set: [" + choices + "]");
        }
        check_size(shape, characters(text), shown, path);
        // Long text is not handed to the regular expression engine, which recurses.
        if (shape.matcher && (text.size() > 4096 || !std::regex_match(text, *shape.matcher)))
            violated(shown, path,
                     "Member must satisfy regular expression pattern: " + shape.pattern);
    }

    void check_size(const Shape& shape, double size, const std::string& shown,
                    const std::string& path) {
        if (shape.minimum && size < *shape.minimum)
            violated(
                shown, path,
                "Member must have length greater than or equal to " + number_text(*shape.minimum));
        if (shape.maximum && size > *shape.maximum)
            violated(
                shown, path,
                "Member must have length less than or equal to " + number_text(*shape.maximum));
    }

    void check_range(const Shape& shape, const Json& value, const std::string& path) {
        const double number = value.get<double>();
        if (shape.minimum && number < *shape.minimum)
            violated(
                to_text(value), path,
                "Member must have value greater than or equal to " + number_text(*shape.minimum));
        if (shape.maximum && number > *shape.maximum)
            violated(to_text(value), path,
                     "Member must have value less than or equal to " + number_text(*shape.maximum));
    }

    std::vector<std::string> violations_;
};

}  // namespace

void validate(const OperationModel& operation, const Json& request) {
    Validation validation;
    validation.check_structure(*operation.input, request, "");
    validation.finish();
}

}  // namespace lifeboat::cloud
