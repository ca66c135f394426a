#include "flow/json_path.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "flow/json_path_filter.h"

namespace lifeboat::flow {
namespace {

constexpr int kDeepest = 32;

// Characters that end a name written without quotation marks.
constexpr std::string_view kNameEnds = ".[]() \t\n'\",=<>!&|+*?";

class PathParser {
  public:
    PathParser(std::string_view text, std::size_t& position, int depth)
        : text_(text), at_(position), depth_(depth) {
        if (depth > kDeepest) fail("the path is nested too deeply");
    }

    std::vector<PathStep> parse() {
        std::vector<PathStep> steps;
        while (at_ < text_.size()) {
            if (steps.size() == JsonPath::kMostSteps)
                fail("the path has more than " + std::to_string(JsonPath::kMostSteps) + " steps");
            if (text_.substr(at_, 2) == "..") {
                at_ += 2;
                steps.push_back(peek() == '[' ? parse_bracket() : parse_name());
                steps.back().deep = true;
            } else if (peek() == '.') {
                ++at_;
                steps.push_back(parse_name());
            } else if (peek() == '[') {
                steps.push_back(parse_bracket());
            } else {
                break;
            }
        }
        return steps;
    }

    [[noreturn]] void fail(const std::string& problem) const {
        throw Error(ErrorCategory::InvalidInput, "InvalidPath",
                    problem + " (at character " + std::to_string(at_ + 1) + " of '" +
                        std::string(text_.substr(0, 256)) + "')");
    }

  private:
    PathStep parse_name() {
        PathStep step;
        if (peek() == '*') {
            ++at_;
            step.kind = PathStep::Kind::Wildcard;
            return step;
        }
        const auto end = std::min(text_.find_first_of(kNameEnds, at_), text_.size());
        if (end == at_) fail("a name is missing");
        step.names.emplace_back(text_.substr(at_, end - at_));
        at_ = end;
        if (peek() == '(') fail("functions are not supported in a path");
        return step;
    }

    PathStep parse_bracket() {
        ++at_;
        skip_space();
        PathStep step;
        if (peek() == '\'' || peek() == '"') {
            do
                step.names.push_back(parse_quoted());
            while (take(','));
        } else if (peek() == '*') {
            ++at_;
            step.kind = PathStep::Kind::Wildcard;
        } else if (peek() == '?') {
            ++at_;
            if (!take('(')) fail("a filter is written ?( ... )");
            step.kind = PathStep::Kind::Filter;
            step.filter =
                std::make_shared<const PathFilter>(parse_path_filter(text_, at_, depth_ + 1));
        } else {
            parse_numbers(step);
        }
        if (!take(']')) fail("']' is missing");
        return step;
    }

    void parse_numbers(PathStep& step) {
        const auto first = parse_number();
        if (take(':')) {
            step.kind = PathStep::Kind::Slice;
            step.from = first;
            step.to = parse_number();
            if (take(':')) {
                step.stride = parse_number().value_or(1);
                if (step.stride < 1) fail("the step of a slice must be positive");
            }
            return;
        }
        if (!first) fail("an index, a quoted name, '*' or a filter is expected");
        step.kind = PathStep::Kind::Indexes;
        step.indexes.push_back(*first);
        while (take(',')) {
            const auto next = parse_number();
            if (!next) fail("an index is missing");
            step.indexes.push_back(*next);
        }
    }

    std::optional<long> parse_number() {
        skip_space();
        long number = 0;
        const char* begin = text_.data() + at_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
        if (end == begin) return std::nullopt;
        if (error != std::errc()) fail("the index is too large");
        at_ += static_cast<std::size_t>(end - begin);
        return number;
    }

    std::string parse_quoted() {
        skip_space();
        const char quote = peek();
        if (quote != '\'' && quote != '"') fail("a quoted name is missing");
        ++at_;
        std::string name;
        while (at_ < text_.size() && text_[at_] != quote) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            name += text_[at_++];
        }
        if (at_ >= text_.size()) fail("a quotation mark is missing");
        ++at_;
        return name;
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (peek() == ' ')
            ++at_;
    }
    bool take(char token) {
        skip_space();
        if (peek() != token) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    std::size_t& at_;
    int depth_;
};

bool single(const PathStep& step) {
    if (step.deep) return false;
    return (step.kind == PathStep::Kind::Names && step.names.size() == 1) ||
           (step.kind == PathStep::Kind::Indexes && step.indexes.size() == 1);
}

const Json* element(const Json& list, long index) {
    if (!list.is_array()) return nullptr;
    const long size = static_cast<long>(list.size());
    if (index < 0) index += size;
    return index >= 0 && index < size ? &list[static_cast<std::size_t>(index)] : nullptr;
}

const Json* child(const Json& value, const PathStep& step) {
    return step.kind == PathStep::Kind::Names ? find(value, step.names.front())
                                              : element(value, step.indexes.front());
}

// Selects with pointers into the root, so that nothing is copied before the end.
class Selection {
  public:
    Selection(const Json& root, Effort& effort) : root_(root), effort_(effort), nodes_{&root} {}

    void apply(const PathStep& step) {
        const std::vector<const Json*> before = std::move(nodes_);
        nodes_.clear();
        for (const Json* node : before)
            step.deep ? apply_below(step, *node) : apply_at(step, *node);
    }

