import { ForgeEventName, idPrefixes, type DeliveryOutcome, type DeliveryState } from '@gatehouse/contracts';
import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Cli, Noun } from '../cli.js';
import { readInput } from '../document.file.js';
import { CliFault } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf, fieldLines } from '../table.print.js';

interface WebhookListOptions extends ListOptions {
  readonly state?: DeliveryState;
  readonly event?: string;
}

interface ReplayOptions {
  readonly event?: string;
  readonly dryRun?: true;
}

const states: DeliveryState[] = ['received', 'handled', 'ignored', 'failed'];
const deliveryId = new RegExp(`^${idPrefixes.webhookDelivery}_[0-9A-Z]{26}$`);

const outcomeFields = (outcome: DeliveryOutcome | null) =>
  [
    ['outcome', outcome?.what],
    ['reason', outcome?.reason],
    ['job', outcome?.jobId],
    ['session', outcome?.sessionId],
    ['promotion', outcome?.promotionId],
    ['trigger', outcome?.triggerId],
    ['principal', outcome?.principal],
  ] as const;

/** A payload as the forge sends it, or one with its event beside it. */
const readPayload = async (cli: Cli, path: string, event: string | undefined) => {
  const text = Buffer.from(await readInput(cli.io, path)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CliFault('usage', `${path} is not JSON`, 'give the body of a delivery', { cause });
  }
  const whole = Object(value) as { event?: unknown; payload?: unknown };
  const isPair = typeof whole.event === 'string' && typeof whole.payload === 'object';
  const named = ForgeEventName.safeParse(event ?? (isPair ? whole.event : undefined));
  if (!named.success)
    throw new CliFault('usage', 'the event is not known', 'name it, e.g. --event issue_comment');
  const payload = isPair ? whole.payload : value;
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload))
    throw new CliFault('usage', `${path} holds no JSON object`, 'give the body of a delivery');
  return { event: named.data, payload: payload as Record<string, unknown> };
};

export const webhookVerbs: Noun = (program, verb) => {
  const webhook = program.command('webhook').description('What forges have sent, and what came of it');

  withLimit(
    verb<WebhookListOptions>(webhook, 'list', 'List deliveries, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const query = { limit: page, state: o.state, event: o.event };
      const items = await collect((await cli.client()).pages('webhookDeliveries.list', { query }, { max }));
      cli.out.table(
        items,
        [
          { title: 'delivery', of: ({ id }) => id },
          { title: 'event', of: ({ event, action }) => (action === null ? event : `${event} ${action}`) },
          { title: 'repository', of: ({ repository }) => repository },
          { title: 'state', of: ({ state }) => state },
          { title: 'age', of: ({ receivedAt }) => ageOf(receivedAt, cli.io.now()) },
          { title: 'why', of: ({ outcome }) => outcome?.reason },
        ],
        'No deliveries.',
      );
    }),
  )
    .addOption(new Option('--state <state>', 'only in this state').choices(states))
    .option('--event <event>', 'only of this event');

  verb<{ readonly payload?: true }>(
    webhook,
    'show <delivery>',
    'Show one delivery',
    async (cli, [id], { payload }) => {
      const client = await cli.client();
      const params = { id: String(id) };
      if (payload) {
        const body = await client.call('webhookDeliveries.payload', { params });
        if (cli.out.asJson) return cli.out.result(body, () => []);
        cli.out.bytes(Buffer.from(body.text));
        if (body.cut) cli.out.progress('It is longer; this was its first MiB.');
        return;
      }
      const found = await client.call('webhookDeliveries.get', { params });
      cli.out.result(found, () =>
        fieldLines([
          ['delivery', found.id],
          ['of the forge', found.deliveryId],
          ['event', found.event],
          ['action', found.action],
          ['repository', found.repository],
          ['bytes', found.bytes],
          ['state', found.state],
          ...outcomeFields(found.outcome),
          ['received', found.receivedAt],
          ['handled', found.handledAt],
        ]),
      );
    },
  ).option('--payload', 'its body as it came, up to the first MiB');

  verb<ReplayOptions>(
    webhook,
    'replay <what>',
    'Handle a stored delivery (whd_…) once more, or a payload in a file, - for standard input',
    async (cli, [what], { event, dryRun }) => {
      const client = await cli.client();
      if (deliveryId.test(String(what))) {
        if (dryRun || event !== undefined)
          throw new CliFault(
            'usage',
            'a stored delivery is handled as it is',
            'leave --event and --dry-run out',
          );
        const again = await client.call('webhookDeliveries.replay', { params: { id: String(what) } });
        return cli.out.result(again, () => [
          `${again.id} is ${again.state}: gatehouse webhook show ${again.id}`,
        ]);
      }
      const body = await readPayload(cli, String(what), event);
      if (dryRun) {
        const would = await client.call('webhooks.dryRun', { body });
        return cli.out.result(would, () => [
          ...fieldLines([
            ['event', would.action === null ? would.event : `${would.event} ${would.action}`],
            ['repository', would.repository],
            ['would be', would.state],
            ...outcomeFields(would.outcome),
          ]),
          ...(would.reply === null ? [] : ['', 'It would answer:', ...would.reply.split('\n')]),
        ]);
      }
      const given = await client.call('webhookDeliveries.create', { body, idempotencyKey: randomUUID() });
      cli.out.result(given, () => [
        `${given.delivery} is received: gatehouse webhook show ${given.delivery}`,
      ]);
    },
  )
    .option('--event <event>', 'what the forge calls it, e.g. issue_comment')
    .option('--dry-run', 'only say what it would do now; changes nothing');
};
