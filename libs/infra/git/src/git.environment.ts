/** The empty tree, which git knows without storing it. */
export const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
/** How "nothing" is written where git wants an object id. */
export const noObject = '0'.repeat(40);

/** The whole environment of every git command: nothing is inherited from ours. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_GRAFT_FILE: '/dev/null/none',
  GIT_ADVICE: '0',
};

const fixedConfig: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.autocrlf', 'false'],
  ['core.quotePath', 'true'],
  ['core.precomposeUnicode', 'false'],
  ['core.ignoreCase', 'false'],
  ['core.pager', 'cat'],
  ['core.askPass', '/bin/false'],
  // The value runs as a command where a repository borrows objects; `true` answers nothing.
  ['core.alternateRefsCommand', 'true'],
  // From git 2.43 on a bare repository may read attributes from HEAD; an empty tree has none.
  ['attr.tree', emptyTree],
  ['protocol.allow', 'never'],
  ['safe.bareRepository', 'explicit'],
  ['submodule.recurse', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['receive.autogc', 'false'],
  ['commit.gpgSign', 'false'],
  ['push.gpgSign', 'false'],
  ['credential.helper', ''],
  ['http.followRedirects', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['color.ui', 'false'],
];

/** For reading what nobody vouches for: what git keeps beside the objects to be quicker could name others than are there. */
export const unaided: readonly (readonly [string, string])[] = [['core.commitGraph', 'false']];

/** `-c key=value` pairs, in front of the subcommand. */
export const configFlags = (pairs: readonly (readonly [string, string])[]): string[] =>
  pairs.flatMap(([key, value]) => ['-c', `${key}=${value}`]);

/** The options every git command starts with, before its subcommand. */
export const fixedFlags: readonly string[] = ['--no-pager', ...configFlags(fixedConfig)];

/** The URL schemes git can be allowed to speak, one call at a time. */
export type Transport = 'file' | 'https' | 'http';
