import { describe, expect, it } from '@jest/globals';
import type { EffectivePolicy } from '@gatehouse/contracts';
import { completePolicy, mergeLayers, type Layer } from './merge.js';

const layerOf = (layer: Layer['layer'], registries?: string[]): Layer => ({
  ...{ layer, name: layer },
  rules: registries === undefined ? {} : { dependencies: { registries } },
});
const merged = (...layers: Layer[]): EffectivePolicy => {
  const merge = mergeLayers(layers);
  if (!merge.ok) throw new Error(merge.message);
  return merge.policy;
};
const hostsOf = (installation?: string[], ...further: string[][]): readonly string[] | null =>
  merged(layerOf('installation', installation), ...further.map((one) => layerOf('job', one))).dependencies
    .registries;

describe('dependencies.registries', () => {
  it('is no list where nobody lists any, and an empty one where an installation says so', () => {
    expect(hostsOf()).toBeNull();
    expect(hostsOf([])).toEqual([]);
  });

  it('is what all layers that have a list have in common', () => {
    expect(hostsOf(['npm.example', 'index.example'])).toEqual(['index.example', 'npm.example']);
    expect(hostsOf(['npm.example', 'index.example'], ['npm.example'])).toEqual(['npm.example']);
    expect(hostsOf(['npm.example'], ['index.example'])).toEqual([]);
  });

  it('takes no host from a further layer where the installation has no list', () => {
    expect(hostsOf(undefined, ['npm.example'])).toEqual([]);
    expect(hostsOf(undefined, [])).toEqual([]);
  });

  it('keeps the list of a merge that was stored, and gives none to one that had no such field', () => {
    const stored = merged(layerOf('installation', ['npm.example']));
    expect(completePolicy(stored).dependencies.registries).toEqual(['npm.example']);
    const { dependencies, ...older } = stored;
    expect(completePolicy(older as EffectivePolicy).dependencies).toEqual({
      ...dependencies,
      registries: null,
    });
  });
});
