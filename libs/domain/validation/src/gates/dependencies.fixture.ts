import type { PolicyRules } from '@gatehouse/contracts';
import { sampleFacts, type SampleChange } from '../facts.sample.js';
import { dependencies } from './dependencies.gate.js';

export const check = (changes: SampleChange[], policy: PolicyRules = {}, existing: string[] = []) =>
  dependencies.check(sampleFacts({ changes, policy, existing }));
export const codes = (...args: Parameters<typeof check>): string[] => {
  const { answer, findings } = check(...args);
  return [answer, ...findings.map(({ code }) => code.replace('dependency.', ''))];
};
export const edit = (path: string, oldText: string, text: string): SampleChange => ({
  ...{ path, oldMode: '100644', oldText, text },
});

export const tgz = (name: string, version: string, host = 'npm.example'): string =>
  `https://${host}/${name}/-/${name.replace(/^.*\//, '')}-${version}.tgz`;
export const entry = (name: string, version = '1.0.0', more: object = {}): [string, object] => [
  `node_modules/${name}`,
  { version, resolved: tgz(name, version), integrity: 'sha512-AAAA', ...more },
];
export const lock = (...entries: [string, object][]): string =>
  JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries([['', {}], ...entries]) }, null, 1);
export const lockEdit = (before: [string, object][], after: [string, object][]): SampleChange =>
  edit('package-lock.json', lock(...before), lock(...after));
export const base: [string, object] = entry('lodash');
