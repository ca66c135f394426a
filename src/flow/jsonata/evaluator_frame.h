// What the evaluator's sources share.
#pragma once

#include "flow/jsonata/evaluator.h"

namespace lifeboat::flow::jsonata {

// A frame for as long as a block or call runs; kept until the evaluation's end when a function has
// closed over it.
struct Evaluator::Scoped {
    Scoped(Evaluator& owner, Frame& around)
        : owner_(owner), frame_(std::make_unique<Frame>(&around)) {
        owner_.budget_.charge(4);
    }
    ~Scoped() {
        if (frame_->captured) owner_.kept_.push_back(std::move(frame_));
    }
    Scoped(const Scoped&) = delete;
    Scoped& operator=(const Scoped&) = delete;

    Frame& frame() const { return *frame_; }

  private:
    Evaluator& owner_;
    std::unique_ptr<Frame> frame_;
};

// `name` of an object, or of each object in an array.
Item member(const Item& input, const std::string& name, Budget& budget);

}  // namespace lifeboat::flow::jsonata
