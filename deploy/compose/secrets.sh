#!/bin/sh
# Makes, once, what the services of docker-compose.yml share: an authority and a certificate for each of them, the
# password of Dovecot's master user, and the gateway's master key. Takes the folder as its argument.
set -eu
cd "$1"
umask 077
[ -e done ] && exit 0

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

new_key ca.key
openssl req -x509 -new -key ca.key -subj "/CN=Postern compose authority" -days 3650 -out ca.pem \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"

certificate() {
  name=$1
  new_key "$name.key"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' "$2" >"$name.ext"
  openssl req -new -key "$name.key" -subj "/CN=$name" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  rm "$name.ext"
}
certificate gateway "DNS:mail.example.org,DNS:localhost,IP:127.0.0.1"
certificate dovecot "DNS:dovecot"
certificate postfix "DNS:postfix"
rm ca.key ca.srl

openssl rand -base64 24 >master.password
printf 'postern:{PLAIN}%s\n' "$(cat master.password)" >masters
printf 'k1 %s\n' "$(openssl rand -base64 32)" >keys

# Certificates and keys of servers are read by root; the gateway's user has the number 10001 in its image, and Dovecot's
# auth process runs as dovecot.
chmod 755 . && chmod 644 ./*.pem
if [ "$(id -u)" = 0 ]; then
  chown 10001 keys master.password gateway.key
  chown dovecot masters
fi
touch done
