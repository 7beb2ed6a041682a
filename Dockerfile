# Two stages: one builds a virtual environment from the hashed locks, the other holds what runs.
FROM python:3.13-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

WORKDIR /src
COPY requirements/build.txt requirements/base.txt requirements/
RUN python3 -m venv /opt/tools && \
    /opt/tools/bin/python -m pip install --require-hashes --requirement requirements/build.txt
RUN python3 -m venv /opt/venv && \
    /opt/venv/bin/python -m pip install --require-hashes --requirement requirements/base.txt

COPY pyproject.toml README.md LICENSE NOTICE ./
COPY cds_service cds_service
RUN /opt/tools/bin/python -m hatchling build --target wheel --directory /opt/wheel && \
    /opt/venv/bin/python -m pip install --no-index --no-deps /opt/wheel/*.whl && \
    /opt/venv/bin/python -m compileall -q /opt/venv/lib && \
    mkdir -p /data


FROM python:3.13-slim-bookworm

# Without CDS_DEV=1 the service does not start as long as clients cannot be authenticated.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CDS_DATABASE=/data/cds-service.sqlite3 \
    CDS_RULES=/app/rules

WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=10001:10001 /data /data
COPY LICENSE NOTICE ./
COPY rules rules
COPY fhir_fixtures fhir_fixtures

USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["cds-service", "serve", "--host", "0.0.0.0", "--port", "8080"]
