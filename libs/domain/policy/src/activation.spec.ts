import { describe, expect, it } from '@jest/globals';
import { PolicyDocument, type Policy } from '@gatehouse/contracts';
import { wantsAnotherPerson } from './activation.js';

type Place = Pick<Policy, 'layer' | 'repository' | 'scope'>;
const place = (change: Partial<Place>): Place => ({
  layer: 'installation',
  repository: null,
  scope: null,
  ...change,
});
const installation = place({});
const acme = place({ layer: 'organisation', scope: 'acme' });
const widgets = place({ layer: 'repository', repository: 'acme/widgets' });
const gadgets = place({ layer: 'repository', repository: 'acme/gadgets' });
const strange = place({ layer: 'repository', repository: 'acme2/widgets' });
const docker = place({ layer: 'capability', scope: 'docker_sandbox' });
const processes = place({ layer: 'capability', scope: 'process_sandbox' });
const places = { installation, acme, widgets, gadgets, strange, docker, processes };

const active = (at: Place, activation: 'anyone' | 'another_person') => ({
  ...at,
  document: PolicyDocument.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Policy',
    metadata: {
      name: 'p',
      layer: at.layer,
      ...(at.repository !== null && { repository: at.repository }),
      ...(at.layer === 'organisation' && { organisation: at.scope }),
      ...(at.layer === 'capability' && { capability: at.scope }),
    },
    spec: { activation },
  }),
});

describe('wantsAnotherPerson', () => {
  it.each<[keyof typeof places, (keyof typeof places)[]]>([
    ['installation', ['installation', 'acme', 'widgets', 'gadgets', 'strange', 'docker', 'processes']],
    ['acme', ['acme', 'widgets', 'gadgets']],
    ['widgets', ['widgets']],
    ['docker', ['docker']],
  ])('asked by %s, it holds for changes of %j and no other', (by, expected) => {
    const policies = [active(places[by], 'another_person')];
    const held = Object.entries(places).filter(([, at]) => wantsAnotherPerson(policies, at) !== undefined);
    expect(held.map(([name]) => name)).toEqual(expected);
  });

  it('takes the stricter of all layers, in whatever order they stand', () => {
    const policies = [active(installation, 'anyone'), active(widgets, 'another_person')];
    for (const order of [policies, policies.toReversed()])
      expect(wantsAnotherPerson(order, widgets)).toMatchObject(widgets);
    expect(wantsAnotherPerson([active(installation, 'anyone')], widgets)).toBeUndefined();
  });
});
