"""What every comparison needs: the command line of Relumax, cores and threads held fixed, and what it ran on."""

import json
import os
import platform
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELUMAX = os.path.join(ROOT, "relumax")
RESULTS = os.path.join(ROOT, "bench", "results")


def usable_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def checked_threads(parser, asked):
    """`asked`, or all usable cores where nothing was asked."""
    if asked is not None and not 1 <= asked <= usable_cores():
        parser.error(f"--threads: expected 1 to {usable_cores()}, the cores this process may use")
    return asked or usable_cores()


def hold_to(threads):
    """Keeps this process and those it starts on the same cores, with as many threads in every library.

    To be called before NumPy and PyTorch are imported: they read it once.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    # OpenBLAS takes the kernels of this processor, not those of another one that the environment may name.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    # NumPy and SciPy bring an OpenBLAS each, whose idle threads spin for a while unless told to sleep: a method that calls
    # both in turn (L-BFGS-B) would wait for the other's threads at every call.
    os.environ["OPENBLAS_THREAD_TIMEOUT"] = "4"


def relumax(words):
    """Runs one command line. Code 3, a solve that missed, is a result; any other failure ends the comparison."""
    done = subprocess.run([RELUMAX, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"relumax {words[0]} ended with {done.returncode}: {done.stderr.strip()}")


def read_json(file):
    with open(file, encoding="utf-8") as text:
        return json.load(text)


def versions():
    import numpy
    import scipy

    import methods

    blas = numpy.show_config("dicts")["Build Dependencies"]["blas"]
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "blas": f"{blas.get('name')} {blas.get('version')}",
        "scipy": scipy.__version__,
        "torch": methods.torch.__version__ if methods.torch else None,
    }


def machine():
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def cpu_model():
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor()


def revision():
    command = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
