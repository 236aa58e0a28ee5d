#!/usr/bin/env python3
"""Golden values of the likelihoods: writes likelihoods.txt beside itself.

    python3 make_scipy.py          needs mpmath; with scipy it also says where SciPy agrees and where it loses digits

Values are mpmath's at 80 digits, rounded; SciPy itself keeps 1e-12 only in part of the range (large counts, small
dispersions and far zero inflation cancel), and the script prints that part.  A line is one of

    density NAME y theta... log_density slope...       slopes by log(theta) of positive parameters, else by theta
    tails NAME y theta... lower upper                  P(Y <= y), P(Y > y)
"""
import os
import sys

from mpmath import mp, mpf, log, exp, loggamma, digamma, log1p, expm1, pi, erfc, sqrt, quad, betainc

mp.dps = 80


# ---------------------------------------------------------------------------------------------- distributions

def zero_fall(mu, alpha):
    return log(1 + alpha * mu) / alpha if alpha else mu


def log_count(y, mu, alpha):
    if not alpha:
        return y * log(mu) - mu - loggamma(y + 1)
    r = 1 / alpha
    return loggamma(y + r) - loggamma(r) - loggamma(y + 1) + r * log(r / (r + mu)) + y * log(mu / (r + mu))


def count_slopes(y, mu, alpha):
    if not alpha:
        return [y - mu]
    r = 1 / alpha
    by_r = digamma(y + r) - digamma(r) + log(r / (r + mu)) + 1 - (y + r) / (r + mu)
    return [y - mu * (y + r) / (mu + r), -r * by_r]


def sigmoid(x):
    return 1 / (1 + exp(-x))


def inflated(y, mu, alpha, odds):
    p = sigmoid(odds)
    f = exp(log_count(y, mu, alpha))
    if y:
        return log_count(y, mu, alpha) + log(1 - p), count_slopes(y, mu, alpha) + [-p]
    total = p + (1 - p) * f
    return log(total), [(1 - p) * f / total * s for s in count_slopes(y, mu, alpha)] + [p * (1 - p) * (1 - f) / total]


def hurdle(y, mu, alpha, odds):
    p = sigmoid(odds)
    if not y:
        return log(p), [mpf(0), mpf(0), 1 - p]
    f, zero = log_count(y, mu, alpha), exp(log_count(0, mu, alpha))
    slopes = [s + zero / (1 - zero) * z for s, z in zip(count_slopes(y, mu, alpha), count_slopes(0, mu, alpha))]
    return log(1 - p) + f - log(1 - zero), slopes + [-p]


def normal(y, mu, sigma):
    z = (y - mu) / sigma
    return -log(sigma) - log(2 * pi) / 2 - z * z / 2, [z / sigma, z * z - 1]


def lognormal(y, median, sigma):
    z = log(y / median) / sigma
    return -log(y) - log(sigma) - log(2 * pi) / 2 - z * z / 2, [z / sigma, z * z - 1]


def studentt(y, mu, sigma, nu):
    z = (y - mu) / sigma
    value = loggamma((nu + 1) / 2) - loggamma(nu / 2) - log(nu * pi) / 2 - (nu + 1) / 2 * log(1 + z * z / nu) - log(sigma)
    pull = (nu + 1) * z / (nu + z * z)
    by_nu = (digamma((nu + 1) / 2) - digamma(nu / 2) - log(1 + z * z / nu) - 1 / nu + pull * z / nu) / 2
    return value, [pull / sigma, pull * z - 1, nu * by_nu]


DENSITY = {
    'poisson': lambda y, mu: (log_count(y, mu, 0), count_slopes(y, mu, 0)),
    'negbin': lambda y, mu, alpha: (log_count(y, mu, alpha), count_slopes(y, mu, alpha)),
    'zip': lambda y, mu, odds: inflated(y, mu, 0, odds),
    'zinb': inflated,
    'hurdle': hurdle,
    'normal': normal,
    'lognormal': lognormal,
    'studentt': studentt,
}


# ------------------------------------------------------------------------------------------------------ tails

def summed(k, mu, alpha, most=30000):
    """The tail on the far side of the mean, by adding up; None when that takes too long."""
    down, j, term, total = k <= mu, k, exp(log_count(k, mu, alpha)), mpf(0)
    if not down:
        term *= mu / (k + 1) * (1 + alpha * k) / (1 + alpha * mu)
        j = k + 1
    for _ in range(most):
        total += term
        if down:
            if j == 0:
                return total
            term *= j * (1 + alpha * mu) / (mu * (1 + alpha * (j - 1)))
            j -= 1
        else:
            term *= mu / (j + 1) * (1 + alpha * j) / (1 + alpha * mu)
            j += 1
        if term < total * mpf(10) ** -45:
            return total
    return None


