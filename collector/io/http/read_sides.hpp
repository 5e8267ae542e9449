// Reading sides for the server's threads: each request borrows one, so that no two share a
// connection.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "collector/ports/queries.hpp"
#include "collector/ports/tokens.hpp"

namespace aftercare::collector {

struct ReadSide {
    std::unique_ptr<Queries> queries;
    std::unique_ptr<Tokens> tokens;
};

/// Thread: any. Holds at most as many sides as were borrowed at once, which the server's threads
/// bound.
class ReadSides {
  public:
    using Open = std::function<Result<ReadSide>()>;
    explicit ReadSides(Open open) : open_(std::move(open)) {}

    /// Gives the side back when it goes out of scope.
    class Lease {
      public:
        Lease(ReadSides& owner, ReadSide side) : owner_(&owner), side_(std::move(side)) {}
        Lease(Lease&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), side_(std::move(other.side_)) {}
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (owner_ != nullptr) owner_->give_back(std::move(side_));
        }
        [[nodiscard]] Queries& queries() const { return *side_.queries; }
        [[nodiscard]] Tokens& tokens() const { return *side_.tokens; }

      private:
        ReadSides* owner_;
        ReadSide side_;
    };
    /// Errors: of the opening function.
    Result<Lease> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                ReadSide side = std::move(idle_.back());
                idle_.pop_back();
                return Lease(*this, std::move(side));
            }
        }
        auto side = open_();
        if (!side) return fail(std::move(side.error()));
        return Lease(*this, std::move(*side));
    }

  private:
    void give_back(ReadSide side) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(side));
    }

    const Open open_;
    std::mutex mutex_;
    std::vector<ReadSide> idle_;
};

}  // namespace aftercare::collector
