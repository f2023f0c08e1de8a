// Metrics: prometheus-cpp's registry behind it.
#include "lib/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace posthouse::metrics {
namespace {

double resident_bytes() {
    std::ifstream in("/proc/self/statm");
    double total = 0;
    double resident = 0;
    in >> total >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
    std::error_code ignored;
    double count = 0;
    for (auto it = std::filesystem::directory_iterator("/proc/self/fd", ignored);
         it != std::filesystem::directory_iterator(); it.increment(ignored))
        ++count;
    return count - 1;  // without the one that reads the folder
}

}  // namespace

struct Registry::Impl {
    Labels constant;
    prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

void Counter::add(double amount) { static_cast<prometheus::Counter*>(impl_)->Increment(amount); }
void Gauge::add(double amount) { static_cast<prometheus::Gauge*>(impl_)->Increment(amount); }
void Gauge::set(double value) { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Histogram::observe(double value) { static_cast<prometheus::Histogram*>(impl_)->Observe(value); }

Registry::Registry(Labels constant_labels) : impl_(std::make_unique<Impl>()) {
    impl_->constant = std::move(constant_labels);
}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
    auto& family = prometheus::BuildCounter()
                       .Name(std::string(name))
                       .Help(std::string(help))
                       .Labels(impl_->constant)
                       .Register(impl_->registry);
    return Counter(&family.Add(labels));
}

Gauge Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
    auto& family = prometheus::BuildGauge()
                       .Name(std::string(name))
                       .Help(std::string(help))
                       .Labels(impl_->constant)
                       .Register(impl_->registry);
    return Gauge(&family.Add(labels));
}

Histogram Registry::histogram(std::string_view name, std::string_view help, const std::vector<double>& buckets,
                              const Labels& labels) {
    auto& family = prometheus::BuildHistogram()
                       .Name(std::string(name))
                       .Help(std::string(help))
                       .Labels(impl_->constant)
                       .Register(impl_->registry);
    return Histogram(&family.Add(labels, prometheus::Histogram::BucketBoundaries(buckets)));
}

std::string Registry::text() {
    gauge("posthouse_process_resident_memory_bytes", "Resident memory of the process").set(resident_bytes());
    gauge("posthouse_process_cpu_seconds", "CPU time the process has used").set(cpu_seconds());
    gauge("posthouse_process_open_fds", "Open file descriptors").set(open_descriptors());
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace posthouse::metrics
