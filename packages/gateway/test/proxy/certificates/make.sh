#!/bin/sh
# Makes the certificates of the TLS tests, valid for a hundred years. Their keys protect nothing.
set -eu
cd "$(dirname "$0")"

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=$1" \
    -addext 'basicConstraints=critical,CA:TRUE' -keyout "$1.key" -out "$1.pem"
}

leaf() { # name, authority, subject alternative name
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
  printf 'subjectAltName=%s\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 36500 -extfile "$1.ext" -out "$1.pem"
  rm -f "$1.csr" "$1.ext" "$2.srl"
}

authority authority
authority stranger
leaf agent authority 'IP:127.0.0.1'
leaf elsewhere authority 'DNS:elsewhere.example'
leaf impostor stranger 'IP:127.0.0.1'
leaf gateway authority 'DNS:gateway.example'
rm -f authority.key stranger.key
