# kconvert for files from strangers: no rights, no network, nothing to write but the folder of results.
#
#     docker build --tag kconvert .
#     docker run --rm --network none --read-only --tmpfs /tmp --user "$(id -u):$(id -g)" -v "$PWD:/work" kconvert old.h5 -o new.keras
#
# With what reads buckets as well: --build-arg EXTRAS='[s3,gcs]', and then not --network none.

ARG PYTHON=3.12

FROM python:${PYTHON}-slim-bookworm AS build
ARG EXTRAS=
WORKDIR /source
RUN python -m venv /opt/kconvert
ENV PATH=/opt/kconvert/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# What it stands on is a layer of its own: a change of the source does not fetch TensorFlow again.
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needed.txt \
 && pip install --requirement needed.txt
COPY README.md LICENSE ./
COPY layer_maps layer_maps
COPY kconvert kconvert
# hadolint ignore=DL3013
RUN pip install ".${EXTRAS}"

FROM python:${PYTHON}-slim-bookworm
LABEL org.opencontainers.image.title="kconvert" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Brings trained Keras models of every age to today's Keras: equal numbers, or a refusal that says why."
COPY --from=build /opt/kconvert /opt/kconvert
# No name, no home, no shell: it is nobody whom any file here belongs to.
USER 10001:10001
ENV PATH=/opt/kconvert/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["kconvert"]
CMD ["--help"]
