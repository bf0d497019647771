# The bot with its dependencies, without build tools.
# Settings: /etc/ecr-clean/ecr-clean.yml. Pins and plans: DATABASE_URL, or a volume at
# /var/lib/ecr-clean. Without either, commands that need the database fail.
FROM python:3.11.16-slim-trixie AS python

FROM python AS build
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/ecr-clean \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /source
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --extra postgresql --no-install-project
COPY README.md LICENSE ./
COPY bot bot
RUN uv sync --locked --no-default-groups --extra postgresql --no-editable

FROM python
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin ecr-clean \
    && install --directory --owner=ecr-clean --group=ecr-clean \
        /etc/ecr-clean /var/lib/ecr-clean /var/cache/ecr-clean
COPY --from=build /opt/ecr-clean /opt/ecr-clean
ENV PATH=/opt/ecr-clean/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_STATE_HOME=/var/lib \
    XDG_CACHE_HOME=/var/cache \
    ECR_CLEAN_REQUIRE_PERSISTENT_STATE=1 \
    ECR_CLEAN_HEARTBEAT=/tmp/ecr-clean
# Where only root could write to an empty volume (AWS Fargate), it gets the owner from here.
VOLUME ["/var/cache/ecr-clean"]
USER 10001:10001
WORKDIR /etc/ecr-clean
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s CMD ["ecr-clean", "health"]
ENTRYPOINT ["ecr-clean"]
CMD ["serve"]
