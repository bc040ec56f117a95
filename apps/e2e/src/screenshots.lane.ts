import { randomUUID } from 'node:crypto';
import { PolicyDocument, type Lane } from '@gatehouse/contracts';
import { until } from './forge.js';
import { handIn } from './patch.js';
import type { Plane } from './plane.js';

const repository = 'mill';

// Stacks are held up where the others have to come first, and where a picture is to be taken.
const together = `set -eu
cd changes
count=$(ls | wc -l)
[ "$count" != 2 ] || sleep 60
if [ -e one-price ] && [ -e other-price ]; then
  echo 'prices.test: expected one price of a bolt, found two: 4.20 and 4.50'
  exit 1
fi
[ ! -e o-cat ] || [ "$count" = 1 ] || sleep 1200
`;

/** In the order in which they are asked for, and the file that each makes. */
const changes = [
  ['oil-the-axle', 'changes/c-axle'],
  ['count-the-sacks', 'changes/d-sacks'],
  ['ask-for-another-price-of-the-same-bolt', 'changes/other-price'],
  ['sweep-the-floor', 'changes/f-floor'],
  ['mend-the-sieve', 'changes/g-sieve'],
  ['grease-the-wheel', 'changes/h-grease'],
  ['a-change-with-a-name-of-the-greatest-length-that-is-sensible', 'changes/m-long'],
  ['sweep-the-same-floor', 'changes/f-floor'],
  ['feed-the-cat', 'changes/o-cat'],
  ['write-down-the-hours', 'docs/hours.md'],
  ['paint-the-door', 'changes/p-door'],
  ['hang-the-bell', 'changes/q-bell'],
] as const;

/** A speculative lane in the middle of a round: what is published, dropped, judged, waits, and waits for people. */
export const stageLane = async (plane: Plane): Promise<Readonly<Record<string, string>>> => {
  const { admin } = plane;
  await plane.repository(repository, {
    'README.md': 'A mill.\n',
    'changes/.keep': '',
    'together.sh': together,
  });
  await admin.call('policies.store', {
    body: PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: repository, layer: 'repository', repository },
      spec: {
        promotion: { speculativeWindow: 8 },
        rules: [
          {
            id: 'look-at-the-docs',
            effect: 'require_approval',
            actions: ['path.change'],
            resources: ['docs/**'],
          },
        ],
      },
    }),
    idempotencyKey: randomUUID(),
  });
  const client = await plane.as('miller', 'requester');
  const submit = (name: string, path: string) =>
    handIn(client, name, [path, name], {
      repository,
      validation: { commands: [{ name: 'prices', run: 'sh together.sh', timeout: '25m' }] },
      limits: { appRetries: 0, execution: '30m' },
      promotion: { level: 'branch', target: 'main' },
    });
  const untilLane = (what: string, holds: (lane: Lane) => boolean) =>
    until(
      what,
      async () => {
        const { items } = await admin.call('lanes.list', { query: { repository } });
        return items[0] !== undefined && holds(items[0]) ? items[0] : undefined;
      },
      180_000,
    );
  const newest = ({ speculation }: Lane) => speculation?.rounds[0];

  await submit('raise-the-price-of-a-bolt', 'changes/one-price');
  await untilLane('the first to be published', (lane) => newest(lane)?.state === 'passed');
  await submit('say-who-turns-the-wheel', 'changes/b-wheel');
  await untilLane('the second to be judged', (lane) => newest(lane)?.number === 2);
  for (const [name, path] of changes) await submit(name, path);
  await untilLane('the round that is held up', (lane) => {
    const { stack = [], rounds = [] } = lane.speculation ?? {};
    return rounds[0]?.state === 'judging' && stack.some(({ jobName }) => jobName === 'feed-the-cat');
  });
  return {
    lanes: `/lanes?repository=${repository}`,
    promotions: `/promotions?repository=${repository}`,
  };
};
