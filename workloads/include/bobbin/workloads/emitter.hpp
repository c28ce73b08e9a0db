#pragma once

#include <unordered_map>
#include <utility>

namespace bobbin { inline namespace v0 {

// Where a mapper's pairs go (see map_reduce.hpp). Values of equal keys are reduced as they come:
// what a job hands back is one value for each of its keys, however many it has emitted.
//
// Of one job, and used by its thread only.
template <class Key, class Value, class Reduce>
class emitter {
public:
    // The key is copied when it is new. Throws what Reduce throws, std::bad_alloc.
    void operator()(const Key& key, Value value) {
        const auto [at, is_new] = values_.try_emplace(key, std::move(value));
        if (!is_new) {
            // try_emplace has moved from nothing
            at->second = Reduce()(std::move(at->second), std::move(value));
        }
    }

    std::unordered_map<Key, Value> values() && { return std::move(values_); }

private:
    std::unordered_map<Key, Value> values_;
};

}}  // namespace bobbin::v0
