import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, type Origin } from '../testing/bench.fixture.js';
import { withBait } from './agent.bait.js';

const bench = new Bench();
const canary = { accessKeyId: 'AKIA0', secretAccessKey: 'bait' };
let origin: Origin;

beforeAll(async () => {
  await bench.open();
  origin = bench.origin({ 'README.md': 'one\n' });
});
afterAll(() => bench.close());

describe('the bait of an agent', () => {
  it('lies in its home, for itself alone, and stands in no variable, argument or input', async () => {
    const script =
      'cat; stat -c %a ~/.aws/credentials; cat ~/.aws/credentials; { env; tr "\\0" " " < /proc/$$/cmdline; } | grep -c AKIA || true';
    const done = await bench.agent(origin, script, { canary });
    expect(done).toMatchObject({ outcome: 'noop' });
    // The script names what it looks for, once.
    expect(done.lease.output.stdout.bytes.toString()).toBe(
      '600\n[default]\naws_access_key_id = AKIA0\naws_secret_access_key = bait\n1\n',
    );
  });

  it('is no part of the harvest, whatever the agent calls its home', async () => {
    const agent = {
      adapter: 'command' as const,
      command: ['/bin/sh', '-c', 'ls -A ~ > seen'],
      env: { HOME: '/workspace' },
    };
    const done = await bench.agent(origin, '', { canary, agent });
    expect(done).toMatchObject({ outcome: 'succeeded', result: { kind: 'patch' } });
    if (done.outcome !== 'succeeded' || done.result.kind !== 'patch') throw new Error('no patch');
    const patch = bench.plane.artifacts.get(done.result.patch)?.toString() ?? '';
    expect(patch).toContain('+README.md');
    expect(patch).not.toMatch(/\.aws|AKIA/);
  });

  it('is not laid out where a plane sends none, nor where the home is the workspace', () => {
    const argv = ['true'];
    expect(withBait({}, { mode: 'uid' }, argv)).toEqual({ argv });
    expect(withBait({ canary }, { mode: 'unisolated' }, argv)).toEqual({ argv });
    expect(withBait({ canary }, { mode: 'docker' }, argv).argv.join(' ')).not.toContain('AKIA0');
  });

  it('changes nothing about how a command ends', async () => {
    expect(await bench.agent(origin, 'exit 7', { canary })).toMatchObject({ report: { exitCode: 7 } });
    const agent = { adapter: 'command' as const, command: ['no-such-program'] };
    expect(await bench.agent(origin, '', { canary, agent })).toMatchObject({ report: { exitCode: 127 } });
  });
});
