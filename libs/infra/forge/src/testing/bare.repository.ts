import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ZERO = '0'.repeat(40);

/** Nothing of the machine's or the user's git settings reaches the stand-in. */
export const gitEnvironment = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
  GIT_CONFIG_KEY_1: 'gc.auto',
  GIT_CONFIG_VALUE_1: '0',
};

export interface Signature {
  name: string;
  email: string;
  date: Date;
}

/** A path's new text, or null to delete it. */
export type Files = Record<string, string | Buffer | null>;

export interface CommitFacts {
  sha: string;
  tree: string;
  parents: string[];
  message: string;
  author: { name: string; email: string; date: string };
  committer: { name: string; email: string; date: string };
}

// What GitHub itself refuses is refused here too, by what our process tells the hook in its environment.
const updateHook = `#!/bin/sh
ref=$1 old=$2 new=$3 zero=${ZERO}
refuse() { echo "error: $1" >&2; exit 1; }
listed() { case " $1 " in *" $ref "*) return 0;; esac; return 1; }
listed "$STANDIN_REFUSED" && refuse "$STANDIN_REFUSED_WHY $ref."
if [ "$new" = "$zero" ]; then
  listed "$STANDIN_NO_DELETION" && refuse "GH006: Protected branch update failed for $ref. Cannot delete this branch"
  exit 0
fi
if [ "$old" != "$zero" ] && listed "$STANDIN_NO_FORCE" && ! git merge-base --is-ancestor "$old" "$new"; then
  refuse "GH006: Protected branch update failed for $ref. Cannot force-push to this branch"
fi
if [ "$STANDIN_WORKFLOWS" = no ]; then
  file=$(git log --format= --name-only "$new" --not --all -- .github/workflows | sed -n 1p)
  [ -n "$file" ] && refuse "refusing to allow a GitHub App to create or update workflow \\\`$file\\\` without \\\`workflows\\\` permission"
fi
if [ -n "$STANDIN_NO_CREATION" ] && [ "$old" = "$zero" ] && listed "$STANDIN_NO_CREATION"; then
  refuse "GH013: Repository rule violations found for $ref. Cannot create ref due to creations being restricted."
fi
if listed "$STANDIN_SIGNED"; then
  for commit in $(git rev-list "$new" --not --all); do
    git cat-file commit "$commit" | sed '/^$/q' | grep -q '^gpgsig' || refuse "GH006: Protected branch update failed for $ref. Commits must have verified signatures."
  done
fi
exit 0
`;

/** A real bare repository, written by git itself. */
export class BareRepository {
  private queue: Promise<unknown> = Promise.resolve();

  constructor(readonly dir: string) {}

