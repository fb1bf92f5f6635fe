"""Control groups: a cap on a node's memory, and a quota of its processors, in either version.

    what                  version 1                               version 2
    cap                   memory.limit_in_bytes                   memory.max
    no swap               memory.memsw.limit_in_bytes             memory.swap.max
    peak                  memory.max_usage_in_bytes               memory.peak
    kills                 memory.oom_control: oom_kill            memory.events: oom_kill
    quota and period      cpu.cfs_quota_us, cpu.cfs_period_us     cpu.max

Source: Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst, scheduler/sched-bwc.rst of
Linux.
"""
