import { describe, expect, it } from '@jest/globals';
import type { PolicyAction, PolicyRules } from '@gatehouse/contracts';
import fc from 'fast-check';
import type { Ask } from './decision.rule.js';
import { answerTo, explain } from './explain.js';
import { mergeLayers, type Layer } from './merge.js';
import { rawPathOfText } from './glob/path.js';

const installation = (rules: PolicyRules = {}): Layer => ({ layer: 'installation', name: 'default', rules });
const widgets = (rules: PolicyRules): Layer => ({ layer: 'repository', name: 'widgets', rules });
const ask = (action: PolicyAction, resource: string, more: Partial<Ask> = {}): Ask => ({
  subject: action === 'path.change' ? null : { name: 'ann', kind: 'user', roles: ['requester'] },
  action,
  resource: rawPathOfText(resource),
  context: { tainted: false, level: null },
  ...more,
});
const short = (layers: readonly Layer[], asked: Ask): string => {
  const { effect, rule, layer, reason } = explain(layers, asked);
  return `${effect} by ${rule} of ${layer?.layer ?? 'none'}: ${reason}`;
};

describe('explain', () => {
  it('says in one sentence why a path may change, and why not', () => {
    const layers = [installation(), widgets({ allowedPaths: ['src/**'] })];
    expect(short(layers, ask('path.change', 'src/a.ts'))).toBe(
      'permit by allowedPaths of installation: path.change of src/a.ts is permitted by the installation policy default: allowedPaths has **.',
    );
    expect(short(layers, ask('path.change', 'docs/a.md'))).toBe(
      'forbid by allowedPaths of repository: path.change of docs/a.md is forbidden by the repository policy widgets: allowedPaths has no entry that matches it.',
    );
    expect(short(layers, ask('path.change', '.github/workflows/x.yml'))).toMatch(
      /^forbid by forbiddenPaths of installation: .*forbiddenPaths has \.github\/workflows\/\*\*\.$/,
    );
    expect(short(layers, ask('path.change', 'src/.env'))).toMatch(
      /^forbid by runtimeArtifacts of installation/,
    );
  });

  it('shows what every layer says, in order, and that one says nothing', () => {
    const rules: PolicyRules['rules'] = [
      { id: 'no-codex', effect: 'forbid', actions: ['agent.use'], resources: ['codex'], reason: 'not yet' },
    ];
    const layers = [widgets({ rules }), installation({ adapters: ['command', 'codex'] })];
    const { layers: said, effect } = explain(layers, ask('agent.use', 'codex'));
    expect(effect).toBe('forbid');
    expect(said).toEqual([
      expect.objectContaining({ layer: 'installation', effect: 'permit', rule: 'adapters' }),
      expect.objectContaining({
        layer: 'repository',
        effect: 'forbid',
        rule: 'no-codex',
        reason: 'The rule no-codex of the repository policy widgets forbids agent.use of codex: not yet',
      }),
    ]);
    const mute = explain([widgets({}), installation()], ask('job.submit', 'acme/widgets'));
    expect(mute.effect).toBe('permit');
    expect(mute.layers[1]?.reason).toBe('The repository policy widgets says nothing on it.');
  });

  it('knows levels, targets, images and modes', () => {
    const layers = [
      installation({ promotion: { maxLevel: 'branch', targets: ['main'] }, images: ['node-*'] }),
    ];
    const effects = (action: PolicyAction, resources: string[]) =>
      resources.map((resource) => explain(layers, ask(action, resource)).effect);
    expect(effects('promotion.request', ['branch/main', 'draft_pr/main', 'branch/dev', 'x'])).toEqual([
      ...['permit', 'forbid', 'forbid', 'forbid'],
    ]);
    expect(effects('image.use', ['node-24', 'ruby'])).toEqual(['permit', 'forbid']);
    expect(explain(layers, ask('mode.change', 'a'), 'symlink').effect).toBe('forbid');
    expect(explain(layers, ask('mode.change', 'a'), 'executable').effect).toBe('require_approval');
    expect(explain(layers, ask('mode.change', 'a')).effect).toBe('permit');
  });

  it('forbids where the layers cannot be merged', () => {
    expect(explain([widgets({})], ask('agent.use', 'command'))).toMatchObject({
      effect: 'forbid',
      reason: expect.stringContaining('no installation policy'),
    });
  });

  it('says the same layer by layer as the merge does', () => {
    const glob = fc.constantFrom('src/**', '**', 'a', '*.ts', 'src/a', 'main', 'command', 'node-*');
    const list = fc.option(fc.uniqueArray(glob, { maxLength: 3 }), { nil: undefined });
    const rule = fc.record({
      effect: fc.constantFrom('permit', 'forbid', 'require_approval' as const),
      actions: fc.constantFrom<PolicyAction[]>(
        ['path.change'],
        ['agent.use', 'image.use'],
        ['promotion.request'],
      ),
      resources: fc.option(fc.uniqueArray(glob, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    });
    const rules = fc
      .record({
        allowedPaths: list,
        forbiddenPaths: list,
        adapters: list,
        images: list,
        targets: list,
        rules: fc.array(rule, { maxLength: 3 }),
      })
      .map(({ targets, rules: each, ...rest }) => {
        const made = {
          ...rest,
          promotion: { targets },
          rules: each.map((one, i) => ({ id: `r${i}`, ...one })),
        };
        return JSON.parse(JSON.stringify(made)) as PolicyRules;
      });
    const asked = fc
      .tuple(
        fc.constantFrom<PolicyAction>('path.change', 'agent.use', 'image.use', 'promotion.request'),
        fc.constantFrom('src/a', 'a', 'x.ts', 'command', 'node-24', 'branch/main', 'patch/x'),
      )
      .map(([action, resource]) => ask(action, resource));
    fc.assert(
      fc.property(rules, rules, asked, (a, b, question) => {
        const layers = [installation(a), widgets(b)];
        const merged = mergeLayers(layers);
        if (!merged.ok) throw new Error(merged.message);
        expect(explain(layers, question).effect).toBe(answerTo(merged.policy, question).effect);
      }),
      { numRuns: 500 },
    );
  });
});
