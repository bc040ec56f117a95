import { describe, expect, it } from '@jest/globals';
import { readPolicy } from './document.read.js';

const head = 'apiVersion: gatehouse.dev/v1\nkind: Policy\nmetadata: { name: a, layer: installation }\n';

describe('readPolicy', () => {
  it('takes YAML and JSON', () => {
    const read = readPolicy(`${head}spec: { limits: { files: 3 } }\n`);
    expect(read).toMatchObject({ ok: true, document: { spec: { limits: { files: 3 } } } });
    expect(readPolicy(JSON.stringify(read.ok && read.document))).toEqual(read);
  });

  it.each([
    ['', 'Paste a policy document first.'],
    [`${head}spec: { limits: { files: -1 } }`, 'spec.limits.files'],
    [`${head}spec: { colour: red }`, 'colour'],
    ['a: [', 'line'],
    [`${head}spec: { allowedPaths: &a [x], forbiddenPaths: *a }`, 'Alias'],
  ])('says what is wrong with %j', (text, fault) => {
    const read = readPolicy(text);
    expect(read.ok ? [] : read.faults.join('\n')).toContain(fault);
  });
});
