#!/bin/sh
# A node's journald, in a container of its own, and a task that logs as Mesos' container logger writes. Group 190 may read the
# journal; the node agent is in it.
#
# journald.sh NODE CLUSTER_ID AGENT_ID
set -eu
node=$1 cluster=$2 agent=$3
mkdir -p /run/systemd/journal /var/log/journal
[ -s /etc/machine-id ] || printf '%s' "$node" | md5sum | cut -c 1-32 >/etc/machine-id
# What is made in here inherits the group.
chgrp 190 /var/log/journal
chmod 2750 /var/log/journal
# Without it journald stays in /run, waiting for the boot to come as far as /var.
: >/run/systemd/journal/flushed
/lib/systemd/systemd-journald &
journald=$!
trap 'kill "$journald"; wait "$journald"; exit 0' TERM INT
until [ -S /run/systemd/journal/socket ]; do sleep 0.1; done
n=0
while kill -0 "$journald" 2>/dev/null; do
  n=$((n + 1))
  logger --journald <<ENTRY
MESSAGE=hello $n from $node
PRIORITY=6
SYSLOG_IDENTIFIER=hello.$node
FRAMEWORK_ID=$cluster-0000
AGENT_ID=$agent
EXECUTOR_ID=hello.$node
CONTAINER_ID=container-$node
STREAM=STDOUT
ENTRY
  # In the background, so that a signal is heard at once.
  sleep 1 &
  wait $! || true
done
wait "$journald"
