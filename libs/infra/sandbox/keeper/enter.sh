# Last step before the agent's command, already as the agent's user: turns GATEHOUSE_ENV_<name> into <name>.
# The agent's variables travel under a prefix, so that none (LD_PRELOAD, LIBMOUNT_FSTAB, …) can reach a
# program that still has privileges. Names are checked by the caller to be [A-Za-z_][A-Za-z0-9_]*.
cd "$1" || exit 126
shift
_gh_names=$GATEHOUSE_NAMES
unset GATEHOUSE_NAMES GATEHOUSE_RUN
for _gh_name in $_gh_names; do
  eval "$_gh_name=\$GATEHOUSE_ENV_$_gh_name; export $_gh_name; unset GATEHOUSE_ENV_$_gh_name"
done
# cd exports these two.
unset _gh_names _gh_name PWD OLDPWD
# bash, where it serves as sh, exports variables of its own.
[ -z "${BASH_VERSION-}" ] || exec /usr/bin/env -u _ -u SHLVL -u PWD -u OLDPWD "$@"
exec "$@"
