// Metrics of a daemon: counters, gauges and histograms, shown in Prometheus text format.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::metrics {

/// Names and values of labels. Values must come from a bounded set (a protocol, a result), never from a client.
using Labels = std::map<std::string, std::string>;

/// A number that only grows; thread-safe.
class Counter {
  public:
    explicit Counter(void* impl) : impl_(impl) {}
    void add(double amount = 1);

  private:
    void* impl_;
};

/// A number that goes up and down; thread-safe.
class Gauge {
  public:
    explicit Gauge(void* impl) : impl_(impl) {}
    void add(double amount = 1);
    void set(double value);

  private:
    void* impl_;
};

/// Counts observations in buckets; thread-safe.
class Histogram {
  public:
    explicit Histogram(void* impl) : impl_(impl) {}
    void observe(double value);

  private:
    void* impl_;
};

/// All metrics of one process. Handles stay valid as long as the registry; asking again for the same name and labels
/// gives the same metric. Names follow Prometheus: posthouse_<what>_total, _seconds, _bytes.
class Registry {
  public:
    /// `constant_labels` stand on every metric: daemon="imapd", worker="0".
    explicit Registry(Labels constant_labels);
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
    Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
    /// `buckets`: upper bounds, growing.
    Histogram histogram(std::string_view name, std::string_view help, const std::vector<double>& buckets,
                        const Labels& labels = {});
    /// Everything in Prometheus text format 0.0.4, with the process's own figures (memory, CPU, descriptors).
    std::string text();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthouse::metrics
