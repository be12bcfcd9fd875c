#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace rtstream {

// What the lanes of a run have in common, by name: made by the lane that asks first.
//
// Thread-safe. One name stands for one type.
class SharedParts {
 public:
  // The part of this name, made with T{} if there is none.
  template <typename T>
  std::shared_ptr<T> Get(const std::string& name) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<void>& part = parts_[name];
    if (part == nullptr) part = std::make_shared<T>();
    return std::static_pointer_cast<T>(part);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<void>> parts_;  // guarded by mutex_
};

}  // namespace rtstream