def integrated(k, mu, alpha):
    """The same tail as an incomplete beta (gamma) function: integral of t^k (1 - t)^(r - 1), with 1 - t = exp(-alpha w)."""
    top = zero_fall(mu, alpha)

    def height(w):
        return k * (log(-expm1(-alpha * w) / alpha) if alpha else log(w)) - w
    down = k <= mu
    base, scale = height(top), mu / (abs(k - mu) + sqrt(k * (1 + alpha * mu)))
    points, step = [top], scale
    while True:
        point = top + step if down else top - step
        if not down and point <= 0:
            points.append(mpf(0))
            break
        points.append(point)
        if height(point) < base - 110:
            break
        step *= 2
    area = abs(quad(lambda w: exp(height(w) - base) if w > 0 else mpf(0), points))
    return (1 + alpha * k) * exp(log_count(k, mu, alpha)) * area


def count_tails(k, mu, alpha):
    if k == 0:
        lower = exp(-zero_fall(mu, alpha))
        return lower, 1 - lower
    mp.dps = 50
    outer = summed(k, mu, alpha)
    if outer is None:
        outer = integrated(k, mu, alpha)
    elif (k % 7) == 0:
        other = integrated(k, mu, alpha)
        assert abs(other / outer - 1) < mpf(10) ** -20, (k, mu, alpha, outer, other)
    mp.dps = 80
    return (outer, 1 - outer) if k <= mu else (1 - outer, outer)


def inflated_tails(k, mu, alpha, odds):
    p, (lower, upper) = sigmoid(odds), count_tails(k, mu, alpha)
    return p + (1 - p) * lower, (1 - p) * upper


def hurdle_tails(k, mu, alpha, odds):
    p, upper = sigmoid(odds), count_tails(k, mu, alpha)[1] / count_tails(0, mu, alpha)[1]
    return 1 - (1 - p) * upper, (1 - p) * upper


def student_tails(y, mu, sigma, nu):
    z = (y - mu) / sigma
    x = nu / (nu + z * z)
    outer = betainc(nu / 2, mpf(1) / 2, 0, x, regularized=True) / 2
    return (1 - outer, outer) if z >= 0 else (outer, 1 - outer)


def normal_tails(y, mu, sigma):
    z = (y - mu) / sigma / sqrt(mpf(2))
    return erfc(-z) / 2, erfc(z) / 2


TAILS = {
    'poisson': lambda y, mu: count_tails(y, mu, mpf(0)),
    'negbin': count_tails,
    'zip': lambda y, mu, odds: inflated_tails(y, mu, mpf(0), odds),
    'zinb': inflated_tails,
    'hurdle': hurdle_tails,
    'normal': normal_tails,
    'studentt': student_tails,
}


# ------------------------------------------------------------------------------------------------------ cases

MEANS = [1e-8, 1e-4, 0.03, 0.7, 5.3, 118.5, 1e4, 2.5e6, 1e9]
DISPERSIONS = [1e-8, 1e-5, 0.01, 0.45, 3, 1000, 1e8]
ODDS = [-40, -2, 1.5, 30]


def counts_near(mu, alpha, fixed):
    sd = (mu + alpha * mu * mu) ** 0.5
    found = {float(y) for y in fixed} | {float(round(mu)), float(min(1e9, round(mu + 3 * sd)))}
    return sorted(found)


def density_cases():
    for mu in MEANS:
        for y in counts_near(mu, 0, [0, 1, 2, 17, 1000, 10 ** 6, 10 ** 9]):
            yield 'poisson', y, (mu,)
        for odds in ODDS:
            for y in counts_near(mu, 0, [0, 1, 10 ** 9]):
                yield 'zip', y, (mu, odds)
        for alpha in DISPERSIONS:
            for y in counts_near(mu, alpha, [0, 1, 2, 17, 1000, 10 ** 9]):
                yield 'negbin', y, (mu, alpha)
    for mu in MEANS[::2]:
        for alpha in DISPERSIONS[::2]:
            for odds in ODDS:
                for y in counts_near(mu, alpha, [0, 1, 2]):
                    yield 'zinb', y, (mu, alpha, odds)
                    yield 'hurdle', y, (mu, alpha, odds)
    for loc in [0, -3.5, 1e9]:
        for width in [1e-8, 0.6, 1e4]:
            for z in [0, 0.8, -6, 1e5]:
                yield 'normal', loc + z * width, (loc, width)
                for nu in [2.1, 7, 300, 1e8]:
                    yield 'studentt', loc + z * width, (loc, width, nu)
    for median in [1e-8, 0.7, 1e9]:
        for width in [1e-6, 0.6, 5]:
            for y in [1e-8, 0.5, median, 1e9]:
                yield 'lognormal', y, (median, width)


