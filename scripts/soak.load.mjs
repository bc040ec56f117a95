// What the soak needs beside the plane: repeatable chance, a target repository, and whom to kill.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** mulberry32: small, and the same everywhere. */
export const random = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A small repository below a folder that the plane may read. */
export const makeTarget = (folder) => {
  const target = join(folder, 'target');
  mkdirSync(target, { recursive: true });
  const git = (...args) =>
    execFileSync('git', ['-C', target, '-c', 'user.name=Soak', '-c', 'user.email=soak@localhost', ...args]);
  git('init', '-q', '-b', 'main');
  writeFileSync(join(target, 'README.md'), 'A target of the soak.\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'Begin');
  return target;
};

const postmaster = (dataDir) => {
  try {
    const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    return pid > 1 ? { name: 'postgres', pid } : undefined;
  } catch {
    return undefined;
  }
};

/** One living process of the plane by chance, Postgres among them. */
export const pickVictim = async ({ GATEHOUSE_DATA_DIR: dataDir }, next) => {
  const status = JSON.parse(readFileSync(join(dataDir, 'status.json'), 'utf8'));
  const parts = status.processes
    .filter(({ name, process }) => name !== 'postgres' && process !== null)
    .map(({ name, process }) => ({ name, pid: process.pid }));
  const known = status.processes.find(({ name }) => name === 'postgres')?.process;
  const database = known ? { name: 'postgres', pid: known.pid } : postmaster(dataDir);
  const all = database ? [...parts, database] : parts;
  const chosen = all[Math.floor(next() * all.length)];
  try {
    if (chosen) process.kill(chosen.pid, 0);
    return chosen;
  } catch {
    return undefined;
  }
};
