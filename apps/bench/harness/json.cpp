#include "json.hpp"

#include <fmt/format.h>

namespace bench {

// Names come from our own tables and hold nothing that JSON would want escaped.
std::string to_json(const suite& suite, const std::vector<row>& rows) {
    std::string text = fmt::format(R"({{"suite":"{}","rows":[)", suite.name);
    for (const row& row : rows) {
        text += fmt::format(R"({}{{"runtime":"{}","work":"{}","workers":{},"seconds":{:.9f},)"
                            R"("ns_per_task":{:.4f},"peak_rss_mib":{:.2f}}})",
                            &row == rows.data() ? "\n" : ",\n", row.runtime, row.work, row.workers,
                            row.seconds, row.ns_per_task, row.peak_rss_mib);
    }
    return text + "\n]}\n";
}

}  // namespace bench
