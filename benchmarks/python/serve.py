"""The process of a Python library: answers requests, a line of JSON each, until its input ends.

    python serve.py numpy|torch|jax
"""

import importlib
import json
import math
import os
import sys
import time

# One thread, as the other libraries have: set before NumPy, PyTorch and XLA look.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

SAMPLE = 2e6  # nanoseconds of one sample


class Stopwatch:
    """Times one task: first `warm`, then any number of readings."""

    def __init__(self, call):
        self.call = call
        self.count = 1
        call()

    def run(self):
        call = self.call
        start = time.perf_counter_ns()
        for _ in range(self.count):
            call()
        return time.perf_counter_ns() - start

    def warm(self, budget):
        start = time.perf_counter_ns()
        runs = 0
        while (runs < 5 and (runs < 2 or time.perf_counter_ns() - start < 8 * budget)) or time.perf_counter_ns() - start < budget:
            taken = self.run()
            if taken < SAMPLE:
                self.count = math.ceil(self.count * min(10, 1.2 * SAMPLE / max(taken, 1)))
            runs += 1
        self.count = max(1, round(self.count * SAMPLE / max(self.run(), 1)))

    def read(self, budget):
        start = time.perf_counter_ns()
        self.run()
        while time.perf_counter_ns() < start + budget / 2:
            self.run()
        samples = []
        end = time.perf_counter_ns() + budget
        while time.perf_counter_ns() < end or (len(samples) < 3 and time.perf_counter_ns() < end + 3 * budget):
            samples.append(self.run() / self.count)
        return samples


def digest(values):
    """The size, the sum and 64 evenly spread elements of a result."""
    import numpy as np

    flat = np.ravel(np.asarray(values, dtype=np.float64))
    count = min(flat.size, 64)
    return [flat.size, float(flat.sum()), *(float(flat[i * flat.size // count]) for i in range(count))]


def main():
    module = importlib.import_module(f"{sys.argv[1]}_suite")
    suite = module.suite()
    watches = {}
    for line in sys.stdin:
        request = json.loads(line)
        what, name = request["do"], request.get("name")
        try:
            if what == "list":
                value = {"version": module.version, "workloads": list(suite)}
            elif what == "check":
                value = digest(suite[name][1]())
            else:
                if name not in watches:
                    watches[name] = Stopwatch(suite[name][0])
                value = getattr(watches[name], what)(request["budget"])
            answer = {"value": value}
        except Exception as error:  # the command decides what a failure means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
