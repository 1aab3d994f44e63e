#!/usr/bin/env python3
"""Asks Bootmark's statistics and scipy the same questions, and exits with 1 where the answers differ.

    swift build -c release --product StatisticsProbe
    Tests/Conformance/statistics.py "$(swift build -c release --show-bin-path)/StatisticsProbe" [INPUTS]

Needs scipy 1.11 or later. Samples are drawn with and without ties, zeros and wild values, from a fixed seed.
"""
import itertools
import json
import math
import subprocess
import sys

import numpy
from scipy import stats

TOLERANCE = 1e-9
SEED = 20_240_229
ALTERNATIVES = {"less": "less", "greater": "greater", "twoSided": "two-sided"}


def sample(random, low, high):
    """A sample of a random kind: few distinct values, whole ones, continuous ones, or heavy-tailed ones."""
    size = int(random.integers(low, high + 1))
    kind = random.integers(4)
    if kind == 0:
        return [float(v) for v in random.integers(0, 6, size)]
    if kind == 1:
        return [float(v) for v in random.integers(-20, 21, size) * 7]
    if kind == 2:
        return [float(v) for v in random.normal(3e9, 5e8, size)]
    return [float(v) for v in random.standard_cauchy(size)]


def has_ties(values):
    return len(set(values)) < len(values)


def tail_p_values(null, observed):
    """The p-values of an observation among all equally likely values of a statistic."""
    null = numpy.asarray(null)
    less = numpy.mean(null <= observed + 1e-9)
    greater = numpy.mean(null >= observed - 1e-9)
    return {"less": less, "greater": greater, "twoSided": min(1, 2 * min(less, greater))}


def permutation_mann_whitney(x, y):
    """By scipy's own permutation test over every split, which wants two values at least on each side."""
    if min(len(x), len(y)) < 2:
        ranks = stats.rankdata(x + y)
        null = [sum(chosen) for chosen in itertools.combinations(ranks, len(x))]
        return tail_p_values(null, ranks[:len(x)].sum())

    def statistic(a, b, axis=-1):
        both = numpy.concatenate([a, b], axis=axis)
        ranks = stats.rankdata(both, axis=axis)
        size = a.shape[axis]
        return ranks[..., :size].sum(axis=axis)
    return {
        ours: stats.permutation_test(
            (x, y), statistic, permutation_type="independent", alternative=theirs,
            n_resamples=numpy.inf, vectorized=True).pvalue
        for ours, theirs in ALTERNATIVES.items()
    }


def permutation_signed_rank(differences):
    """By every assignment of signs to scipy's mid-ranks."""
    ranks = stats.rankdata(numpy.abs(differences))
    signs = numpy.array(list(itertools.product((0, 1), repeat=len(ranks))))
    return tail_p_values(signs @ ranks, ranks[numpy.asarray(differences) > 0].sum())


def mann_whitney(random):
    large = random.random() < 0.15
    x, y = (sample(random, 55, 90), sample(random, 52, 80)) if large else (
        sample(random, 1, 9), sample(random, 1, 8))
    if random.random() < 0.5:
        y = [value + x[0] / 3 for value in y]
    if has_ties(x + y) and not large:
        expected = permutation_mann_whitney(x, y)
    else:
        if not large and random.random() < 0.3:
            x, y = list(random.normal(0, 1, 45)), list(random.normal(0.3, 1, 50))
        method = "asymptotic" if large else "exact"
        expected = {
            ours: stats.mannwhitneyu(x, y, alternative=theirs, method=method).pvalue
            for ours, theirs in ALTERNATIVES.items()
        }
    expected["statistic"] = stats.mannwhitneyu(x, y).statistic
    return {"ask": "mann-whitney", "x": x, "y": y}, expected


def signed_rank(random):
    large = random.random() < 0.15
    x = sample(random, 210, 260) if large else sample(random, 1, 12)
    center = float(random.choice([0.0, x[0], 1.5]))
    moved = [v - center for v in x if v != center]
    if large and len(moved) <= 200:
        x, center = list(random.normal(0.1, 1, 230)), 0.0
        moved = x
    if not moved:
        expected = {"less": 1.0, "greater": 1.0, "twoSided": 1.0, "statistic": 0.0}
        return {"ask": "signed-rank", "x": x, "center": center}, expected
    if large:
        expected = {
            ours: stats.wilcoxon(moved, alternative=theirs, method="asymptotic", correction=True).pvalue
            for ours, theirs in ALTERNATIVES.items()
        }
    elif has_ties([abs(v) for v in moved]):
        expected = permutation_signed_rank(moved)
    else:
        if random.random() < 0.3:
            x, center = list(random.normal(0.2, 1, 50)), 0.0
            moved = x
        expected = {
            ours: stats.wilcoxon(moved, alternative=theirs, method="exact").pvalue
            for ours, theirs in ALTERNATIVES.items()
        }
    ranks = stats.rankdata(numpy.abs(moved))
    expected["statistic"] = ranks[numpy.asarray(moved) > 0].sum()
    return {"ask": "signed-rank", "x": x, "center": center}, expected


def bounds(sums, critical):
    """The order statistics that a critical value picks; None where there is no critical value."""
    if critical is None:
        return None, None
    return sums[critical], sums[len(sums) - 1 - critical]


