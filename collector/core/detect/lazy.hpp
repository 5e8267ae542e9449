// A value that costs a pointer until it is first written: most devices most of the time have no
// episodes.
#pragma once

#include <memory>

namespace aftercare::collector {

/// Copies deeply. Unwritten it reads as a default-constructed T.
template <class T>
class Lazy {
  public:
    Lazy() = default;
    ~Lazy() = default;
    Lazy(const Lazy& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    Lazy& operator=(const Lazy& other) {
        if (this != &other) value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
        return *this;
    }
    Lazy(Lazy&&) noexcept = default;
    Lazy& operator=(Lazy&&) noexcept = default;

    [[nodiscard]] const T& get() const {
        static const T kUnwritten{};
        return value_ ? *value_ : kUnwritten;
    }
    [[nodiscard]] bool written() const { return value_ != nullptr; }
    T& edit() {
        if (!value_) value_ = std::make_unique<T>();
        return *value_;
    }
    void clear() { value_.reset(); }

  private:
    std::unique_ptr<T> value_;
};

}  // namespace aftercare::collector
