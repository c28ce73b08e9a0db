// See peak.hpp.
#include "peak.hpp"

#include "fresh.hpp"

namespace bench {

void measure_peaks(const suite& suite, const std::vector<std::string>& arguments,
                   std::vector<row>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].peak_rss_mib = static_cast<double>(run_freshly(arguments, i).peak_rss_kib) / 1024;
        if (suite.contenders[i].run_for_stack) {
            rows[i].stack_bytes = run_freshly(arguments, i, true).result.stack_bytes;
        }
    }
}

}  // namespace bench
