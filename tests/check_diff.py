#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""check_diff.py FILE: does another program get the same statistics from the values in a document of luoscope.diff?

Estimates are the same. p-values and intervals are at least as cautious, because luoscope takes each value at the bound that makes
them least certain; where clocks are good they are the same, too. Exit status: 0 all are, 1 one is not.
"""
import functools
import json
import math
import statistics
import sys


@functools.lru_cache(maxsize=None)
def orders(base, new, u):
    """How many orders of so many runs have u pairs with the new run above that of the base."""
    if u < 0:
        return 0
    if not base or not new:
        return u == 0
    # The largest of all is a new one, and above all of the base; or one of the base.
    return orders(base, new - 1, u - base) + orders(base - 1, new, u)


def tail(base, new, u):
    """The probability of at most u such pairs."""
    return sum(orders(base, new, i) for i in range(u + 1)) / math.comb(base + new, new)


def p_value(base, new):
    above = sum(n > b for n in new for b in base)
    return min(1, 2 * tail(len(base), len(new), min(above, len(base) * len(new) - above)))


def largest(ranks, may):
    """The largest rank for which may() holds, as for all smaller ones; 0: none."""
    return next((k - 1 for k in ranks if not may(k)), 0)


class Comparison:
    def __init__(self, document):
        self.document = document
        self.wrong = []
        self.compared = {"p": [], "median": [], "change": []}

    def expect(self, what, holds):
        if not holds:
            self.wrong.append(what)

    def interval(self, what, kind, found, expected):
        """The interval found holds the expected one, and is mostly the same."""
        self.expect(what, found[0] <= expected[0] and found[1] >= expected[1])
        self.compared[kind].append(all(math.isclose(a, b, rel_tol=0.001) for a, b in zip(found, expected)))

    def side(self, name, side):
        values = side["values"]
        count = len(values)
        if not count:
            return
        self.expect(f"{name}: median", side["median"] == statistics.median(values))
        rank = largest(range(1, count + 2), lambda k: 2 * sum(math.comb(count, i) for i in range(k)) <= self.document["level"] * 2**count)
        self.expect(f"{name}: whether there is an interval", (side["median_low"] is not None) == (rank > 0))
        if rank:
            self.interval(f"{name}: interval of the median", "median", (side["median_low"], side["median_high"]),
                          (values[rank - 1], values[-rank]))

    def figure(self, figure):
        name, base, new = figure["name"], figure["base"]["values"], figure["new"]["values"]
        self.side(f"{name}, base", figure["base"])
        self.side(f"{name}, new", figure["new"])
        if not base or not new:
            return
        pairs = sorted(n - b for n in new for b in base)
        self.expect(f"{name}: change", math.isclose(figure["change"]["estimate"], statistics.median(pairs)))
        if figure["p"] is None or len(set(base + new)) < len(base + new):
            return
        p = p_value(base, new)
        self.expect(f"{name}: p", figure["p"] > p - 1e-9)
        self.compared["p"].append(math.isclose(figure["p"], p))
        family = self.document["families"]["named" if figure["named"] else "others"]
        level = self.document["level"] / family["figures"]
        rank = largest(range(1, len(pairs) + 2), lambda k: 2 * tail(len(base), len(new), k - 1) <= level)
        if rank:
            self.interval(f"{name}: interval of the change", "change", (figure["change"]["low"], figure["change"]["high"]),
                          (pairs[rank - 1], pairs[-rank]))

    def check(self):
        for figure in self.document["figures"]:
            self.figure(figure)
        for kind, same in self.compared.items():
            self.expect(f"{kind}: only {sum(same)} of {len(same)} are the same", 2 * sum(same) > len(same) > 30)
        return self.wrong


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        wrong = Comparison(json.load(file)).check()
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