def tail_cases():
    for mu in MEANS:
        for z in [-6, -1, 0, 2, 9]:
            yield 'poisson', float(max(0, round(mu + z * mu ** 0.5))), (mu,)
        for alpha in DISPERSIONS:
            sd = (mu + alpha * mu * mu) ** 0.5
            for y in sorted({0., 1., 2., 70.} | {float(max(0, round(min(2e9, mu + z * sd)))) for z in [-4, -0.5, 1, 6]}):
                yield 'negbin', y, (mu, alpha)
    for mu, alpha in [(0.03, 0.45), (5.3, 1e-5), (118.5, 3), (1e4, 1e-8)]:
        for odds in [-9, 1.5]:
            for y in [0., 3., round(mu * 1.2)]:
                yield 'zip', y, (mu, odds)
                yield 'zinb', y, (mu, alpha, odds)
                yield 'hurdle', y, (mu, alpha, odds)
    for z in [0, 1e-5, -0.7, 3, -9, 60]:
        if abs(z) < 30:
            yield 'normal', 2 + 3.5 * z, (2, 3.5)
        for nu in [2.1, 7, 300, 1e6]:
            yield 'studentt', 2 + 3.5 * z, (2, 3.5, nu)


# ------------------------------------------------------------------------------------------------------ SciPy

def scipy_density(name, y, theta):
    import numpy
    from scipy import special, stats
    if name in ('poisson', 'zip'):
        value = stats.poisson.logpmf(y, theta[0])
    elif name in ('negbin', 'zinb', 'hurdle'):
        r = 1 / theta[1]
        value = stats.nbinom.logpmf(y, r, r / (r + theta[0]))
    elif name == 'normal':
        return stats.norm.logpdf(y, *theta)
    elif name == 'lognormal':
        return stats.lognorm.logpdf(y, theta[1], scale=theta[0])
    else:
        return stats.t.logpdf(y, theta[2], theta[0], theta[1])
    odds = theta[-1]
    if name in ('zip', 'zinb'):
        base = value - numpy.log1p(numpy.exp(odds))
        return base if y else numpy.logaddexp(special.log_expit(odds), special.log_expit(-odds) + value)
    if name == 'hurdle':
        zero = stats.nbinom.logpmf(0, r, r / (r + theta[0]))
        return special.log_expit(-odds) + value - numpy.log(-numpy.expm1(zero)) if y else special.log_expit(odds)
    return value


def report(rows):
    import warnings
    warnings.simplefilter('ignore')
    try:
        import scipy
    except ImportError:
        return
    print(f'SciPy {scipy.__version__}: values within 1e-12 of mpmath (relative; absolute below 1), worst', file=sys.stderr)
    for name in DENSITY:
        errors = [float(abs(mpf(float(scipy_density(name, y, theta))) - value) / max(1, abs(value)))
                  for n, y, theta, value in rows if n == name]
        errors = [e if e == e else float('inf') for e in errors]
        right = sum(e <= 1e-12 for e in errors)
        print(f'  {name:10s} {right:4d} of {len(errors):4d}   {max(errors):.1e}', file=sys.stderr)


def main():
    lines, rows = [], []
    for name, y, theta in density_cases():
        value, slopes = DENSITY[name](mpf(y), *map(mpf, theta))
        rows.append((name, y, theta, value))
        numbers = ['%.17g' % y] + [repr(t) for t in theta] + [mp.nstr(value, 17)] + [mp.nstr(s, 12) for s in slopes]
        lines.append(' '.join(['density', name] + numbers))
    for name, y, theta in tail_cases():
        values = TAILS[name](mpf(y), *map(mpf, theta))
        numbers = ['%.17g' % y] + [repr(t) for t in theta] + [mp.nstr(v, 14) for v in values]
        lines.append(' '.join(['tails', name] + numbers))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'likelihoods.txt'), 'w') as out:
        out.write('\n'.join(lines) + '\n')
    report(rows)


main()
