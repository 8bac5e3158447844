"""A Dask cluster: an existing one by the address of its scheduler, or one of this machine.

The only folder that imports Dask. The scheduler sees units and descriptions of files, never arrays.

`connect` finds or starts a cluster, `cluster` is the runner, `on_worker` is what runs in a worker.
"""
