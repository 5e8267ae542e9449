// Idempotency keys whose first request is not answered yet; as many as there are requests.
// Thread: any.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace aftercare::collector {

class KeysInFlight {
  public:
    /// False: it is under way.
    bool enter(const std::string& key) {
        const std::lock_guard lock(mutex_);
        return keys_.insert(key).second;
    }
    void leave(const std::string& key) {
        const std::lock_guard lock(mutex_);
        keys_.erase(key);
    }

  private:
    std::mutex mutex_;
    std::set<std::string> keys_;
};

}  // namespace aftercare::collector
