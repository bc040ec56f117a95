// Row 14: how long the event loop stands still for each process that is started, in a process with a large heap:
// fork copies its page tables. All that the loop does counts, reading what the command says included.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Spawner } from '../../libs/infra/git/dist/index.js';
import { atMost, judge } from './figures.mjs';

const heapBytes = 800 * 2 ** 20;
const perSlice = 40;
const direct = promisify(execFile);

/** Many small things, as a heap has them, and not one large buffer beside it. */
const fill = (bytes) => {
  const kept = [];
  while (process.memoryUsage().heapUsed < bytes)
    for (let i = 0; i < 20_000; i += 1) kept.push({ id: i, name: `entry ${i}`, list: [i, i + 1, i + 2] });
  return kept;
};

/** Milliseconds in which the loop did not wait, for each of so many runs one after the other. */
const slice = async (run) => {
  const before = performance.eventLoopUtilization();
  for (let i = 0; i < perSlice; i += 1) await run();
  return performance.eventLoopUtilization(before).active / perSlice;
};

/** Only the call itself, until it has returned and others could run again. */
const calls = async (run) => {
  const waits = [];
  for (let i = 0; i < perSlice; i += 1) {
    const began = performance.now();
    const done = run();
    waits.push(performance.now() - began);
    await done;
  }
  return waits.sort((a, b) => a - b)[perSlice / 2];
};

export const measure = async ({ rounds, say, atEnd }) => {
  // Forked first, as at the boot of a process of the plane.
  const spawner = new Spawner();
  spawner.start();
  atEnd(() => spawner.close());
  const command = {
    file: '/bin/true',
    args: [],
    cwd: '/',
    env: {},
    timeoutMs: 10_000,
    maxOutputBytes: 1 << 20,
  };
  const through = async () => {
    const { ended, code } = await spawner.run(command);
    if (ended !== 'exit' || code !== 0) throw new Error(`/bin/true: ${ended} ${code}`);
  };
  const directly = () => direct('/bin/true', [], { env: {} });
  say('filling the heap with 800 MB');
  const kept = fill(heapBytes);
  await slice(through);
  await slice(directly);
  const seen = { ours: [], floor: [], ourCalls: [], floorCalls: [] };
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    seen.floor.push(await slice(directly));
    seen.ours.push(await slice(through));
    seen.floorCalls.push(await calls(directly));
    seen.ourCalls.push(await calls(through));
  }
  const floorName = 'ms by execFile';
  return {
    counters: [{ path: 'block of the event loop', name: 'objects kept in the heap', ours: kept.length }],
    paths: [
      judge({
        path: 'all that the event loop does for one process',
        unit: 'ms',
        ours: seen.ours,
        target: atMost(0.2),
      }),
      judge({ path: 'the same', unit: 'ms', ours: seen.ours, floor: seen.floor, floorName }),
      judge({ path: 'the call alone', unit: 'ms', ours: seen.ourCalls, floor: seen.floorCalls, floorName }),
    ],
  };
};
