// make soak: loops that try to break a plane, each with a checker that takes nobody's word for it.
//   SHARE=0.1 for a tenth, SEED=n to repeat a run, LOOPS=kill,ledger,corpus,hostile,drift,lane,forge,policy,mutation for
//   some of them, KEEP=1 to keep the data, REPO=path for the history that the corpus loop replays, MUTANTS=words for the
//   mutants whose name matches them (^int: for those that specs on real services notice, ^unit: for the others).
import { corpusLoop } from './soak.corpus.mjs';
import { driftLoop } from './soak.drift.mjs';
import { forgeLoop } from './soak.forge.mjs';
import { hostileLoop } from './soak.hostile.mjs';
import { killLoop } from './soak.kill.mjs';
import { laneLoop } from './soak.lane.mjs';
import { ledgerLoop } from './soak.ledger.mjs';
import { mutationLoop } from './soak.mutation.mjs';
import { policyLoop } from './soak.policy.mjs';
import { SoakPlane } from './soak.plane.mjs';
import { random, Tally } from './soak.tally.mjs';
import { say, stop } from './step.mjs';

const share = Number(process.env.SHARE || 1);
const seed = Number(process.env.SEED || Math.floor(Math.random() * 2 ** 31));
if (!(share > 0 && share <= 10) || !Number.isInteger(seed))
  stop('SHARE is a number up to 10, SEED a whole number.');
const loops = (process.env.LOOPS || 'kill,ledger,corpus,hostile,drift,lane,forge,policy,mutation').split(',');
const tally = new Tally();

/** One loop on a plane of its own, which is removed unless something was found. */
const onPlane = async (name, title, run) => {
  say(`\n${title}`);
  const before = tally.failed;
  const began = Date.now();
  const plane = new SoakPlane({ seed, name, apps: process.env.SOAK_APPS });
  try {
    await run({ plane, share, seed, tally, next: random(seed) });
  } catch (error) {
    tally.expect(false, `the loop broke off: ${error instanceof Error ? error.stack : error}`);
  } finally {
    const trouble = await plane.stop();
    if (trouble !== undefined) tally.expect(false, `the plane did not stop: ${trouble}`);
  }
  if (tally.failed === before && !process.env.KEEP) plane.remove();
  else say(`Data and logs are kept in ${plane.folder}`);
  say(`${name} loop: ${((Date.now() - began) / 1000).toFixed(0)} s`);
};

say(`SHARE=${share} SEED=${seed} (the same seed kills the same parts after the same pauses)`);
if (loops.includes('kill'))
  await onPlane('kill', 'Kill loop: kill -9 of every part under a stream of jobs', async (tools) => {
    await killLoop({ ...tools, keepRunning: loops.includes('ledger') });
    if (loops.includes('ledger')) await ledgerLoop(tools);
  });
if (loops.includes('corpus'))
  await onPlane(
    'corpus',
    'Corpus loop: real commits, replayed by an agent and handed in as patches',
    corpusLoop,
  );
if (loops.includes('hostile'))
  await onPlane(
    'hostile',
    'Hostile loop: a corpus of patches, handed in under the default policy',
    hostileLoop,
  );
if (loops.includes('drift'))
  await onPlane('drift', 'Drift loop: jobs race a target that others move', driftLoop);
if (loops.includes('lane'))
  await onPlane('lane', 'Lane loop: twelve changes, two of them bad, in a speculative lane', laneLoop);

if (loops.includes('forge')) {
  say('\nForge loop: a promoter beside a stand-in for GitHub, killed and given no answer at every point');
  const began = Date.now();
  await forgeLoop({ share, tally });
  say(`forge loop: ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

if (loops.includes('policy')) {
  say('\nPolicy loop: decisions, answered by our index and by plain casbin');
  await policyLoop({ share, tally, next: random(seed) });
}

if (loops.includes('mutation')) {
  say(
    '\nMutation loop: gates, deny rule, merge and bindings taken away one by one, and the test that notices',
  );
  const began = Date.now();
  await mutationLoop({ share, tally, next: random(seed) });
  say(`mutation loop: ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

for (const fault of tally.faults) say(`FAULT: ${fault}`);
if (tally.failed > 0) say(`Repeat it with SEED=${seed} SHARE=${share} make soak`);
say(tally.line);
process.exit(tally.failed === 0 ? 0 : 1);
