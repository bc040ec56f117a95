import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { defaultSandboxImage, type Job } from '@gatehouse/contracts';
import { scripted } from '../src/job.specs.js';
import { sandboxes } from '../src/machine.js';
import { untilPhase, type Plane } from '../src/plane.js';

const name = defaultSandboxImage(process.versions.node).split(':')[1] ?? '';

export const validationImage = (started: () => Plane): void => {
  let plane: Plane;
  beforeAll(async () => {
    plane = started();
    await plane.repository('imaged', { 'README.md': 'A target.\n' });
  });

  const submit = (image: string, kinds: ('docker_sandbox' | 'process_sandbox')[]): Promise<Job> =>
    plane.admin.call('jobs.create', {
      body: scripted('imaged', 'imaged', 'echo more >> README.md', {
        requires: { kinds },
        validation: { image, commands: [{ name: 'tests', run: 'test -s README.md', timeout: '5m' }] },
      }),
      idempotencyKey: randomUUID(),
    });

  it('has to be one that is allowed; the refusal lists those', async () => {
    await expect(submit('node-9', ['process_sandbox'])).rejects.toMatchObject({
      status: 422,
      code: 'request.invalid',
      message: expect.stringContaining(name),
    });
  });

  it.each(sandboxes())('is in the ledger with what the verdict is bound to, in %s', async (kind) => {
    const job = await submit(name, [kind]);
    expect(await untilPhase(plane.admin, job.id, 'promoted')).toMatchObject({ phase: 'promoted' });
    const { items: events } = await plane.admin.call('sessions.events', {
      params: { id: job.sessionId },
      query: { limit: 200 },
    });
    const image = kind === 'docker_sandbox' ? expect.stringMatching(/^sha256:[0-9a-f]{64}$/) : null;
    const started = events.filter(
      ({ type, payload }) => type === 'attempt.state_changed' && payload?.['to'] === 'running',
    );
    expect(started.map(({ payload }) => payload)).toMatchObject([
      { purpose: 'agent', image, sandbox: expect.any(String) },
      { purpose: 'validate', image, sandbox: expect.any(String) },
    ]);
    expect(events.find(({ type }) => type === 'verdict.decided')?.payload).toMatchObject({
      outcome: 'pass',
      image,
      commandDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
};
