// Row 6: 32 writers, each with a transaction for each event, and wake-ups for other processes after every commit,
// beside the same writes where nobody is woken.
import { atLeast, judge } from './figures.mjs';
import { eventOf, ledgerOn, streams } from './ledger.stage.mjs';
import { startPostgres } from './memory.disk.mjs';
import { openCounters } from './sql.counters.mjs';

const writers = 32;
const sliceMs = 1_500;
const counted = 1_280;

const writeOn = ({ changes }) => {
  const write = (i) =>
    changes.run((change) => {
      change.record(eventOf(streams[i]));
      return Promise.resolve();
    });
  const slice = async (ms) => {
    let writes = 0;
    const began = performance.now();
    const writer = async (i) => {
      for (; performance.now() < began + ms; writes += 1) await write(i);
    };
    await Promise.all(Array.from({ length: writers }, (_, i) => writer(i)));
    return writes / ((performance.now() - began) / 1000);
  };
  const some = async () => {
    const writer = async (i) => {
      for (let n = 0; n < counted / writers; n += 1) await write(i);
    };
    await Promise.all(Array.from({ length: writers }, (_, i) => writer(i)));
    return counted;
  };
  return { slice, some };
};

const onDisk = async (disk, { rounds, say, atEnd }) => {
  const postgres = await startPostgres(disk);
  atEnd(postgres.stop);
  const stage = async () => {
    const ledger = await ledgerOn(postgres);
    atEnd(ledger.close);
    return ledger;
  };
  const silent = await stage();
  silent.hub.notify = () => undefined;
  const ways = { ours: writeOn(await stage()), floor: writeOn(silent) };
  const seen = { ours: [], floor: [] };
  const counters = await openCounters(postgres.url);
  atEnd(counters.close);
  const cost = {};
  for (const [name, { slice, some }] of Object.entries(ways)) {
    await slice(500);
    cost[name] = await counters.count(some);
  }
  for (let round = 0; round < rounds; round += 1) {
    say(`disk ${disk}: round ${round + 1} of ${rounds}`);
    // Each goes first in every other round.
    for (const name of round % 2 === 0 ? ['ours', 'floor'] : ['floor', 'ours'])
      seen[name].push(await ways[name].slice(sliceMs));
  }
  const path = `${writers} writers`;
  return {
    counters: [
      ['statements', 'SQL statements'],
      ['commits', 'writing transactions'],
      ['wal', 'WAL bytes'],
    ].map(([key, name]) => ({
      path: `${path}, ${disk}`,
      name,
      ours: cost.ours[key],
      floor: cost.floor[key],
    })),
    paths: [
      judge({ path, disk, unit: 'writes/s', ...seen, floorName: 'without wake-ups', target: atLeast(0.95) }),
    ],
  };
};

export const measure = async (stage) => {
  const model = await onDisk('M', stage);
  const processor = await onDisk('C', stage);
  return {
    counters: [...model.counters, ...processor.counters],
    paths: [...model.paths, ...processor.paths],
  };
};
