# Builds the room of a process sandbox and becomes its process 1. Runs inside fresh namespaces, privileged there.
#
# A shell, because entering a room is a chain of exec calls and Node 20 cannot exec. The text is constant:
# whatever varies comes as a positional parameter and is never evaluated.
#   $1 fstab of the room   $2 folder of the room   $3 number of cgroup files, which follow
#   then the command line that drops every privilege and starts the agent
# fd 2 and 3 lead to the keeper (diagnostics, status), fd 4 is the agent's stderr.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

fstab=$1
room=$2
groups=$3
shift 3

fail() {
  echo "failed $1" >&3
  exit 125
}

while [ "$groups" -gt 0 ]; do
  echo 0 >"$1" || fail "joining the cgroup $1"
  groups=$((groups - 1))
  shift
done

hostname sandbox 2>/dev/null
# Loopback only; tests of the agent's project listen there. Where iproute2 is missing, Debian still has perl:
# SIOCSIFFLAGS with IFF_UP | IFF_LOOPBACK | IFF_RUNNING.
ip link set lo up 2>/dev/null ||
  perl -MSocket -e '$f = pack("a16 s x14", "lo", 0x49); socket(S, AF_INET, SOCK_DGRAM, 0) and ioctl(S, 0x8914, $f)' 2>/dev/null

mount -n -a -T "$fstab" || fail 'mounting the room'
cd "$room" || fail 'entering the room'
pivot_root . old || fail 'pivot_root'
cd / || fail 'the new root'
umount -n -l /old || fail 'leaving the old root'

exec /bin/sh /init.sh "$@"
