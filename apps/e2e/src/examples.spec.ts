import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { JobSpec, PolicyDocument, PolicyRules, TriggerDocument } from '@gatehouse/contracts';
import { clone, readExample } from './examples.js';

const yamlIn = (folder: string) => readdirSync(join(clone, folder)).filter((name) => name.endsWith('.yaml'));

describe('the examples', () => {
  const jobs = yamlIn('examples');
  const policies = yamlIn('examples/policies');

  it('are there', () => {
    expect(jobs).toEqual(
      expect.arrayContaining(['change-a-file.yaml', 'misbehave.yaml', 'change-nothing.yaml']),
    );
    expect(policies).toEqual(expect.arrayContaining(['open.yaml', 'demo-approval.yaml']));
  });

  it.each(jobs)('%s is a valid JobSpec, named as its file', (name) => {
    const { error, data } = JobSpec.safeParse(readExample(name));
    expect(error?.issues).toBeUndefined();
    expect(`${data?.metadata.name}.yaml`).toBe(name);
  });

  it.each(policies)('%s is a valid policy, named as its file', (name) => {
    const { error, data } = PolicyDocument.safeParse(readExample(`policies/${name}`));
    expect(error?.issues).toBeUndefined();
    expect(`${data?.metadata.name}.yaml`).toBe(name);
  });

  it('those for GitHub are a job and a trigger that publish drafts', () => {
    expect(yamlIn('examples/github')).toEqual(['draft-pr.yaml', 'trigger.yaml']);
    const job = JobSpec.parse(readExample('github/draft-pr.yaml'));
    const trigger = TriggerDocument.parse(readExample('github/trigger.yaml'));
    expect([job.metadata.name, trigger.metadata.name]).toEqual(['draft-pr', 'trigger']);
    for (const { level } of [job.spec.promotion, trigger.spec.job.promotion]) expect(level).toBe('draft_pr');
  });

  it('open.yaml lifts every limit of size as far as a policy can', () => {
    const { spec } = PolicyDocument.parse(readExample('policies/open.yaml'));
    const aboutRuns = ['executionMinutes', 'rounds', 'maxTokens', 'maxCostUsd'];
    const sizes = Object.keys(PolicyRules.shape.limits.unwrap().shape).filter(
      (name) => !aboutRuns.includes(name),
    );
    expect(sizes).toContain('lines');
    for (const name of sizes) {
      const wider = { limits: { [name]: (spec.limits?.[name as 'lines'] ?? 0) + 1 } };
      expect({ name, fits: PolicyRules.safeParse(wider).success }).toEqual({ name, fits: false });
    }
  });
});
