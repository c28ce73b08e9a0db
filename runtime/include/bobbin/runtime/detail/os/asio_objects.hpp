// Asio's timers and descriptors, of a pool's own executor. Of any executor, as Asio's usual ones
// are, they would allocate when their time has come, and throw where nobody catches.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>

namespace bobbin { inline namespace v0 { namespace detail {

using pool_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::thread_pool::executor_type>;
using pool_descriptor =
    boost::asio::posix::basic_stream_descriptor<boost::asio::thread_pool::executor_type>;

}}}  // namespace bobbin::v0::detail
