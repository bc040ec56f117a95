import type { PolicyDocument } from '@gatehouse/contracts';
import { defaultInstallationPolicy } from './default.policy.js';
import type { Layer } from './merge.js';

/** A document as it goes into a merge. */
export const layerOf = ({ metadata, spec }: PolicyDocument): Layer => ({
  layer: metadata.layer,
  name: metadata.name,
  rules: spec,
});

/** As long as nobody stored an installation layer, the built-in one stands in its place. */
export const withDefault = (layers: readonly Layer[]): Layer[] =>
  layers.some(({ layer }) => layer === 'installation')
    ? [...layers]
    : [layerOf(defaultInstallationPolicy), ...layers];

/** What these active versions come to as layers of one merge. */
export const layersOf = (active: readonly { readonly document: PolicyDocument }[]): Layer[] =>
  withDefault(active.map(({ document }) => layerOf(document)));
