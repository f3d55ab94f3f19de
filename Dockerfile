# Makes the single executable and puts it, alone, onto a small Debian.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN node scripts/build.mjs

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/postern --create-home postern \
 && chmod 700 /var/lib/postern
COPY --from=build /src/dist/postern /usr/local/bin/postern
COPY LICENSE /usr/share/doc/postern/LICENSE
USER postern
VOLUME /var/lib/postern
EXPOSE 993 143 995 110 465 587 4190
ENTRYPOINT ["postern"]
CMD ["serve", "--config", "/etc/postern/postern.yaml"]
