import { describe, expect, it } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import type { Sandbox, SandboxKind } from '@gatehouse/sandbox';
import { pino } from 'pino';
import { SandboxOffer } from './sandbox.offer.js';

/** A machine on which kinds come and go. */
const machine = (...at: SandboxKind[]) => {
  const works = new Set<SandboxKind>(at);
  const tried: SandboxKind[] = [];
  const offer = new SandboxOffer({
    sandbox: {},
    everyMs: 5,
    log: pino({ level: 'silent' }),
    create: (kind) => {
      tried.push(kind);
      const mode = kind === 'docker_sandbox' ? 'docker' : 'uid';
      return works.has(kind)
        ? Promise.resolve({ kind, mode, detail: `${mode} works` } as Sandbox)
        : Promise.reject(new GatehouseError('sandbox.unavailable', `no ${kind}`));
    },
  });
  return { works, tried, offer, kinds: () => offer.offers.map(({ kind }) => kind) };
};

describe('what a worker offers', () => {
  it('is what works, in order of preference', async () => {
    const { offer, kinds } = machine('process_sandbox', 'docker_sandbox');
    expect(await offer.look()).toBe(true);
    expect(kinds()).toEqual(['docker_sandbox', 'process_sandbox']);
    expect(await offer.look()).toBe(false);
  });

  it('grows when a kind appears and shrinks when it goes', async () => {
    const { works, offer, kinds } = machine();
    await offer.look();
    expect(kinds()).toEqual([]);
    const { sandboxes } = offer;
    works.add('docker_sandbox').add('process_sandbox');
    expect(await offer.look()).toBe(true);
    expect([...sandboxes.keys()]).toEqual(['docker_sandbox', 'process_sandbox']);
    works.delete('docker_sandbox');
    expect(await offer.look()).toBe(true);
    expect(kinds()).toEqual(['process_sandbox']);
  });

  it('does not run a probe of a process sandbox that works at every look', async () => {
    const { offer, tried } = machine('process_sandbox');
    for (let i = 0; i < 10; i++) await offer.look();
    expect(tried.filter((kind) => kind === 'process_sandbox')).toHaveLength(1);
    await offer.look();
    expect(tried.filter((kind) => kind === 'process_sandbox')).toHaveLength(2);
  });

  it('is looked at while the worker runs, and at once where a run found it broken', async () => {
    const { works, offer, kinds } = machine('process_sandbox');
    await offer.look();
    works.add('docker_sandbox');
    await new Promise<void>((resolve) => {
      const end = offer.watch(() => {
        end();
        resolve();
      });
    });
    expect(kinds()).toEqual(['docker_sandbox', 'process_sandbox']);
    works.delete('process_sandbox');
    const withdrawn = new Promise<void>((resolve) => offer.watch(resolve));
    offer.suspect('process_sandbox');
    await withdrawn;
    expect(kinds()).toEqual(['docker_sandbox']);
    offer.watch(() => undefined)();
  });
});
