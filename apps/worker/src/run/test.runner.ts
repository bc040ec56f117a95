import type { Command, CommandOutcome, LeaseGrant, TestRuns } from '@gatehouse/contracts';
import type { GitRunner } from '@gatehouse/git';
import { bootClock } from '../lease/boot.clock.js';
import type { LeaseKeeper } from '../lease/lease.keeper.js';
import { pathText, type PathKey } from '../workspace/tree.name.js';
import { candidateOf, withBase, type ChangedEntry, type Variant } from './changed.entry.js';
import type { CommandRunner } from './command.runner.js';
import type { FreshWorkspaces } from './fresh.workspace.js';
import { hunksOf, undo, type Hunk } from './hunk.js';

type Work = NonNullable<NonNullable<LeaseGrant['validate']>['tests']>;

export const isTest = ({ tests }: Command): boolean => tests !== undefined;

/** A command's own report is removed before it runs: one that lies in the tree says nothing of this run. */
const withoutReport = ({ tests }: Command): readonly string[] =>
  typeof tests === 'object' ? [Buffer.from(tests.report, 'utf8').toString('latin1')] : [];

/** Less is enough where the answer is not about the candidate as it is. */
const short = (outcome: CommandOutcome): CommandOutcome => ({
  ...outcome,
  tail: outcome.tail.slice(-2000).replace(/^[\udc00-\udfff]/, ''),
});

interface Undone {
  readonly path: PathKey;
  readonly hunk: Hunk | null;
  readonly variant: Variant;
}

/** Finds out how far the test commands of a validation can be believed. */
export class TestRunner {
  constructor(
    private readonly runner: Pick<CommandRunner, 'run' | 'leftMs'>,
    private readonly workspaces: Pick<FreshWorkspaces, 'with'>,
    private readonly keeper: Pick<LeaseKeeper, 'signal'>,
    private readonly reruns: number,
  ) {}

  /** Runs a command; a test command that fails once more, until it ends otherwise or often enough. */
  async run(
    command: Command,
    variant: Variant,
    { where = '', last = false }: { where?: string; last?: boolean } = {},
  ): Promise<CommandOutcome> {
    const once = async (isLast: boolean): Promise<CommandOutcome> => {
      const ran = await this.workspaces.with(variant, (folder) => this.runner.run(command, folder, where), {
        last: isLast,
        without: withoutReport(command),
      });
      this.keeper.signal.throwIfAborted();
      // Cut off by the end of the attempt and not by its own time: nothing can be said of it.
      return where !== '' && ran.outcome === 'timeout' && this.runner.leftMs === 0
        ? { ...ran, outcome: 'error' }
        : ran;
    };
    const mayRepeat = isTest(command) && this.reruns > 0;
    const first = await once(last && !mayRepeat);
    if (!mayRepeat || first.outcome !== 'failed') return first;
    const again: CommandOutcome['outcome'][] = [];
    while (again.length < this.reruns && this.runner.leftMs > 0 && !again.includes('passed'))
      again.push((await once(false)).outcome);
    return { ...first, again };
  }

  private async all(
    commands: readonly Command[],
    variant: Variant,
    where: string,
  ): Promise<CommandOutcome[]> {
    const outcomes: CommandOutcome[] = [];
    for (const command of commands) outcomes.push(short(await this.run(command, variant, { where })));
    return outcomes;
  }

  /** Base, base's tests on the candidate, and the candidate's tests on what is left without its change. */
  async probe(
    commands: readonly Command[],
    entries: readonly ChangedEntry[],
    work: Work,
    { image, git, gitDir }: { image: string | null; git: GitRunner; gitDir: string },
  ): Promise<TestRuns> {
    const known = work.baselines.find((baseline) => baseline.image === image);
    const base = known?.commands ?? (await this.all(commands, [], ' (base alone)'));
    const restored: CommandOutcome[][] = [];
    for (const paths of work.restore)
      restored.push(await this.all(commands, withBase(entries, new Set(paths)), ' (tests of the base)'));
    const reverted = work.revert && (await this.revert(commands, entries, work.revert, git, gitDir));
    return { base, baseKnown: known !== undefined, restored, reverted };
  }

  private async revert(
    commands: readonly Command[],
    entries: readonly ChangedEntry[],
    { paths, hunks: most, ms }: NonNullable<Work['revert']>,
    git: GitRunner,
    gitDir: string,
  ): Promise<NonNullable<TestRuns['reverted']>> {
    const endsAt = bootClock() + ms;
    const chosen = new Set(paths);
    const whole = await this.all(commands, withBase(entries, chosen), ' (change undone)');
    const parts = await this.parts(entries, chosen, git, gitDir);
    const hunks: NonNullable<TestRuns['reverted']>['hunks'] = [];
    // Where not even the whole is noticed, no part of it will be.
    const noticed = whole.some(({ outcome }) => outcome === 'failed' || outcome === 'timeout');
    for (const { path, hunk, variant } of noticed ? parts.slice(0, most) : []) {
      if (bootClock() >= endsAt || this.runner.leftMs === 0) break;
      const place = `${pathText(path)}${hunk === null ? '' : `:${Math.max(1, hunk.newStart)}`}`;
      const seen = await this.notices(commands, variant, ` (${place} undone)`);
      if (seen === undefined) break;
      const startLine = hunk && Math.max(1, hunk.newStart);
      const endLine = startLine && Math.max(startLine, startLine + (hunk?.newLines ?? 1) - 1);
      hunks.push({ path, startLine, endLine, noticed: seen });
    }
    return { whole, hunks, left: parts.length - hunks.length };
  }

  /** Whether a test command fails; one run each, since only a warning hangs on it. */
  private async notices(
    commands: readonly Command[],
    variant: Variant,
    where: string,
  ): Promise<boolean | undefined> {
    for (const command of commands) {
      const { outcome } = await this.workspaces.with(
        variant,
        (folder) => this.runner.run(command, folder, where),
        { without: withoutReport(command) },
      );
      this.keeper.signal.throwIfAborted();
      if (outcome === 'error' || this.runner.leftMs === 0) return undefined;
      if (outcome !== 'passed') return true;
    }
    return false;
  }

  /** Every part of the change by itself: the first hunk of each file, then the second of each, and so on. */
  private async parts(
    entries: readonly ChangedEntry[],
    chosen: ReadonlySet<PathKey>,
    git: GitRunner,
    gitDir: string,
  ): Promise<Undone[]> {
    const [made = []] = candidateOf(entries);
    const byFile: Undone[][] = [];
    for (const { path, old, made: now, oldOid, newOid } of entries.filter(({ path: at }) => chosen.has(at))) {
      const textual =
        old !== null && now !== null && [old.mode, now.mode].every((mode) => mode.startsWith('100'));
      const { stdout } = textual
        ? await git.run(['diff', '--no-ext-diff', '--no-textconv', '--no-color', '-U0', oldOid, newOid], {
            gitDir,
          })
        : { stdout: Buffer.alloc(0) };
      const hunks = hunksOf(stdout.toString('latin1'));
      const one = (entry: ChangedEntry['old']): Variant => [made, [{ path, entry }]];
      byFile.push(
        textual && hunks.length > 0
          ? hunks.map((hunk) => ({
              path,
              hunk,
              variant: one({ mode: now.mode, content: undo(old.content, now.content, hunk) }),
            }))
          : [{ path, hunk: null, variant: one(old) }],
      );
    }
    const longest = Math.max(0, ...byFile.map(({ length }) => length));
    return Array.from({ length: longest }, (_, i) => byFile.flatMap((parts) => parts.slice(i, i + 1))).flat();
  }
}
