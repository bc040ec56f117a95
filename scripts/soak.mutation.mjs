// The mutation loop: whatever of gates, deny rule, merge, "error denies" and bindings is taken out of a copy of the
// sources, a test has to fail, and it is named. A test that fails beforehand, or a mutant that no longer applies, is a
// fault of its own.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copySources, plant } from './soak.copy.mjs';
import { mutants } from './soak.mutants.mjs';
import { JestProcess } from './soak.runner.mjs';
import { faultsOfTable } from './soak.table.mjs';
import { shuffled } from './soak.tally.mjs';
import { say } from './step.mjs';

/** What hangs is given up after so long: more for many specs, each of which a busy machine may make slow. */
const limitOf = (specs) => 240_000 + 60_000 * specs.length;
/** Each leaves some megabytes behind. */
const asksOfOneProcess = 40;

/** A copy of the sources in which one mutant after the other is tried. */
class Lane {
  folder = mkdtempSync(join('/var/tmp', 'gatehouse-mutation-'));
  #jest;
  #left = 0;

  constructor() {
    // Parts of tests run as other users.
    chmodSync(this.folder, 0o755);
    copySources(this.folder);
  }

  /** Runs specs of one kind. Pure ones share a process of Jest until it has grown; those on real services have their own. */
  async jest(kind, specs, only) {
    if (kind === 'int' || this.#left === 0) await this.#retire();
    if (this.#jest === undefined) this.#left = asksOfOneProcess;
    this.#left -= 1;
    this.#jest ??= new JestProcess(this.folder, kind);
    const answer = await this.#jest.ask({
      ...{ specs, only, limitMs: limitOf(specs), cache: join(this.folder, '.jest') },
    });
    // What broke off or holds something on the machine is not asked again.
    if (kind === 'int' || answer.broken > answer.failed.length) await this.#retire();
    return answer;
  }

  async #retire() {
    const jest = this.#jest;
    this.#jest = undefined;
    this.#left = 0;
    await jest?.end();
  }

  /** Plants a mutant, asks the specs, and puts the sources back as they were. */
  async try({ edits, kind, specs, only }) {
    const before = new Map(edits.map(({ file }) => [file, readFileSync(join(this.folder, file), 'utf8')]));
    try {
      for (const edit of edits) plant(this.folder, edit);
      return await this.jest(kind, specs, only);
    } finally {
      for (const [file, text] of before) writeFileSync(join(this.folder, file), text);
    }
  }

  /** Whether specs that hang do so by their mutant: on whole sources, asked right after, they pass. */
  async hangs({ kind, specs, only }, { failed, hung }) {
    if (failed.length > 0 || !hung) return false;
    const { tests, broken } = await this.jest(kind, specs, only);
    return broken === 0 && tests.some(({ status }) => status === 'passed');
  }

  async remove() {
    await this.#retire();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Every spec that is asked, on sources that nobody touched: only a test that passes there can say something by failing.
 * Answers the mutants that can be tried.
 */
const checkSpecs = async (lanes, chosen, tally) => {
  const asked = await Promise.all(
    ['unit', 'int'].map(async (kind, i) => {
      const own = chosen.filter((mutant) => mutant.kind === kind);
      if (own.length === 0) return [];
      const specs = new Set(own.flatMap((mutant) => mutant.specs));
      const only =
        kind === 'unit' ? undefined : [...new Set(own.map((mutant) => mutant.only ?? ''))].join('|');
      const { tests, broken, why } = await lanes[i].jest(kind, [...specs], only);
      tally.expect(broken === 0, () => `specs fail on sources that are whole: ${why.slice(0, 2000)}`);
      return tests;
    }),
  );
  return chosen.filter(({ what, specs, only = '' }) => {
    const named = asked
      .flat()
      .filter(({ file, fullName }) => specs.includes(file) && new RegExp(only).test(fullName));
    if (named.some(({ status }) => status === 'passed')) return true;
    if (named.length === 0) tally.expect(false, `${what}: no test of ${specs} is named ${only}`);
    else tally.skip(`${what}: what should notice it is skipped on this machine (${specs})`);
    return false;
  });
};

const judge = ({ what, specs }, { failed, broken, why }, hangs, tally) => {
  const [first] = failed;
  if (hangs) {
    tally.expect(true);
    say(`${what}: found by ${specs.join(' ')}, which ends without it only`);
    return;
  }
  if (
    tally.expect(
      first !== undefined,
      () => `${what}: ${broken > 0 ? `no test, ${why.slice(0, 1000)}` : 'no test notices'}`,
    )
  )
    say(`${what}: found by "${first.fullName}" in ${first.file}`);
};

/** What failed must have failed by its mutant: with the sources whole again, nothing fails. */
const checkWhole = async (lane, tried, tally) => {
  const specs = new Set(tried.filter(({ kind }) => kind === 'unit').flatMap((mutant) => mutant.specs));
  if (specs.size === 0) return;
  const { broken, why } = await lane.jest('unit', [...specs]);
  tally.expect(broken === 0, () => `specs fail though all mutants are taken back: ${why.slice(0, 2000)}`);
};

export const mutationLoop = async ({ share, next, tally }) => {
  const before = tally.failed;
  for (const fault of faultsOfTable()) tally.expect(false, fault);
  if (tally.failed > before) return;
  const named = new RegExp(process.env.MUTANTS ?? '');
  const asked = mutants.filter(({ kind, what }) => named.test(`${kind}: ${what}`));
  const chosen = share >= 1 ? asked : shuffled(asked, next).slice(0, Math.ceil(asked.length * share));
  const lanes = [new Lane(), new Lane()];
  try {
    const left = (await checkSpecs(lanes, chosen, tally))[Symbol.iterator]();
    await Promise.all(
      lanes.map(async (lane) => {
        const tried = [];
        for (const mutant of left) {
          const answer = await lane.try(mutant);
          judge(mutant, answer, await lane.hangs(mutant, answer), tally);
          tried.push(mutant);
        }
        await checkWhole(lane, tried.slice(-5), tally);
      }),
    );
  } finally {
    for (const lane of lanes) await lane.remove();
  }
  const missed = tally.failed - before;
  say(
    `${chosen.length} of ${mutants.length} mutants: ${missed === 0 ? 'each found by a test' : `${missed} faults`}`,
  );
};
