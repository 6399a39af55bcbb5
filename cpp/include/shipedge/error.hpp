#pragma once

#include <stdexcept>

namespace shipedge {

/// A text, count list or run list that is not a mask: says where, what was found, what was expected.
class FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace shipedge