  static async make(dir: string, defaultBranch: string): Promise<BareRepository> {
    await mkdir(dir, { recursive: true });
    const made = new BareRepository(dir);
    await made.git(['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`, '.']);
    await made.git(['config', 'http.receivepack', 'true']);
    await made.git(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    await made.git(['config', 'uploadpack.allowFilter', 'true']);
    await made.git(['config', 'receive.hideRefs', 'refs/pull']);
    await writeFile(join(dir, 'hooks', 'update'), updateHook, { mode: 0o755 });
    return made;
  }

  /** One at a time: what moves refs compares them before and after. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work, work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  async git(args: string[], options: { input?: string | Buffer; env?: NodeJS.ProcessEnv } = {}) {
    const answer = await this.tryGit(args, options);
    if (answer.code !== 0)
      throw new Error(`git ${args.join(' ')} ended with ${answer.code}: ${answer.stderr}`);
    return answer.stdout;
  }

  tryGit(args: string[], options: { input?: string | Buffer; env?: NodeJS.ProcessEnv } = {}) {
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      const child = spawn('git', args, { cwd: this.dir, env: { ...gitEnvironment, ...options.env } });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.stdin.on('error', () => undefined);
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({
          code,
          stdout: Buffer.concat(out).toString(),
          stderr: Buffer.concat(err).toString(),
        }),
      );
      child.stdin.end(options.input ?? '');
    });
  }

  /** Full ref name → object id. */
  async refs(): Promise<Map<string, string>> {
    const lines = (await this.git(['for-each-ref', '--format=%(refname) %(objectname)'])).split('\n');
    return new Map(lines.filter(Boolean).map((line) => line.split(' ') as [string, string]));
  }

  /** A branch, tag, full ref or commit id → the commit, or null. */
  async resolve(name: string): Promise<string | null> {
    for (const candidate of [name, `refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`]) {
      const whole = candidate.startsWith('refs/') || /^[0-9a-f]{40}$/.test(candidate);
      if (!whole) continue;
      const { code, stdout } = await this.tryGit([
        'rev-parse',
        '--verify',
        '--quiet',
        `${candidate}^{commit}`,
      ]);
      if (code === 0) return stdout.trim();
    }
    return null;
  }

  async branch(name: string): Promise<string | null> {
    const { code, stdout } = await this.tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${name}`]);
    return code === 0 ? stdout.trim() : null;
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    return (await this.tryGit(['merge-base', '--is-ancestor', older, newer])).code === 0;
  }

  async commitsBetween(base: string, head: string): Promise<string[]> {
    const out = await this.git(['rev-list', '--reverse', `${base}..${head}`]);
    return out.split('\n').filter(Boolean);
  }

  async commitFacts(sha: string): Promise<CommitFacts> {
    const format = '%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B';
    const [id, tree, parents, an, ae, ad, cn, ce, cd, ...message] = (
      await this.git(['show', '-s', `--format=${format}`, sha])
    ).split('\0');
    return {
      sha: id ?? '',
      tree: tree ?? '',
      parents: (parents ?? '').split(' ').filter(Boolean),
      author: { name: an ?? '', email: ae ?? '', date: ad ?? '' },
      committer: { name: cn ?? '', email: ce ?? '', date: cd ?? '' },
      message: message.join('\0').replace(/\n+$/, ''),
    };
  }

  /** Writes blobs, a tree and a commit; moves no ref. */
  async commit(input: { parents: string[]; tree?: string; files?: Files; message: string; by: Signature }) {
    const tree = input.tree ?? (await this.tree(input.parents[0] ?? null, input.files ?? {}));
    const stamp = `${Math.floor(input.by.date.getTime() / 1000)} +0000`;
    const parents = input.parents.flatMap((sha) => ['-p', sha]);
    const out = await this.git(['commit-tree', tree, ...parents, '-F', '-'], {
      input: input.message,
      env: {
        GIT_AUTHOR_NAME: input.by.name,
        GIT_AUTHOR_EMAIL: input.by.email,
        GIT_AUTHOR_DATE: stamp,
        GIT_COMMITTER_NAME: input.by.name,
        GIT_COMMITTER_EMAIL: input.by.email,
        GIT_COMMITTER_DATE: stamp,
      },
    });
    return out.trim();
  }

  private async tree(parent: string | null, files: Files): Promise<string> {
    const room = await mkdtemp(join(this.dir, 'index-'));
    const env = { GIT_INDEX_FILE: join(room, 'index') };
    try {
      if (parent !== null) await this.git(['read-tree', parent], { env });
      const lines: string[] = [];
      for (const [path, text] of Object.entries(files)) {
        const blob =
          text === null ? null : (await this.git(['hash-object', '-w', '--stdin'], { input: text })).trim();
        lines.push(blob === null ? `0 ${ZERO}\t${path}` : `100644 ${blob}\t${path}`);
      }
      await this.git(['update-index', '--add', '--index-info'], { env, input: `${lines.join('\n')}\n` });
      return (await this.git(['write-tree'], { env })).trim();
    } finally {
      await rm(room, { recursive: true, force: true });
    }
  }

  /** The merged tree, or null where the two conflict. */
  async mergeTree(base: string, head: string): Promise<string | null> {
    const { code, stdout } = await this.tryGit(['merge-tree', '--write-tree', base, head]);
    return code === 0 ? (stdout.split('\n')[0] ?? null) : null;
  }

  async diffStat(base: string, head: string) {
    const lines = (await this.git(['diff', '--numstat', `${base}...${head}`])).split('\n').filter(Boolean);
    const sum = (column: number) =>
      lines.reduce((total, line) => total + (Number(line.split('\t')[column]) || 0), 0);
    const commits = (await this.commitsBetween(base, head)).length;
    return { commits, additions: sum(0), deletions: sum(1), changedFiles: lines.length };
  }
}
