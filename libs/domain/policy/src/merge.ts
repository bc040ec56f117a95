import { PolicyLayer, PolicyRules, type EffectivePolicy } from '@gatehouse/contracts';
import { digestOf } from '@gatehouse/proof';
import { defaultRules } from './default.policy.js';
import { boundsOf, meet, type Bounds } from './lattice.js';

/** One layer as it goes into a merge. */
export interface Layer {
  readonly layer: PolicyLayer;
  /** Name of the policy document; for a job its id. */
  readonly name: string;
  readonly rules: PolicyRules;
}

export type MergeRefusal = 'policy.no_installation' | 'policy.unreadable' | 'policy.command_conflict';

/** A refusal means that nothing is permitted; `message` says what to do. */
export type Merge =
  | { readonly ok: true; readonly policy: EffectivePolicy }
  | { readonly ok: false; readonly code: MergeRefusal; readonly message: string };

type ReadLayer = Layer & { readonly digest: string };

const readLayer = ({ layer, name, rules }: Layer): ReadLayer | null => {
  const parsed = PolicyRules.safeParse(rules);
  if (!parsed.success) return null;
  // The round trip drops keys that are present but undefined, which have no canonical text.
  const plain = JSON.parse(JSON.stringify(parsed.data)) as PolicyRules;
  return { layer, name, rules: plain, digest: digestOf(plain) };
};

/**
 * What an installation layer leaves out takes our default before any merge, so that no further layer can
 * raise a number that the installation never named.
 */
export const completeRules = ({ layer, rules }: Pick<Layer, 'layer' | 'rules'>): PolicyRules =>
  layer === 'installation'
    ? {
        ...defaultRules,
        ...rules,
        limits: { ...defaultRules.limits, ...rules.limits },
        gates: { ...defaultRules.gates, ...rules.gates },
        secrets: { ...defaultRules.secrets, ...rules.secrets },
        dependencies: { ...defaultRules.dependencies, ...rules.dependencies },
        tests: { ...defaultRules.tests, ...rules.tests },
        promotion: { ...defaultRules.promotion, ...rules.promotion },
      }
    : rules;

const keyOf = ({ layer, name, digest }: ReadLayer): string =>
  JSON.stringify([PolicyLayer.options.indexOf(layer), name, digest]);

const copy = (lists: readonly (readonly string[])[]): string[][] => lists.map((list) => [...list]);

const effective = (bounds: Bounds, layers: readonly ReadLayer[]): EffectivePolicy => {
  const rules: Omit<EffectivePolicy, 'digest' | 'layers'> = {
    allowedPaths: copy(bounds.allowedPaths),
    forbiddenPaths: [...bounds.forbiddenPaths],
    runtimeArtifacts: [...bounds.runtimeArtifacts],
    symlinks: bounds.symlinks ?? 'forbid',
    gitlinks: bounds.gitlinks ?? 'forbid',
    executables: bounds.executables ?? 'forbid',
    limits: {
      patchBytes: bounds.limits.patchBytes ?? 0,
      files: bounds.limits.files ?? 0,
      blobBytes: bounds.limits.blobBytes ?? 0,
      inflatedBytes: bounds.limits.inflatedBytes ?? 0,
      lineBytes: bounds.limits.lineBytes ?? 0,
      lines: bounds.limits.lines ?? 0,
      executionMinutes: bounds.limits.executionMinutes ?? 0,
      rounds: bounds.limits.rounds ?? 0,
      maxTokens: bounds.limits.maxTokens ?? 0,
      maxCostUsd: bounds.limits.maxCostUsd ?? 0,
    },
    rules: bounds.rules.map((list) => ({ ...list, rules: [...list.rules] })),
    gates: {
      required: [...bounds.gates.required],
      blocking: [...bounds.gates.blocking],
      staged: [...bounds.gates.staged],
    },
    secrets: { allow: [...(bounds.secrets ?? [])] },
    dependencies: {
      registries: bounds.registries == null ? null : [...bounds.registries],
      names: copy(bounds.packages),
    },
    images: copy(bounds.images),
    staged: bounds.staged,
    activation: bounds.activation,
    capabilities: [...(bounds.capabilities ?? [])],
    adapters: [...(bounds.adapters ?? [])],
    commands: [...bounds.commands],
    setup: [...bounds.setup],
    tests: {
      files: copy(bounds.testFiles),
      reruns: bounds.tests.reruns ?? 0,
      fewerPercent: bounds.tests.fewerPercent ?? 0,
      hunkRevert: bounds.hunkRevert,
      revertHunks: bounds.tests.revertHunks ?? 0,
      revertMinutes: bounds.tests.revertMinutes ?? 0,
    },
    promotion: {
      maxLevel: bounds.maxLevel ?? 'patch',
      quorum: bounds.quorum,
      targets: copy(bounds.targets),
      openPullRequests: bounds.promotion.openPullRequests ?? 0,
      requestsPerHour: bounds.promotion.requestsPerHour ?? 0,
      speculativeWindow: bounds.promotion.speculativeWindow ?? null,
    },
  };
  const named = layers.map(({ layer, name, digest }) => ({ layer, name, digest }));
  // The rules are hashed too: with another default, the same layers mean another policy.
  return { digest: digestOf({ layers: named, rules }), layers: named, ...rules };
};

/**
 * A merge as it was stored, with what the build that made it did not know yet: what that build asked of everybody,
 * and no limit that a job of its time could have met.
 */
export const completePolicy = (stored: EffectivePolicy): EffectivePolicy => {
  const { secrets, dependencies, tests, promotion, ...rest } = defaultRules;
  const { openPullRequests, requestsPerHour } = promotion;
  const neutral: Partial<EffectivePolicy> = {
    rules: [],
    gates: rest.gates,
    secrets,
    dependencies: { registries: null, names: [dependencies.names] },
    images: [rest.images],
    staged: rest.staged,
    activation: rest.activation,
    tests: { ...tests, files: [tests.files.toSorted()] },
  };
  return {
    ...neutral,
    ...stored,
    limits: { ...rest.limits, ...stored.limits },
    promotion: { ...{ openPullRequests, requestsPerHour, speculativeWindow: null }, ...stored.promotion },
  };
};

/**
 * Merges all layers of one session (I2). Order and repetition change nothing, and a further layer never allows
 * more. Refuses where there is no installation layer, a layer cannot be read, or two layers give one command
 * name to different commands.
 */
export const mergeLayers = (layers: readonly Layer[]): Merge => {
  const known = new Map<string, ReadLayer>();
  for (const layer of layers) {
    const read = readLayer(layer);
    if (read === null) {
      const message = `The ${layer.layer} policy ${layer.name} cannot be read, so nothing is permitted. Publish a valid version of it.`;
      return { ok: false, code: 'policy.unreadable', message };
    }
    known.set(keyOf(read), read);
  }
  const ordered = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, layer]) => layer);
  if (!ordered.some(({ layer }) => layer === 'installation')) {
    const message =
      'There is no installation policy, so nothing is permitted. Publish one, e.g. the default policy.';
    return { ok: false, code: 'policy.no_installation', message };
  }
  const bounds = ordered
    .map((layer) =>
      boundsOf(completeRules(layer), { layer: layer.layer, name: layer.name, digest: layer.digest }),
    )
    .reduce(meet);
  if (bounds.conflicts.length > 0) {
    const message = `Policies give different commands the same name: ${bounds.conflicts.join(', ')}. Rename one of each.`;
    return { ok: false, code: 'policy.command_conflict', message };
  }
  return { ok: true, policy: effective(bounds, ordered) };
};
