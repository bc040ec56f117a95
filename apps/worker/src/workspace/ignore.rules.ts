import { mkdir } from 'node:fs/promises';
import { readBlobs, type GitRunner } from '@gatehouse/git';
import type { BaseEntries } from './materialise.js';
import { pathBytes, pathKey, type PathKey } from './tree.name.js';
import { TreeWriter } from './tree.writer.js';

const mostIgnoreBytes = 16 * 1024 * 1024;
const nul = Buffer.from([0]);
/** check-ignore takes no literal pathspecs; behind this no name can begin with pathspec magic. */
const here = Buffer.from('./');

/**
 * The `.gitignore` files of a base and nothing else, laid out in a folder of ours where git reads them. What the
 * workspace has in their place, and its excludes, have no say. Unlike `checkIgnored` it is asked many times, and
 * about folders too.
 */
export class IgnoreRules {
  private constructor(
    private readonly git: GitRunner,
    private readonly bareDir: string,
    private readonly root: string,
    private readonly empty: boolean,
  ) {}

  /** @param root a folder that does not exist yet */
  static async of(git: GitRunner, bareDir: string, base: BaseEntries, root: string): Promise<IgnoreRules> {
    await mkdir(root, { mode: 0o700 });
    // Git itself does not follow a .gitignore that is a link.
    const files = [...base].filter(
      ([path, { mode }]) => /(?:^|\/)\.gitignore$/.test(path) && mode.startsWith('100'),
    );
    const writer = new TreeWriter(root);
    let next = 0;
    for await (const { content } of readBlobs(
      git,
      bareDir,
      files.map(([, { oid }]) => oid),
      { maxBytes: mostIgnoreBytes },
    )) {
      writer.write(files[next++]?.[0] ?? '', '100644', content);
    }
    return new IgnoreRules(git, bareDir, root, files.length === 0);
  }

  /** Which of these paths are ignored; a folder ends in a slash. */
  async ignored(paths: readonly PathKey[]): Promise<ReadonlySet<PathKey>> {
    if (this.empty || paths.length === 0) return new Set();
    const { stdout } = await this.git.run(
      [`--work-tree=${this.root}`, 'check-ignore', '--no-index', '--stdin', '-z', '-v'],
      {
        gitDir: this.bareDir,
        input: Buffer.concat(paths.flatMap((path) => [here, pathBytes(path), nul])),
        env: { GIT_LITERAL_PATHSPECS: '0' },
        accept: [0, 1],
        timeoutMs: 300_000,
        maxOutputBytes: 1 << 30,
      },
    );
    const fields = splitNul(stdout);
    const found = new Set<PathKey>();
    for (let at = 0; at + 3 < fields.length; at += 4) {
      // A pattern that begins with ! takes a path back out of what was ignored.
      if (fields[at + 2]?.[0] !== 0x21) found.add(pathKey((fields[at + 3] as Buffer).subarray(here.length)));
    }
    return found;
  }
}

const splitNul = (bytes: Buffer): Buffer[] => {
  const fields: Buffer[] = [];
  for (let from = 0, end = bytes.indexOf(0); end >= 0; from = end + 1, end = bytes.indexOf(0, from)) {
    fields.push(bytes.subarray(from, end));
  }
  return fields;
};
