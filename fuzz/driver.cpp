// Runs a fuzz target without a fuzzing engine: over the files named, and over random changes to
// them and to built-in seeds. `target RUNS SEED [FILE...]`. The seed is printed, so that a crash
// can be repeated.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Inputs to begin with, one a line.
extern const char* const kSeeds;

namespace {

void feed(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string changed(lifeboat::Random& random, const std::vector<std::string>& seeds) {
    std::string input = seeds[random.next() % seeds.size()];
    for (std::uint64_t times = random.next() % 6 + 1; times > 0; --times) {
        const std::size_t at = input.empty() ? 0 : random.next() % input.size();
        const std::size_t length = random.next() % 8 + 1;
        const std::string& other = seeds[random.next() % seeds.size()];
        switch (random.next() % 4) {
            case 0:
                input.erase(at, length);
                break;
            case 1:
                input.insert(at, input.substr(at, length));
                break;
            case 2:
                input.insert(
                    at, other.substr(other.empty() ? 0 : random.next() % other.size(), length));
                break;
            default:
                if (!input.empty()) input[at] = static_cast<char>(random.next());
        }
    }
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    const long runs = argc > 1 ? std::atol(argv[1]) : 1000;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    std::vector<std::string> seeds;
    std::string line;
    for (const char* c = kSeeds; *c != '\0'; ++c) {
        if (*c != '\n')
            line += *c;
        else if (!line.empty())
            seeds.push_back(std::move(line)), line.clear();
    }
    for (int i = 3; i < argc; ++i) {
        std::ifstream file(argv[i]);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    for (const std::string& input : seeds)
        feed(input);
    lifeboat::SeededRandom random(seed);
    for (long i = 0; i < runs; ++i)
        feed(changed(random, seeds));
    std::cout << "seed " << seed << ": " << seeds.size() << " inputs and " << runs
              << " changes of them\n";
    return 0;
}
