#!/bin/sh
# Makes the certificates of the TLS tests, valid for a hundred years from 2020 on. Their keys protect nothing.
# By a clock of the past (Debian's faketime), so that they are valid whatever the clock of a test machine says.
set -eu
cd "$(dirname "$0")"

openssl() {
  faketime '2020-01-01 00:00:00' /usr/bin/openssl "$@"
}

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
authority successor
leaf agent authority 'IP:127.0.0.1'
leaf agent-next authority 'IP:127.0.0.1'
leaf agent-of-successor successor 'IP:127.0.0.1'
leaf elsewhere authority 'DNS:elsewhere.example'
leaf impostor stranger 'IP:127.0.0.1'
leaf gateway authority 'DNS:gateway.example'
leaf gateway-of-successor successor 'DNS:gateway.example'

# Of a key that TLS does not take.
openssl req -x509 -newkey rsa:1024 -nodes -days 36500 -subj '/CN=small' -keyout small.key -out small.pem

# Ended in the month it was made, of an authority that has not.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=ended' -keyout ended.key -out ended.csr
printf 'subjectAltName=IP:127.0.0.1\n' > ended.ext
openssl x509 -req -in ended.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 -extfile ended.ext \
  -out ended.pem
rm -f ended.csr ended.ext authority.srl authority.key stranger.key successor.key
