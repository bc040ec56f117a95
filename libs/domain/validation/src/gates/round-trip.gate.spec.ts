import { describe, expect, it } from '@jest/globals';
import type { ContextFacts, RoundTripFacts } from '../facts.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import type { AcceptedPatch, PatchFile } from '../patch/parsed.js';
import { roundTrip } from './round-trip.gate.js';

const facts = sampleFacts({
  changes: [
    { path: 'a', oldMode: '100644' },
    { path: 'new' },
    { path: 'old', oldMode: '100644', newMode: '000000' },
    { path: 'type', oldMode: '100644', newMode: '120000' },
  ],
});
const check = (change: Partial<ContextFacts>) => inShort(roundTrip.check({ ...facts, ...change }));
const patch = facts.patch as AcceptedPatch;
const files = (edit: (file: PatchFile) => PatchFile | null) =>
  check({ patch: { ...patch, files: patch.files.map(edit).filter((file) => file !== null) } });
const trip = (change: Partial<RoundTripFacts>) =>
  check({ roundTrip: { ...(facts.roundTrip as RoundTripFacts), ...change } });
const other = '9'.repeat(40);

describe('round-trip', () => {
  it('passes where patch and trees say the same, type changes too', () => expect(check({})).toBe('pass'));

  it('passes a patch that was handed in without a tree', () =>
    expect(trip({ declaredTree: null })).toBe('pass'));

  it('passes a change of nothing but the mode, which names no ids', () => {
    const mode = sampleFacts({ changes: [{ path: 'a', oldMode: '100644', newMode: '100755' }] });
    const [entry] = mode.change!.entries;
    const change = { ...mode.change!, entries: [{ ...entry!, newOid: entry!.oldOid }] };
    const file = { ...(mode.patch as AcceptedPatch).files[0]!, oldOid: null, newOid: null };
    const parsed = { ...(mode.patch as AcceptedPatch), files: [file] };
    expect(inShort(roundTrip.check({ ...mode, change, patch: parsed }))).toBe('pass');
    expect(inShort(roundTrip.check({ ...mode, patch: parsed }))).toBe('fail; patch.other_result a');
  });

  it('blocks what git cannot apply, with what git said', () => {
    const decision = roundTrip.check({
      ...facts,
      roundTrip: { code: 'patch.does_not_apply', refused: 'error: a: patch does not apply' },
    });
    expect(inShort(decision)).toBe('fail; patch.does_not_apply');
    expect(decision.findings[0]?.evidence).toBe('error: a: patch does not apply');
  });

  it('blocks a change that the patch does not name', () => {
    expect(files((file) => (file.path === 'new' ? null : file))).toBe('fail; patch.unnamed_change new');
  });

  it('blocks a name without an effect', () => {
    const ghost = { ...patch.files[0]!, path: 'ghost' as PatchFile['path'] };
    expect(check({ patch: { ...patch, files: [...patch.files, ghost] } })).toBe(
      'fail; patch.no_effect ghost',
    );
  });

  it.each<[string, string, Partial<PatchFile>]>([
    ['another version of the file', 'patch.other_base a', { oldOid: other }],
    ['another content', 'patch.other_result a', { newOid: other }],
    ['another mode', 'patch.other_result a', { newMode: '100755' }],
    ['another old mode', 'patch.other_result a', { oldMode: '100755' }],
  ])('blocks %s', (_, found, edit) => {
    expect(files((file) => (file.path === 'a' ? { ...file, ...edit } : file))).toBe(`fail; ${found}`);
  });

  it.each<[string, string]>([
    ['patch.tree_mismatch', trip({ declaredTree: other })],
    ['patch.round_trip', trip({ regeneratedTree: other })],
    ['patch.tree_differs', check({ change: { ...facts.change!, tree: other } })],
    ['base.tree_differs', check({ base: { ...facts.base!, tree: other } })],
  ])('blocks with %s', (code, found) => expect(found).toBe(`fail; ${code}`));
});
