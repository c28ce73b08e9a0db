// What has become of jobs, collected under the supervisor's lock and told without it.
#pragma once

#include "pool/job_ring.hpp"
#include "pool/job_table.hpp"
#include "pool/output_lines.hpp"
#include "pool/supervisor_socket.hpp"

#include <boost/container/vector.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct worker_slot;

struct outcomes {
    struct result {
        remote_call* call = nullptr;
        supervisor_socket* socket = nullptr;  // by which its segments came
        answer what = answer::value;
        std::size_t begin = 0;      // in `bytes`
        std::uint64_t size = 0;     // there, or in its segment
        std::uint64_t segment = 0;  // 0: none
    };
    std::vector<result> results;
    boost::container::vector<std::byte> bytes;               // grows without zeroing
    call_list ended;                                         // they know already how
    call_list to_close;                                      // told, but for their callbacks
    std::vector<std::unique_ptr<supervisor_socket>> closed;  // of workers that have ended
    std::vector<std::shared_ptr<output_lines>> outputs;      // likewise

    void clear_results() noexcept {
        results.clear();
        bytes.clear();
    }
    // For all that can be read from it. May throw, before there is anything to lose.
    void make_room_for(const worker_slot& at);
    // That, and for what its end leaves.
    void make_room_to_vacate(const worker_slot& at);

    // How many jobs were told of their ends, and of how many the callbacks were called.
    struct counts {
        std::size_t told = 0;
        std::size_t closed = 0;
    };
    // Tells each job what has become of it, which may run whatever waits for it.
    counts tell() noexcept;

private:
    void tell(const result& each) const noexcept;
};

}}}  // namespace bobbin::v0::ipc::detail
