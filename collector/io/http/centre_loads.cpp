#include "collector/io/http/centre_loads.hpp"

namespace aftercare::collector {

Result<std::vector<CentreLoad>> CentreLoads::of(const std::string& tenant, Queries& queries) {
    const auto newest = queries.newest_event();
    if (!newest) return fail(newest.error());
    const Instant began = clock_();
    {
        const std::lock_guard lock(mutex_);
        Counted& known = tenants_[tenant];
        const bool is_due = !known.counting && known.position != *newest &&
                            began - known.at >= kCountingShare * known.took;
        if (known.position != 0 && !is_due) return known.loads;
        known.counting = true;
    }
    auto loads = queries.centre_loads(tenant);
    const Instant ended = clock_();
    const std::lock_guard lock(mutex_);
    Counted& known = tenants_[tenant];
    known.counting = false;
    if (!loads) return loads;
    known.loads = *loads;
    known.position = *newest;
    known.at = ended;
    known.took = ended - began;
    return loads;
}

}  // namespace aftercare::collector
