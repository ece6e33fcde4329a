# syntax=docker/dockerfile:1

FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY lib lib
RUN npm run build

FROM node:24-alpine AS packages
WORKDIR /app
# What the program needs beside the library, in the versions of the lockfile. For the library they are the user's choice.
ARG EXTRAS="ioredis @opentelemetry/api @opentelemetry/sdk-node @opentelemetry/sdk-metrics @opentelemetry/exporter-prometheus"
COPY package.json package-lock.json ./
RUN for name in $EXTRAS; do \
      npm pkg set "dependencies.$name=$(npm pkg get "devDependencies.$name" | tr -d '"')" || exit 1; \
    done \
 && npm pkg delete devDependencies peerDependencies peerDependenciesMeta \
 && npm install --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
USER node
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself, so that it gets the signals: npm would swallow the exit code.
ENTRYPOINT ["node", "dist/cli/main.js", "--host", "0.0.0.0"]
CMD ["--config", "/etc/streamgate/gateway.json"]
