import { describe, expect, it } from '@jest/globals';
import { containerSpec } from './docker.container.js';
import { demultiplex } from './docker.stream.js';

const frame = (type: 1 | 2, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = type;
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

const read = async (parts: Buffer[]): Promise<Record<string, string>> => {
  const seen = { stdout: '', stderr: '' };
  async function* source() {
    yield* parts;
  }
  for await (const { name, chunk } of demultiplex(source())) seen[name] += chunk.toString();
  return seen;
};

describe('demultiplex', () => {
  const whole = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'errors'), frame(1, 'put')]);

  it.each([1, 2, 3, 7, 8, 9, 1000])('reads frames that arrive in pieces of %d bytes', async (size) => {
    const parts = [];
    for (let i = 0; i < whole.length; i += size) parts.push(whole.subarray(i, i + size));
    expect(await read(parts)).toEqual({ stdout: 'output', stderr: 'errors' });
  });
});

describe('containerSpec', () => {
  const run = {
    leaseId: 'lse_1',
    argv: ['true'],
    workspace: '/w',
    workspaceReadOnly: true,
    env: {},
    network: 'none' as const,
    onOutput: () => {},
    limits: { wallMs: 1, memoryBytes: 1 << 28, cpus: 0.5, pids: 32, tmpfsBytes: 1 << 20, outputBytes: 1 },
  };

  it('has every wall', () => {
    const spec = containerSpec(run, 'image', { uid: 1234, gid: 1234 }, [], '/state');
    expect(spec.HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: 'none',
      Memory: 1 << 28,
      MemorySwap: 1 << 28,
      NanoCpus: 5e8,
      PidsLimit: 34,
      Init: true,
    });
    expect(spec.HostConfig).not.toHaveProperty('Privileged');
    expect(spec.HostConfig?.Mounts).toEqual([
      {
        Type: 'bind',
        Source: '/w',
        Target: '/workspace',
        ReadOnly: true,
        BindOptions: { Propagation: 'rprivate' },
      },
    ]);
    expect(spec.HostConfig?.Tmpfs?.['/tmp']).toMatch(/nosuid,nodev,size=1048576,nr_inodes=1024/);
    expect(spec.Labels).toMatchObject({ 'gatehouse.lease': 'lse_1' });
    expect(spec.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});
