"""Where work is done: in this process, in several of this machine, or on a Dask cluster.

Work travels as units: small descriptions that can be pickled. What they make goes into the workspace from where it is made; what
comes back is a few hundred bytes that say so. Arrays never travel.

`base` says what a unit and a runner are, `shards` makes the shards of an artifact, `window` keeps the order, `processes` and
`dask` are the two runners, `worker_state` is what lives in a worker. No runner, None, means this process.
"""
