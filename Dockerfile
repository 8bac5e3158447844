# Two images: `cpu`, the default, and `gpu`, which has vLLM, too. docs/container.md says how to build and run them.
# Layers go from what seldom changes to what often does: a change of our own code installs no package again.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
# Address of an index with CPU builds of torch; without it torch is PyPI's, which brings about 5 GB of CUDA.
ARG TORCH_INDEX=
ENV PATH=/opt/mmpt/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1
RUN useradd --create-home --home-dir /mmpt --uid 1000 mmpt && python3 -m venv /opt/mmpt
WORKDIR /opt/pins
COPY pyproject.toml constraints.txt ./
# There is no code yet, so this installs an empty mmpt-pipeline and all that it needs.
RUN touch README.md LICENSE LICENSES.md \
    && pip install -c constraints.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} ".[s3]" \
    && pip uninstall --yes mmpt-pipeline
# What volumes are mounted on: a new volume gets the owner of the folder that it covers.
RUN install -d -o 1000 -g 1000 /mmpt/workspace /mmpt/.cache /mmpt/.prefect
WORKDIR /mmpt
COPY container/health.py /opt/health.py
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "/opt/health.py"]
ENTRYPOINT ["mmpt-pipeline"]
CMD ["demo"]

# Built here, copied below: a mount would be smaller, but Buildah takes a step with a mount from its cache, whatever changed in it.
FROM packages AS wheel
WORKDIR /opt/source
COPY pyproject.toml README.md LICENSE LICENSES.md ./
COPY stores stores
COPY pipeline pipeline
COPY flows flows
RUN pip wheel --no-deps --wheel-dir /wheels .

# vLLM has an environment of its own, for it wants other versions than constraints.txt.
FROM ${BASE} AS vllm
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY container/vllm.txt /opt/pins/vllm.txt
RUN python3 -m venv /opt/vllm && /opt/vllm/bin/pip install -r /opt/pins/vllm.txt

FROM packages AS gpu
# Triton compiles a little C when a kernel first runs. Debian keeps no older versions, so none can be pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY --from=vllm /opt/vllm /opt/vllm
ENV MMPT_VLLM_PYTHON=/opt/vllm/bin/python \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY prefect.yaml prefect.toml ./
COPY flows flows
COPY --from=wheel /wheels /opt/code
RUN pip install --no-deps --no-index /opt/code/*.whl
USER 1000:1000

FROM packages AS cpu
# The folder that deployments are made from, and that their runs start in.
COPY prefect.yaml prefect.toml ./
COPY flows flows
COPY --from=wheel /wheels /opt/code
RUN pip install --no-deps --no-index /opt/code/*.whl
USER 1000:1000
