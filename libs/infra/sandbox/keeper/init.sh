# Process 1 of a process sandbox: runs one command, tells the keeper how it ended, then only reaps.
# It stays until the keeper has counted what the command left behind and kills the whole pid namespace.
# fd 3 is the status line to the keeper, fd 4 the command's stderr.
# Where the machine runs out of memory, this goes before the plane does.
echo 500 2>/dev/null >/proc/self/oom_score_adj
# The parent-death signals are set by now; a keeper that died before them has closed this line.
echo started >&3 || exit 125
"$@" 2>&4 3>&- 4>&-
echo "exited $?" >&3
exec 0</dev/null 1>/dev/null 4>&-
exec /bin/sleep 2147483647
