#!/bin/bash
# Runs in a virtual machine: does what comes over its second serial line, one command a line, and says what came of it.
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1
echo ready >&3
while read -r script <&3; do
  output=$(base64 --decode <<<"$script" | bash 2>&1 3>&- | base64 --wrap=0; exit "${PIPESTATUS[1]}")
  echo "$? $output" >&3
done
