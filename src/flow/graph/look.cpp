#include <cstdio>

#include "flow/graph/drawing.h"

namespace lifeboat::flow::graph {
namespace {

std::string duration_text(std::int64_t milliseconds) {
    char text[32];
    if (milliseconds < 1'000)
        std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>(milliseconds));
    else if (milliseconds < 60'000)
        std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(milliseconds) / 1'000);
    else if (milliseconds < 3'600'000)
        std::snprintf(text, sizeof text, "%lld min %lld s",
                      static_cast<long long>(milliseconds / 60'000),
                      static_cast<long long>(milliseconds / 1'000 % 60));
    else
        std::snprintf(text, sizeof text, "%lld h %lld min",
                      static_cast<long long>(milliseconds / 3'600'000),
                      static_cast<long long>(milliseconds / 60'000 % 60));
    return text;
}

}  // namespace

std::string visit_text(const Visit& visit) {
    if (visit.visits == 0) return "";
    std::string text = duration_text(visit.milliseconds);
    if (visit.retries > 0)
        text += ", " + std::to_string(visit.retries) + (visit.retries == 1 ? " retry" : " retries");
    if (visit.visits > 1) text += ", " + std::to_string(visit.visits) + " visits";
    return text;
}

Look look_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::NotEntered:
            return {"#ffffff", "#b8c0cc", "#6b7686"};
        case Outcome::Running:
            return {"#e1edff", "#2468d6", "#12366f"};
        case Outcome::Succeeded:
            return {"#e2f5e8", "#2a9152", "#14482a"};
        case Outcome::Retried:
            return {"#f3f7d4", "#86950f", "#454d08"};
        case Outcome::Caught:
            return {"#ffefd9", "#d97f12", "#6b3d04"};
        case Outcome::Failed:
            return {"#fde2e1", "#cb2b2f", "#6d1114"};
        case Outcome::Stopped:
            return {"#e9ebef", "#707a88", "#3b424d"};
    }
    return {};
}

std::string xml_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\t':
            case '\n':
                escaped += ' ';
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20)
                    escaped += "\xEF\xBF\xBD";
                else
                    escaped += c;
        }
    }
    return escaped;
}

}  // namespace lifeboat::flow::graph
