import { fail, pass, warn, type Answer, type Check, type CheckContext } from '@gatehouse/health';
import { access, constants } from 'node:fs/promises';
import type { DoctorRepository, Offer, Outage } from './doctor.repository.js';

export interface ApiContext extends CheckContext {
  readonly rows: DoctorRepository;
  readonly mirrorsDir: string;
}

const said = (offers: readonly Offer[]): string =>
  offers.map(({ worker, mode, detail }) => `${worker}: ${mode}, ${detail}`).join('; ');

/** The same lines as on the command line; there this machine is tried, here the workers say what they have tried. */
export const judgeOffers = (kind: Offer['kind'], offers: readonly Offer[]): Answer => {
  const ofKind = offers.filter((offer) => offer.kind === kind);
  const open = offers.filter(({ mode }) => mode === 'unisolated');
  if (kind === 'process_sandbox' && open.length > 0)
    return fail(
      `AGENTS RUN WITHOUT ISOLATION, as GATEHOUSE_ALLOW_UNISOLATED=1 allows: ${said(open)}`,
      'apt-get install bubblewrap',
    );
  if (ofKind.length > 0) return pass(said(ofKind));
  return offers.length === 0
    ? fail(`no connected worker offers a sandbox: nothing runs`, 'gatehouse doctor')
    : warn(`no connected worker offers ${kind}`, 'gatehouse doctor');
};

const mirrors: Check<ApiContext> = {
  id: 'mirrors',
  title: 'Mirrors',
  run: ({ mirrorsDir }) =>
    access(mirrorsDir, constants.R_OK | constants.X_OK).then(
      () => pass('can be read'),
      () => fail('the folder of the mirrors cannot be read', 'gatehouse doctor'),
    ),
};

const isolation: Check<ApiContext> = {
  id: 'isolation',
  title: 'Process sandbox',
  run: async ({ rows }) => judgeOffers('process_sandbox', await rows.offers()),
};

const docker: Check<ApiContext> = {
  id: 'docker',
  title: 'Docker sandbox',
  run: async ({ rows }) => judgeOffers('docker_sandbox', await rows.offers()),
};

const workers: Check<ApiContext> = {
  id: 'workers',
  title: 'Workers',
  run: async ({ rows }) => {
    const { workersReady } = await rows.counts();
    return workersReady > 0
      ? pass(`${workersReady} ready`)
      : warn('no worker is ready, so nothing runs', 'make start');
  },
};

export const judgeTasks = (dead: number, open: number, outage?: Outage): Answer => {
  const away =
    outage &&
    `${outage.tasks} wait since ${outage.since.toISOString()} for others who do not answer, the next try is at ${outage.next.toISOString()}: ${outage.error}`;
  if (dead > 0)
    return warn([`${dead} dead`, away].filter(Boolean).join('; '), 'gatehouse task list --state dead');
  return away === undefined
    ? pass(`${open} open, none dead`)
    : warn(`none dead; ${away}`, 'gatehouse task list --state pending');
};

const tasks: Check<ApiContext> = {
  id: 'tasks',
  title: 'Tasks',
  run: async ({ rows }) => {
    const { tasksDead, tasksWaiting } = await rows.counts();
    return judgeTasks(tasksDead, tasksWaiting, await rows.outage());
  },
};

/** What the api knows beside what every process can see. */
export const planeChecks: readonly Check<ApiContext>[] = [mirrors, isolation, docker, workers, tasks];
