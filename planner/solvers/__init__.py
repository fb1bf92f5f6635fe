"""Solvers: where to cut, and which node runs which part. Start at `solve.py`.

Each class of plans has its methods; all answer through `answers.py`, take prices from `costs`, and
are held to `brute_force.py`, which prices every plan.

    chain_dp, shortfall, reachability     nodes as listed: dynamic programming, and why nothing fits
    any_order/                            nodes in any order: counts of types, priced relaxation,
                                          labels, local search
    revisit/                              several stages on a node: walks, memory prices, labels,
                                          an integer program
    period/                               throughput, makespan, replicas
    labelling/, pareto                    any objective under limits on values; fronts of two
    branching/                            models that branch: orders of the blocks, downsets
    quantile, mean_variance_hull          plans for a quantile of the latency
"""
