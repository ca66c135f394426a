// How many signed calls aws::Cloud makes: `signed_calls URL CALLS THREADS` reads one item of the
// table `bench` again and again and prints JSON: calls per second, processor time per call,
// percentiles. The keys are the environment's. bench/signed_calls.py compares it with boto3 and the
// AWS CLI.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "cloud/aws_cloud.h"
#include "cloud/credentials.h"
#include "cloud/http_client.h"
#include "os/environment.h"

using namespace lifeboat;
using Steady = std::chrono::steady_clock;

namespace {

struct Processor {
    double program = 0;  // seconds
    double kernel = 0;
};

Processor processor_used() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {seconds(used.ru_utime), seconds(used.ru_stime)};
}

void measure(const std::string& url, int each, int threads) {
    const int calls = each * threads;
    SystemClock clock;
    SystemRandom random;
    cloud::HttpClient http({}, clock);
    cloud::EnvironmentCredentials credentials(os::environment());
    aws::CloudOptions options;
    options.endpoints.every = url;
    aws::Cloud cloud(options, credentials, http, clock, random);
    const Json request = {{"TableName", "bench"}, {"Key", {{"k", {{"S", "a"}}}}}};
    for (int i = 0; i < 50; ++i)
        cloud.call("dynamodb", "GetItem", request);

    std::vector<std::vector<double>> by_thread(static_cast<std::size_t>(threads));
    const Processor before = processor_used();
    const Steady::time_point start = Steady::now();
    {
        std::vector<std::jthread> running;
        for (std::vector<double>& micros : by_thread)
            running.emplace_back([&] {
                for (int i = 0; i < each; ++i) {
                    const Steady::time_point begin = Steady::now();
                    cloud.call("dynamodb", "GetItem", request);
                    micros.push_back(
                        std::chrono::duration<double, std::micro>(Steady::now() - begin).count());
                }
            });
    }
    const double took = std::chrono::duration<double>(Steady::now() - start).count();
    const Processor after = processor_used();
    const double program = after.program - before.program;
    const double kernel = after.kernel - before.kernel;
    std::vector<double> micros;
    for (const std::vector<double>& some : by_thread)
        micros.insert(micros.end(), some.begin(), some.end());
    std::sort(micros.begin(), micros.end());
    const auto percentile = [&](double part) {
        return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
    };
    std::cout << to_text(Json{{"calls_per_second", calls / took},
                              {"calls_per_processor_second", calls / (program + kernel)},
                              {"program_us", program * 1e6 / calls},
                              {"kernel_us", kernel * 1e6 / calls},
                              {"p50_us", percentile(0.5)},
                              {"p99_us", percentile(0.99)}})
              << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "signed_calls URL CALLS THREADS\n";
        return 2;
    }
    try {
        const int threads = std::max(1, std::atoi(argv[3]));
        measure(argv[1], std::max(1, std::atoi(argv[2]) / threads), threads);
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
    return 0;
}
