import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "faults"), str(_HERE.parent / "encoders")]

from pipeline.runner.dask.cluster import DaskCluster  # noqa: E402
from pipeline.runner.processes import LocalProcesses  # noqa: E402


@pytest.fixture(scope="session", params=["processes", "dask"])
def runner(request):
    """Two workers of either kind."""
    with LocalProcesses(2) if request.param == "processes" else DaskCluster("local:2") as found:
        yield found
