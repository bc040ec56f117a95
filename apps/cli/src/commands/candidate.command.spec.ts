import { createHash } from 'node:crypto';
import {
  sampleArtifact,
  sampleCandidate,
  sampleIds,
  sampleJob,
  sampleVerdict,
  type FakeHandler,
} from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

const patch = 'diff --git a/x b/x\n';
const digest = `sha256:${createHash('sha256').update(patch).digest('hex')}`;
const page =
  (...items: unknown[]): FakeHandler =>
  () => ({ items, next: null });

describe('candidate submit', () => {
  const args = ['candidate', 'submit', '--repo', 'acme/widgets', '--base', 'main', 'Fix It.patch'];
  const files = { 'Fix It.patch': patch };
  const handlers = {
    'artifacts.create': () => sampleArtifact({ id: digest }),
    'jobs.create': () => sampleJob(),
  };

  it('stores the patch and submits a job of adapter patch', async () => {
    const { code, stdout, requests } = await run(
      [...args, '--title', 'Fix it', '--level', 'branch', '--target', 'main'],
      { files, handlers },
    );
    expect([code, stdout]).toEqual([0, `${sampleIds.job}\n`]);
    expect(requests[0]?.body).toBe(patch);
    expect(requests[1]?.body).toEqual({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: 'fix-it' },
      spec: {
        repository: 'acme/widgets',
        base: 'main',
        goal: 'Fix it',
        agent: { adapter: 'patch', artifact: digest },
        promotion: { level: 'branch', target: 'main', title: 'Fix it' },
      },
    });
  });

  it('stops where other bytes were stored than were sent', async () => {
    const { code, requests } = await run(args, {
      files,
      handlers: { ...handlers, 'artifacts.create': () => sampleArtifact() },
    });
    expect([code, requests.length]).toEqual([7, 1]);
  });

  it.each([
    ['a bad base', [...args.slice(0, 5), '--upload-pack=x', 'Fix It.patch']],
    ['a bad level', [...args, '--level', 'merge']],
    ['a title of two lines', [...args, '--title', 'a\nb']],
    ['no repository', ['candidate', 'submit', '--base', 'main', 'Fix It.patch']],
    ['no such file', [...args.slice(0, -1), 'none.patch']],
  ])('refuses %s before anything is stored', async (_, given) => {
    const { code, requests } = await run(given, { files, handlers });
    expect([code, requests.length]).toEqual([2, 0]);
  });

  it('refuses an empty patch', async () => {
    expect((await run(args, { files: { 'Fix It.patch': '' }, handlers })).code).toBe(2);
  });
});

describe('candidate show', () => {
  it('says what to leave out of a refused change', async () => {
    const sentence = 'Leave out this file (.env), and the rest passes every check of the change itself.';
    const repair = { drop: ['.env'], others: 0, approvals: [], sentence };
    const verdict = sampleVerdict({ outcome: 'fail', repair });
    const { code, stdout } = await run(['candidate', 'show', sampleIds.candidate], {
      handlers: { 'candidates.get': () => sampleCandidate({ state: 'fail', verdict }) },
    });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^repair: +Leave out this file \(\.env\)/m)]);
  });
});

describe('candidate patch', () => {
  const text = '+\u001b[31mred\n';
  const id = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const handlers = {
    'candidates.list': page(sampleCandidate({ patch: id, verdict: null })),
    'candidates.get': () => sampleCandidate({ patch: id }),
    'artifacts.content': () => new Response(text),
  };

  it('is byte for byte in a pipe and harmless on a terminal', async () => {
    expect((await run(['candidate', 'patch', 'calm-otter'], { handlers })).stdout).toBe(text);
    expect((await run(['candidate', 'patch', sampleIds.candidate], { handlers, isTTY: true })).stdout).toBe(
      '+red\n',
    );
  });

  it.each([
    ['secrets', /looks like a credential/],
    ['allowed-paths', /^$/],
  ])('says beside the bytes what %s found in them', async (gate, says) => {
    const { gates, ...verdict } = sampleVerdict();
    const finding = { severity: 'block', code: 'a.b', path: 'a', message: 'Odd.', next: 'Look.' } as const;
    const found = { ...gates[0]!, gate, findings: [finding] };
    const judged = sampleCandidate({ patch: id, verdict: { ...verdict, gates: [found] } });
    const ran = await run(['candidate', 'patch', sampleIds.candidate], {
      handlers: { ...handlers, 'candidates.get': () => judged },
    });
    expect([ran.stdout, ran.stderr]).toEqual([text, expect.stringMatching(says)]);
  });

  it('goes into a new file only', async () => {
    const ran = await run(['candidate', 'patch', 'calm-otter', '-o', 'out.patch'], { handlers });
    expect(ran.written['out.patch']?.text).toBe(text);
    const again = await run(['candidate', 'patch', 'calm-otter', '-o', 'out.patch'], {
      handlers,
      files: { 'out.patch': '' },
    });
    expect([again.code, again.written]).toEqual([2, {}]);
  });

  it('is refused when the bytes are not those of the candidate', async () => {
    const { code, stdout } = await run(['candidate', 'patch', 'calm-otter'], {
      handlers: { ...handlers, 'artifacts.content': () => new Response('other') },
    });
    expect([code, stdout]).toEqual([7, '']);
  });

  it('is not found under an alias that nobody has', async () => {
    expect((await run(['candidate', 'show', 'no-such'], { handlers })).code).toBe(3);
  });
});