    std::vector<const Json*> take() && { return std::move(nodes_); }

  private:
    void apply_below(const PathStep& step, const Json& node) {
        apply_at(step, node);
        if (!node.is_structured()) return;
        for (const Json& below : node)
            apply_below(step, below);
    }

    void apply_at(const PathStep& step, const Json& node) {
        effort_.look(1 + step.names.size() + step.indexes.size());
        switch (step.kind) {
            case PathStep::Kind::Names:
                for (const std::string& name : step.names)
                    if (const Json* found = find(node, name)) add(*found);
                return;
            case PathStep::Kind::Indexes:
                for (const long index : step.indexes)
                    if (const Json* found = element(node, index)) add(*found);
                return;
            case PathStep::Kind::Slice:
                return apply_slice(step, node);
            case PathStep::Kind::Wildcard:
                if (node.is_structured())
                    for (const Json& below : node)
                        add(below);
                return;
            case PathStep::Kind::Filter:
                if (node.is_array()) {
                    for (const Json& below : node)
                        if (step.filter->matches(below, root_, effort_)) add(below);
                } else if (node.is_object() && step.filter->matches(node, root_, effort_)) {
                    add(node);
                }
                return;
        }
    }

    void apply_slice(const PathStep& step, const Json& node) {
        if (!node.is_array()) return;
        const long size = static_cast<long>(node.size());
        const auto place = [size](long index) {
            return std::clamp(index < 0 ? index + size : index, 0L, size);
        };
        const long end = place(step.to.value_or(size));
        for (long i = place(step.from.value_or(0)); i < end; i += step.stride) {
            add(node[static_cast<std::size_t>(i)]);
            if (step.stride > size) return;
        }
    }

    void add(const Json& node) {
        effort_.look();
        nodes_.push_back(&node);
    }

    const Json& root_;
    Effort& effort_;
    std::vector<const Json*> nodes_;
};

std::string step_text(const PathStep& step) {
    if (step.kind == PathStep::Kind::Names) return "['" + step.names.front() + "']";
    return "[" + std::to_string(step.indexes.front()) + "]";
}

bool put_at(Json& target, const std::vector<PathStep>& steps, std::size_t next, const Json& value) {
    if (next == steps.size()) {
        target = value;
        return true;
    }
    const PathStep& step = steps[next];
    if (step.kind == PathStep::Kind::Names) {
        if (!target.is_object()) return false;
        const auto [place, added] = target.emplace(step.names.front(), Json::object());
        return put_at(*place, steps, next + 1, value);
    }
    // An array can be written at an index it has; it does not grow.
    const Json* place = element(target, step.indexes.front());
    return place != nullptr && put_at(const_cast<Json&>(*place), steps, next + 1, value);
}

}  // namespace

JsonPath JsonPath::parse_steps(std::string_view text, std::size_t& position, int depth) {
    JsonPath path;
    path.steps_ = PathParser(text, position, depth).parse();
    return path;
}

JsonPath JsonPath::parse(std::string_view text) {
    std::size_t position = 1;
    if (!text.starts_with('$'))
        throw Error(ErrorCategory::InvalidInput, "InvalidPath",
                    "a path begins with '$', found '" + std::string(text.substr(0, 256)) + "'");
    JsonPath path = parse_steps(text, position, 0);
    if (position != text.size()) PathParser(text, position, 0).fail("this cannot follow in a path");
    return path;
}

bool JsonPath::definite() const {
    return std::ranges::all_of(steps_, single);
}

const Json* JsonPath::look(const Json& root) const {
    const Json* value = &root;
    for (const PathStep& step : steps_) {
        value = child(*value, step);
        if (value == nullptr) return nullptr;
    }
    return value;
}

std::vector<const Json*> JsonPath::look_for(const Json& root, Effort& effort) const {
    effort.look();
    if (definite()) {
        const Json* value = look(root);
        return value == nullptr ? std::vector<const Json*>() : std::vector{value};
    }
    Selection selection(root, effort);
    for (const PathStep& step : steps_)
        selection.apply(step);
    return std::move(selection).take();
}

std::optional<Json> JsonPath::select(const Json& root, Effort& effort) const {
    const auto copied = [&effort](const Json& value) {
        effort.copy(value);
        return value;
    };
    const std::vector<const Json*> found = look_for(root, effort);
    if (definite())
        return found.empty() ? std::nullopt : std::optional<Json>(copied(*found.front()));
    Json list = Json::array();
    for (const Json* value : found)
        list.push_back(copied(*value));
    return list;
}

std::string JsonPath::missing_text(const Json& root) const {
    const Json* value = &root;
    std::string way = "$";
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        way += step_text(steps_[i]);
        value = child(*value, steps_[i]);
        if (value == nullptr && i + 1 < steps_.size()) return "Missing property in path " + way;
        if (value == nullptr) break;
    }
    return "No results for path: " + way;
}

std::optional<Json> JsonPath::put(const Json& root, const Json& value) const {
    Json result = root;
    if (!put_at(result, steps_, 0, value)) return std::nullopt;
    return result;
}

}  // namespace lifeboat::flow
