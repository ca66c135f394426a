#include "flow/graph/overlay.h"

#include <map>

#include "base/json.h"

namespace lifeboat::flow::graph {
namespace {

struct Track {
    int entered = 0, left = 0, tries = 0;
    bool failed = false;  // the last thing it did
    bool caught = false;
    double last_entered = 0, busy = 0;
    std::string problem;
};

const Json* details_of(const Json& event) {
    for (const auto& [name, value] : event.items())
        if (name.ends_with("EventDetails")) return &value;
    return nullptr;
}

class Reader {
  public:
    void read(const Json& event) {
        const std::string type = string_or(event, "type", "");
        const std::int64_t id = integer_or(event, "id", 0);
        const std::int64_t previous = integer_or(event, "previousEventId", 0);
        const double time = event.at("timestamp").get<double>();
        const Json* details = details_of(event);
        if (type.ends_with("StateEntered")) {
            const std::string name = details ? string_or(*details, "name", "") : "";
            Track& track = tracks[name];
            ++track.entered;
            track.tries = 0;
            track.failed = track.caught = false;
            track.last_entered = time;
            owners_[id] = name;
            if (const auto exit = exits_.find(previous); exit != exits_.end())
                ++taken[{exit->second, name}];
            return;
        }
        if (type == "ExecutionFailed" || type == "ExecutionTimedOut" || type == "ExecutionAborted")
            return end(type, previous, details);
        std::string name = owner(previous);
        if (type.ends_with("StateExited") && details) name = string_or(*details, "name", name);
        owners_[id] = name;
        const auto found = tracks.find(name);
        if (found == tracks.end()) return;
        Track& track = found->second;
        if (type.ends_with("StateExited")) {
            ++track.left;
            track.busy += time - track.last_entered;
            track.caught = track.failed;
            exits_[id] = name;
        } else if (type.ends_with("Scheduled")) {
            ++track.tries;
            track.failed = false;
        } else if (type.ends_with("Failed") || type.ends_with("TimedOut")) {
            track.failed = true;
            note(track, details);
        } else if (type.ends_with("Succeeded")) {
            track.failed = false;
        }
    }

    std::map<std::string, Track> tracks;
    std::map<std::pair<std::string, std::string>, int> taken;
    std::string last;  // the state the execution ended badly in

  private:
    std::string owner(std::int64_t event) const {
        const auto found = owners_.find(event);
        return found == owners_.end() ? "" : found->second;
    }

    static void note(Track& track, const Json* details) {
        if (details == nullptr) return;
        const std::string error = string_or(*details, "error", "");
        const std::string cause = string_or(*details, "cause", "");
        if (error.empty() && cause.empty()) return;
        track.problem = error + (error.empty() || cause.empty() ? "" : ": ") + cause;
    }

    void end(const std::string& type, std::int64_t previous, const Json* details) {
        last = type == "ExecutionAborted" ? "" : owner(previous);
        const auto found = tracks.find(last);
        if (found != tracks.end()) note(found->second, details);
    }

    std::map<std::int64_t, std::string> owners_;  // of events
    std::map<std::int64_t, std::string> exits_;
};

bool holds(const Node& node, const std::string& name) {
    for (const Graph& inner : node.inner)
        for (const Node& state : inner.nodes)
            if (state.name == name || holds(state, name)) return true;
    return false;
}

Visit visit_of(const Node& node, const Track& track, const Reader& reader, bool running,
               double now) {
    Visit visit;
    visit.visits = track.entered;
    visit.retries = track.tries > 1 ? track.tries - 1 : 0;
    visit.entered = track.last_entered;
    visit.problem = track.problem;
    double busy = track.busy;
    if (track.entered > track.left) {
        if (running) {
            visit.outcome = Outcome::Running;
            busy += now > track.last_entered ? now - track.last_entered : 0;
        } else {
            const bool failed = track.failed || reader.last == node.name ||
                                (!reader.last.empty() && holds(node, reader.last));
            visit.outcome = failed ? Outcome::Failed : Outcome::Stopped;
        }
    } else {
        visit.outcome = track.caught        ? Outcome::Caught
                        : visit.retries > 0 ? Outcome::Retried
                                            : Outcome::Succeeded;
    }
    visit.milliseconds = static_cast<std::int64_t>(busy * 1000 + 0.5);
    return visit;
}

void apply(Graph& graph, const Reader& reader, bool running, double now) {
    for (Node& node : graph.nodes) {
        if (const auto track = reader.tracks.find(node.name); track != reader.tracks.end())
            node.visit = visit_of(node, track->second, reader, running, now);
        // Once a Parallel or Map is over, nothing in it runs any more.
        const bool inside = running && node.visit.outcome == Outcome::Running;
        for (Graph& inner : node.inner)
            apply(inner, reader, inside, now);
    }
    for (Edge& edge : graph.edges) {
        const auto found =
            reader.taken.find({graph.nodes[edge.from].name, graph.nodes[edge.to].name});
        if (found != reader.taken.end()) edge.taken = found->second;
    }
}

}  // namespace

void overlay(Graph& graph, const Json& events, const std::string& status, double now) {
    Reader reader;
    for (const Json& event : events)
        reader.read(event);
    apply(graph, reader, status == "RUNNING", now);
    if (reader.tracks.empty()) return;
    for (Node& node : graph.nodes)
        if (node.type == "Start" || (node.type == "End" && status == "SUCCEEDED"))
            node.visit.outcome = Outcome::Succeeded;
    for (Edge& edge : graph.edges) {
        const Node& from = graph.nodes[edge.from];
        const Node& to = graph.nodes[edge.to];
        if (from.type == "Start") edge.taken = 1;
        if (to.type == "End" && to.visit.outcome == Outcome::Succeeded &&
            from.visit.outcome != Outcome::NotEntered)
            edge.taken = from.visit.visits;
    }
}

}  // namespace lifeboat::flow::graph
