// Why: completions are called exactly once and own what they capture, so they are move-only.
#pragma once

#include <functional>

namespace coolkit {

template <class Signature>
using Function = std::move_only_function<Signature>;

// Receives the outcome of an asynchronous operation, exactly once, on any thread unless the
// operation says otherwise.
template <class T>
using Completion = std::move_only_function<void(T)>;

}  // namespace coolkit
