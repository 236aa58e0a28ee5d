#!/usr/bin/env python3
"""Golden values of the scores: writes scores.txt beside itself.

    python3 make_scores.py         needs Python alone; exact fractions, rounded at the end

The formulas are those of the papers and of scoringutils, written otherwise than in src/eval/tally.c: the weighted
interval score from interval scores (Bracher et al. 2021, equations 1 and 3), the CRPS of a sample from mean distances
(Gneiting, Raftery 2007, equation 21), the log score as a difference of the smoothed distribution function, the
transform's tenths as differences of a clamped straight line.  A line is one of

    cell truth levels level... quantile... wis absolute_or_- bias inside50_or_- inside80_or_- inside95_or_- tenths...
    distribution truth n quantile... crps log_score
"""
import math
import os
from fractions import Fraction as F

HUB = "0.01 0.025 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.55 0.6 0.65 0.7 0.75 0.8 0.85 0.9 0.95 0.975 0.99"
SETS = [HUB, "0.025 0.1 0.25 0.5 0.75 0.9 0.975", "0.05 0.5 0.95", "0.25 0.75", "0.5", "0.1 0.25 0.75 0.9"]


def interval_score(lower, upper, alpha, y):
    return upper - lower + 2 / alpha * (max(lower - y, 0) + max(y - upper, 0))


def quantile_at(levels, quantiles, level):
    return quantiles[levels.index(level)] if level in levels else None


def wis(levels, quantiles, y):
    median = quantile_at(levels, quantiles, F(1, 2))
    total = F(0) if median is None else abs(y - median)
    for level, lower in zip(levels, quantiles):
        if level < F(1, 2):
            total += 2 * level * interval_score(lower, quantile_at(levels, quantiles, 1 - level), 2 * level, y)
    return total / len(levels)


def distribution_at(levels, quantiles, y):
    """The levels just below y and at it."""
    below = [l for l, q in zip(levels, quantiles) if q < y]
    equal = [l for l, q in zip(levels, quantiles) if q == y]
    above = [l for l, q in zip(levels, quantiles) if q > y]
    if equal:
        return ((below[-1] + equal[0]) / 2 if below else F(0), (equal[-1] + above[0]) / 2 if above else F(1))
    if not below:
        at = above[0] / 2
    elif not above:
        at = (below[-1] + 1) / 2
    else:
        low, high = quantiles[len(below) - 1], quantiles[len(below)]
        at = below[-1] + (above[0] - below[-1]) * (y - low) / (high - low)
    return at, at


def tenths(below, at):
    def up_to(u):
        if at == below:
            return F(u >= 1) if at == 1 else F(u > at)
        return min(max((u - below) / (at - below), 0), 1)

    return [up_to(F(k + 1, 10)) - up_to(F(k, 10)) for k in range(10)]


def inside(levels, quantiles, y, lower):
    low, high = quantile_at(levels, quantiles, lower), quantile_at(levels, quantiles, 1 - lower)
    return None if low is None else F(low <= y <= high)


def crps(sample, y):
    n = len(sample)
    return sum(abs(x - y) for x in sample) / n - sum(abs(a - b) for a in sample for b in sample) / (2 * n * n)


def smoothed(sample, x):
    """The smoothed distribution function of tally.h, counts from 0 on where the lowest is not negative."""
    n = len(sample)
    middle = (sample[(n - 1) // 2] + sample[n // 2]) / 2

    def tail(outermost, distance):
        s = max(F(1), abs(outermost - middle) / F(math.log(n))) if n > 1 else F(1)
        return F(1, 2 * n) * s / (s + distance)

    at_most = sum(v <= x for v in sample)
    if at_most == 0:
        if sample[0] >= 0:
            return F(1, 2 * n) * max(x + F(1, 2), 0) / (sample[0] + F(1, 2))
        return tail(sample[0], sample[0] - x)
    if at_most == n:
        return 1 - tail(sample[-1], x - sample[-1])
    low, high = sample[at_most - 1], sample[at_most]
    return (at_most - F(1, 2) + (x - low) / (high - low)) / n


def log_score(sample, y):
    mass = smoothed(sample, y + F(1, 2)) - smoothed(sample, y - F(1, 2))
    return F(-math.log(mass.numerator) + math.log(mass.denominator))


def number(value):
    if value is None:
        return "-"
    return str(value.numerator) if value.denominator == 1 else repr(float(value))


def spread(n, k):
    """Rising quantiles of case k: counts with ties, counts far apart, reals."""
    if k == 0:
        return [F(max(0, 2 * i - n) // 3) for i in range(n)]
    if k == 1:
        return [F(1000 + 7 * i * i + i) for i in range(n)]
    if k == 2:
        return [F(-3 * n + 11 * i, 8) for i in range(n)]
    return [F(0)] * n


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scores.txt"), "w") as out:
        for text in SETS:
            levels = [F(l) for l in text.split()]
            for k in range(4):
                quantiles = spread(len(levels), k)
                middle = quantiles[len(quantiles) // 2]
                for y in sorted({F(0), middle, middle + 1, quantiles[-1] + 5, quantiles[0] + F(1, 4), F(1000000)}):
                    below, at = distribution_at(levels, quantiles, y)
                    absolute = quantile_at(levels, quantiles, F(1, 2))
                    values = [wis(levels, quantiles, y), None if absolute is None else abs(y - absolute),
                              1 - below - at]
                    values += [inside(levels, quantiles, y, F(l)) for l in ("0.25", "0.1", "0.025")]
                    values += tenths(below, at)
                    print("cell", number(y), len(levels), text, *map(number, quantiles + values), file=out)
        for n in (1, 2, 7, 100):
            for k in range(4):
                sample = spread(n, k)
                for y in sorted({F(0), sample[n // 2], sample[n // 2] + 1, sample[-1] + 5, F(1000000)}):
                    print("distribution", number(y), n, *map(number, sample + [crps(sample, y), log_score(sample, y)]),
                          file=out)


main()
