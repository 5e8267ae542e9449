// Keeps two collectors from owning one database: the engine holds its state in memory, so a second
// writer of the same rows would be overwritten unseen. Held by the operating system, hence gone
// with the process however it ends.
#pragma once

#include <string>

#include "common/result.hpp"

namespace aftercare::collector::sqlite {

class WriterLock {
  public:
    /// Locks `path + ".lock"` and writes this process's id into it.
    /// Errors: unavailable, naming the process that holds it or why the file cannot be made.
    static Result<WriterLock> take(const std::string& path);
    WriterLock(WriterLock&& other) noexcept;
    WriterLock& operator=(WriterLock&& other) noexcept;
    ~WriterLock();

  private:
    explicit WriterLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace aftercare::collector::sqlite
