# The whole pipeline in the miniature world, on a CPU:
#   docker build -t mmpt-pipeline . && docker run --rm -v "$PWD/workspace:/home/mmpt/workspace" mmpt-pipeline
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 mmpt
WORKDIR /home/mmpt/src
COPY pyproject.toml constraints.txt README.md ./
COPY stores stores
COPY pipeline pipeline
COPY flows flows
RUN pip install --no-cache-dir -c constraints.txt .

USER mmpt
WORKDIR /home/mmpt
ENTRYPOINT ["mmpt-pipeline"]
CMD ["demo"]
