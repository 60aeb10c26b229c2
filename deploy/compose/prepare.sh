#!/bin/sh
# Makes what a cluster needs before its first start, each only where it is missing: in tls/ the edge's certificate and key,
# in trust/ that certificate alone, in gateway/ the secret that callers' tokens are signed with.
#
# prepare.sh DIRECTORY [OWNER]
set -eu
directory=$1
owner=${2:-}
umask 077
mkdir -p "$directory/tls" "$directory/trust" "$directory/gateway"
if [ ! -e "$directory/tls/edge.key" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj /CN=clusterlog \
    -addext subjectAltName=DNS:localhost,DNS:edge,IP:127.0.0.1 \
    -keyout "$directory/tls/edge.key" -out "$directory/tls/edge.pem" 2>/dev/null
fi
[ -e "$directory/gateway/caller-secret" ] || openssl rand -hex 32 >"$directory/gateway/caller-secret"
cp "$directory/tls/edge.pem" "$directory/trust/edge.pem"
[ -z "$owner" ] || chown -R "$owner" "$directory/tls" "$directory/trust" "$directory/gateway"
