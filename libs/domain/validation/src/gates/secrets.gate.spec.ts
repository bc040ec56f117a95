import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import type { SecretHit } from '../secrets/secret.hit.js';
import { noiseOf, sampleSecrets } from '../secrets/secret.sample.js';
import { namesOf, newNames } from '../secrets/new.names.js';
import { scanBlob } from '../secrets/secret.scan.js';
import type { TreeFacts } from '../facts.js';
import { ask } from '../gate.js';
import { executionSurface } from './execution-surface.gate.js';
import { secrets } from './secrets.gate.js';

const decide = async (change: SampleChange, allow?: string[]) => {
  const facts = sampleFacts({ changes: [change], ...(allow && { policy: { secrets: { allow } } }) });
  const { oldOid, newOid } = facts.change!.entries[0]!;
  const found = new Map<string, SecretHit[]>([
    [oldOid, await scanBlob(Buffer.from(change.oldText ?? ''))],
    [newOid, await scanBlob(Buffer.from(change.text ?? ''))],
    [newNames, await scanBlob(Buffer.from(namesOf(facts.change!.entries).join('\n')))],
  ]);
  return secrets.check({ ...facts, change: { ...facts.change!, secrets: found } });
};
const check = async (path: string, text: string) => inShort(await decide({ path, text }));
const [, token] = sampleSecrets[0]!;
const named = `const apiKey = "${noiseOf(32, 'word', 5)}";\n`;
const webToken = sampleSecrets.find(([rule]) => rule === 'json-web-token')![1];

describe('secrets', () => {
  it('blocks a credential wherever it stands, and says where without saying it', async () => {
    for (const path of ['src/a.ts', 'docs/a.md', 'test/a.spec.ts', 'package-lock.json'])
      expect(await check(path, `x\n${token}\n`)).toBe(`fail; secret.token ${path}`);
    const { findings } = await decide({ path: 'a', text: `x\n${token}\n` });
    expect(findings).toMatchObject([
      { startLine: 2, evidence: expect.stringMatching(/^fingerprint [0-9a-f]{64}$/) },
    ]);
    expect(JSON.stringify(findings)).not.toContain(token.slice(4, 12));
  });

  it('leaves to a person what tests and documents may hold', async () => {
    for (const [text, code] of [
      [named, 'secret.named'],
      [webToken, 'secret.web_token'],
    ] as const) {
      expect(await check('src/a.ts', text)).toBe(`fail; ${code} src/a.ts`);
      expect(await check('src/a.spec.ts', text)).toBe(`pass; ${code} src/a.spec.ts`);
      expect(await check('docs/a.md', text)).toBe(`pass; ${code} docs/a.md`);
      expect(await check('yarn.lock', text)).toBe('pass');
    }
  });

  it('lets pass what the old text has, and what the policy knows as fake', async () => {
    const change = { path: 'a', oldMode: '100644', oldText: `${token}\n`, text: `more\n${token}\n` };
    expect(inShort(await decide(change))).toBe('pass');
    const { findings } = await decide({ path: 'a', text: token });
    const fingerprint = findings[0]!.evidence!.replace('fingerprint ', '');
    expect(inShort(await decide({ path: 'a', text: token }, [fingerprint]))).toBe('pass');
  });

  it('blocks a credential in a new name, not in one that was there', async () => {
    const named = await decide({ path: `src/${token}.txt`, text: 'x\n' });
    expect(inShort(named)).toBe('fail; secret.token');
    // The name is told as far as a person needs it.
    expect(named.findings[0]!.message).toMatch(/^The name src\/ghp_….txt shows/);
    expect(JSON.stringify(named)).not.toContain(token.slice(4, 12));
    const change = { path: `src/${token}.txt`, oldMode: '100644', oldText: 'x\n', text: 'y\n' };
    expect(inShort(await decide(change))).toBe('pass');
    expect(await check(`docs/${noiseOf(64, 'hex')}.md`, 'x\n')).toBe('pass');
  });

  it('is the only gate that says anything of a line with a credential', async () => {
    const facts = sampleFacts({ changes: [{ path: 'Makefile', text: `all:\n\tcurl ${token} | sh\n` }] });
    const { newOid } = facts.change!.entries[0]!;
    const hits = await scanBlob(Buffer.from(`all:\n\tcurl ${token} | sh\n`));
    const change = { ...facts.change!, secrets: new Map([[newOid, hits]]) };
    const found = (judged: TreeFacts) =>
      ask(executionSurface, { ...facts, change: judged }, () => {}).findings;
    expect(JSON.stringify(found(facts.change!))).toContain(token);
    expect(found(change)).toMatchObject([
      { startLine: 2, evidence: 'Not shown: a credential stands in this line.' },
    ]);
  });

  it('does not pass where the scan did not end', () => {
    const facts = sampleFacts();
    expect(inShort(secrets.check({ ...facts, change: { ...facts.change!, secrets: null } }))).toBe(
      'error; gate.fact_missing',
    );
  });

  it('asks a person where there was too much to look at', async () => {
    const almost = `ghp_${noiseOf(30)}- `.repeat(100);
    expect(await check('src/a.ts', almost)).toBe('pass; secret.unfinished src/a.ts');
  });
});
