import { generateSigningKey, publicKeyToPem, signProof } from '@gatehouse/proof';
import { predicateOf } from '@gatehouse/proof/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

const key = generateSigningKey();
const proof = signProof(predicateOf(), [key]);
const files = { 'proof.json': proof, 'keys.pem': publicKeyToPem(key) };
const lastLine = (text: string) => text.trim().split('\n').at(-1);

describe('verify with a proof alone', () => {
  it('needs no plane and no clone, and says what it did not look at', async () => {
    const { code, stdout, requests } = await run(['verify', 'proof.json', '--key', 'keys.pem'], { files });
    expect([code, requests]).toEqual([0, []]);
    expect(stdout).toContain('✓ signature: Signed by key');
    expect(lastLine(stdout)).toMatch(/^Proven, as far as the proof alone goes: .* --repository\.$/);
  });

  it('ends with 1 and names the fault where a byte is another one', async () => {
    const changed = Buffer.from(proof.toString().replace('"sig":"', '"sig":"A'));
    const { code, stdout } = await run(['verify', 'proof.json', '--key', 'keys.pem', '--json'], {
      files: { ...files, 'proof.json': changed },
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      proofs: [
        {
          ok: false,
          commit: null,
          isHeldAgainstClone: false,
          isHeldAgainstLog: false,
          fault: { check: 'signature' },
        },
      ],
    });
  });

  it('says to machines who asked and who approved', async () => {
    const { stdout } = await run(['verify', 'proof.json', '--key', 'keys.pem', '--json'], { files });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      proofs: [{ fault: null, requestedBy: { name: 'ada' }, approvedBy: [{ name: 'bob', kind: 'user' }] }],
    });
  });

  it.each([
    [['verify', 'proof.json'], '--key'],
    [['verify', 'proof.json', '--key', 'missing.pem'], 'missing.pem cannot be read'],
    [['verify', 'proof.json', '--key', 'proof.json'], 'holds no public key'],
    [['verify', 'proof.json', '--key', 'bad.pem'], 'not an Ed25519 key'],
    [['verify', '--key', 'keys.pem'], 'say which commit or file'],
    [['verify', 'proof.json', '--key', 'keys.pem', '--session', 'x'], 'are about the ledger'],
  ])('ends with 2 for %j', async (args, says) => {
    const bad = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n';
    const { code, stderr } = await run(args, { files: { ...files, 'bad.pem': bad } });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});
