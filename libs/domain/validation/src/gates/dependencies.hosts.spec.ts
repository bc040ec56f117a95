import { describe, expect, it } from '@jest/globals';
import { base, codes, edit, entry, lock, lockEdit, tgz } from './dependencies.fixture.js';

describe('dependencies: hosts', () => {
  it('knows the hosts of its base, and asks once for a host where the base has none', () => {
    const moved = entry('lodash', '1.0.0', { resolved: tgz('lodash', '1.0.0', 'mirror.example') });
    const mirrored = entry('react', '1.0.0', { resolved: tgz('react', '1.0.0', 'mirror.example') });
    expect(codes([lockEdit([base, mirrored], [moved, mirrored])])).toEqual(['pass', 'url_changed']);
    const first = { path: 'package-lock.json', text: lock(base, entry('react'), moved) };
    expect(codes([first])).toEqual(['pass', 'new', 'new_host', 'new_host']);
    // A base from which no address is told has none: such entries come from the registry.
    const bare: [string, object] = ['node_modules/a', { version: '1.0.0', integrity: 'sha512-A' }];
    expect(codes([lockEdit([bare], [bare, base])])).toEqual(['pass', 'new', 'new_host']);
  });

  it('learns hosts from all changed files of the ecosystem, but not from fixtures nor from others', () => {
    const first = { path: 'app/package-lock.json', text: lock(entry('x', '1.0.0')) };
    expect(codes([first, edit('package-lock.json', lock(base), lock())])).toEqual(['pass', 'new']);
    const evil = entry('x', '1.0.0', { resolved: tgz('x', '1.0.0', 'evil.example') });
    const added = lockEdit([base], [base, evil]);
    const kept = edit('fixtures/package-lock.json', lock(evil), lock());
    const python = edit('requirements.txt', '-i https://evil.example/simple\n', 'a\n');
    expect(codes([added, kept, python])).toEqual(['fail', 'registry', 'version', 'new']);
  });

  it('obeys the registries and names of the policy', () => {
    const own = entry('x', '1.0.0', { resolved: tgz('x', '1.0.0', 'npm.corp.example:8443') });
    const policy = { dependencies: { registries: ['npm.corp.example:8443'], names: ['lodash', '@corp/**'] } };
    expect(codes([lockEdit([base], [base, own])], policy)).toEqual(['pass', 'new', 'unknown']);
    const lone = { path: 'package-lock.json', text: lock(entry('@corp/a')) };
    expect(codes([lone], policy)).toEqual(['fail', 'registry', 'new']);
    expect(codes([lone])).toEqual(['pass', 'new', 'new_host']);
    expect(codes([lockEdit([base], [base, entry('@corp/a')])], policy)).toEqual(['pass', 'new']);
    const none = { dependencies: { registries: [] } };
    expect(codes([lone], none)).toEqual(['fail', 'registry', 'new']);
    expect(codes([lockEdit([base], [base, entry('left-pad')])], none)).toEqual(['pass', 'new']);
  });
});