def critical_value(p_value, limit, level):
    """The largest count whose lower tail is at most the level."""
    best = None
    for count in range(limit):
        if p_value(count) > level + 1e-12:
            break
        best = count
    return best


def shift(random):
    x, y = sample(random, 1, 9), sample(random, 1, 9)
    confidence = float(random.choice([0.8, 0.95, 0.99]))
    differences = sorted(a - b for a in x for b in y)
    # The exact null distribution of U, from scipy, at samples whose U is the wanted count.
    m, n = len(x), len(y)
    null = [stats.mannwhitneyu(*placed(m, n, count), alternative="less", method="exact").pvalue
            for count in range(m * n)]
    low, high = bounds(differences, critical_value(lambda c: null[c], m * n, 1 - confidence))
    expected = {"estimate": float(numpy.median(differences)), "low": low, "high": high}
    return {"ask": "shift", "x": x, "y": y, "confidence": confidence}, expected


def placed(m, n, count):
    """Samples without ties whose U is `count`."""
    y = [10.0 * (j + 1) for j in range(n)]
    x = []
    for i in range(m):
        below = min(n, count)
        count -= below
        x.append(10.0 * below + 5 + i / 100)
    return x, y


def center(random):
    x = sample(random, 1, 14)
    confidence = float(random.choice([0.8, 0.95, 0.99]))
    walsh = sorted((x[i] + x[j]) / 2 for i in range(len(x)) for j in range(i, len(x)))
    signs = numpy.array(list(itertools.product((0, 1), repeat=len(x))))
    null = signs @ numpy.arange(1, len(x) + 1)
    critical = critical_value(lambda c: numpy.mean(null <= c), len(walsh), 1 - confidence)
    low, high = bounds(walsh, critical)
    expected = {"estimate": float(numpy.median(walsh)), "low": low, "high": high}
    return {"ask": "center", "x": x, "confidence": confidence}, expected


def newcomer(random):
    """Crawford and Howell's test, by scipy's t distribution."""
    x = sample(random, 2, 40)
    if len(set(x)) == 1:
        x[0] += 1
    value = float(random.choice([x[0], numpy.mean(x) + 2 * numpy.std(x), x[-1] - 1]))
    margin = float(random.choice([0.0, 0.03, 0.5])) * abs(value)
    confidence = float(random.choice([0.8, 0.95, 0.99]))
    error = float(numpy.std(x, ddof=1)) * math.sqrt(1 + 1 / len(x))
    t = stats.t(len(x) - 1)
    difference = value - float(numpy.mean(x))
    return {"ask": "newcomer", "x": x, "y": [value], "center": margin, "confidence": confidence}, {
        "above": float(t.sf((difference - margin) / error)), "below": float(t.cdf((difference - margin) / error)),
        "margin": error * float(t.ppf(confidence))}


def families(random):
    x = [float(v) for v in numpy.round(random.random(int(random.integers(1, 15))) ** 2, 2)]
    order = numpy.argsort(x, kind="stable")
    holm = [0.0] * len(x)
    floor = 0.0
    for place, index in enumerate(order):
        floor = max(floor, min(1.0, x[index] * (len(x) - place)))
        holm[index] = floor
    return {"ask": "families", "x": x}, {
        "holm": holm, "benjaminiHochberg": list(stats.false_discovery_control(x, method="bh"))}


def description(random):
    x = sample(random, 1, 30)
    share = float(random.random())
    median = float(numpy.median(x))
    spread = float(stats.median_abs_deviation(x, scale=1 / 1.482602218505602))
    if spread == 0:
        spread = 1.2533141373155 * float(numpy.mean(numpy.abs(numpy.asarray(x) - median)))
    z = [(v - median) / spread if spread else 0.0 for v in x]
    return {"ask": "description", "x": x, "share": share}, {
        "median": median, "quantile": float(numpy.quantile(x, share)),
        "robustSpread": float(stats.median_abs_deviation(x, scale=1 / 1.482602218505602)),
        "modifiedZ": z}


def close(ours, theirs):
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(close(a, b) for a, b in zip(ours, theirs))
    return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    inputs = int(sys.argv[2]) if len(sys.argv) == 3 else 1_000
    random = numpy.random.default_rng(SEED)
    kinds = (mann_whitney, signed_rank, shift, center, newcomer, families, description)
    cases = [kind(random) for kind in kinds for _ in range(inputs)]
    lines = "".join(json.dumps(question) + "\n" for question, _ in cases)
    done = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"the probe failed with {done.returncode}: {done.stderr.strip()}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(cases):
        sys.exit(f"the probe gave {len(answers)} answers to {len(cases)} questions")
    wrong = 0
    compared = 0
    methods = {}
    for (question, expected), answer in zip(cases, answers):
        given = {**answer["numbers"], **answer["lists"]}
        if "method" in answer:
            key = (question["ask"], answer["method"])
            methods[key] = methods.get(key, 0) + 1
        for name, value in expected.items():
            compared += 1
            if not close(given.get(name), value):
                wrong += 1
                if wrong <= 10:
                    print(f"{question}: {name} is {given.get(name)}, scipy says {value}")
    print(f"{len(cases)} inputs, {compared} numbers compared to {TOLERANCE}, {wrong} wrong; "
          + ", ".join(f"{ask} {method}: {count}" for (ask, method), count in sorted(methods.items())))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
