"""The learner again, as simply as it can be written: dense, in Float64, every weight shrunk at every step."""

import numpy


def shrink(w, time, l1, l2, threshold):
    """dw/ds = -l2 w - l1 sgn(w) [|w| <= threshold] over a time, in closed form; zero absorbs."""
    size = numpy.abs(w)
    left = numpy.full_like(size, time)
    if threshold is not None:
        above = size > threshold
        if l2 == 0:
            left[above] = 0
        else:
            # Decay alone until the threshold is met, if it is.
            until = numpy.minimum(numpy.log(size[above] / threshold) / l2, time)
            size[above] *= numpy.exp(-l2 * until)
            left[above] -= until
    if l2 == 0:
        size = size - l1 * left
    else:
        size = size * numpy.exp(-l2 * left) - l1 / l2 * -numpy.expm1(-l2 * left)
    return numpy.sign(w) * numpy.maximum(size, 0)


class DenseLearner:
    """Semantics of `penalty.period` K: decay acts at every step, gravity at every K-th by what it missed."""

    def __init__(self, features, *, rate, l1=0.0, l2=0.0, threshold=None, period=1, loss="squared", intercept=True):
        self.rate, self.l1, self.l2, self.threshold, self.period = rate, l1, l2, threshold, period
        self.loss, self.has_intercept = loss, intercept
        self.w, self.b = numpy.zeros(features), 0.0
        self.steps = 0
        self.pending = 0.0

    def learn(self, x, y, importance=1.0):
        """x: a dense row; rate: a function of the steps already learned."""
        eta = self.rate(self.steps)
        p = self.b + self.w @ x
        if self.loss == "squared":
            derivative = p - y
        else:
            sign = 1.0 if y == 1 else -1.0
            derivative = -sign / (1 + numpy.exp(sign * p))
        push = eta * importance * derivative
        self.w = self.w - push * x
        self.b -= push if self.has_intercept else 0
        self.steps += 1
        self.w = self.w * numpy.exp(-self.l2 * eta)
        self.pending += eta
        if self.steps % self.period == 0:
            # As if gravity had pulled along since the last time: take the decay back, let both act.
            owed, self.pending = self.pending, 0.0
            self.w = shrink(self.w * numpy.exp(self.l2 * owed), owed, self.l1, self.l2, self.threshold)
