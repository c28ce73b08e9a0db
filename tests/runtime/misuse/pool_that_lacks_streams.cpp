// says: no matching function for call to
// notes: streams_results
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>

struct almost_a_pool : bobbin::sequential_pool {
    void map_stream() = delete;
};

template <bobbin::pool Pool>
void use(Pool& pool);

void misuse(almost_a_pool& pool) {
    use(pool);
}
