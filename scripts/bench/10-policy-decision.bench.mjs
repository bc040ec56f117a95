// Row 10: one decision over 10,000 rules, beside the same over 10 rules, and beside plain casbin that
// looks at every rule. All three answer the same asks, and the answers are compared.
import { clone } from '../step.mjs';
import { join } from 'node:path';
import { atLeast, atMost, judge, median, quantile } from './figures.mjs';

const room = join(clone, 'libs', 'domain', 'policy', 'dist');
const warmUp = 20_000;
const asked = 20_000;
const askedPlain = 20;

const rulesOf = (count) =>
  Array.from({ length: count }, (_, i) => ({
    id: `rule-${i}`,
    effect: i % 10 === 9 ? 'forbid' : 'permit',
    actions: i % 2 === 0 ? ['path.change'] : ['promotion.request'],
    resources: i % 2 === 0 ? [`team-${i}/**`, `team-${i}/**/*.md`] : [`branch/team-${i}`],
    ...(i % 2 === 1 && { subjects: ['kind:user', 'role:requester'] }),
  }));

const subject = { name: 'ann', kind: 'user', roles: ['requester'] };
const context = { tainted: false, level: 'branch' };
const asksOf = (count) =>
  Array.from({ length: 512 }, (_, i) => {
    const at = (i * 7919) % count;
    return at % 2 === 0
      ? { subject: null, action: 'path.change', resource: `team-${at}/src/a/file-${i}.ts`, context }
      : { subject, action: 'promotion.request', resource: `branch/team-${at}`, context };
  });

export const measure = async ({ rounds, say }) => {
  const { decide } = await import(join(room, 'decision.js'));
  const { indexOf } = await import(join(room, 'decision.index.js'));
  const { Question } = await import(join(room, 'decision.rule.js'));
  const { layersOf, plainCasbin } = await import(join(room, 'decision.fixture.js'));
  const policyOf = (count, layers) => ({
    policy: { digest: 'x', rules: layersOf(Array.from({ length: layers }, () => rulesOf(count / layers))) },
    asks: asksOf(count / layers),
  });
  const [few, many, layered] = [policyOf(10, 1), policyOf(10_000, 1), policyOf(10_000, 2)];
  const ours = ({ policy, asks }, times = asked) => {
    const spent = new Float64Array(times);
    for (let i = 0; i < times; i += 1) {
      const ask = asks[i % asks.length];
      const began = performance.now();
      decide(policy, ask);
      spent[i] = (performance.now() - began) * 1000;
    }
    return spent;
  };
  const plain = plainCasbin(many.policy.rules);
  for (const ask of many.asks.slice(0, 16)) {
    const [a, b] = [decide(many.policy, ask).effect, plain(ask)];
    if (a !== b) throw new Error(`decide says ${a}, plain casbin ${b}: ${JSON.stringify(ask)}`);
  }
  const index = indexOf(many.policy.rules[0].rules);
  const candidates = many.asks.map((ask) => index.candidates(new Question(ask)).length);
  for (const one of [few, many, layered]) ours(one, warmUp);
  const seen = { p99: [], few: [], same: [], all: [], layered: [], floor: [] };
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    seen.few.push(median(ours(few)));
    seen.same.push(median(ours({ ...many, asks: few.asks })));
    const all = ours(many);
    seen.all.push(median(all));
    seen.p99.push(quantile(all, 0.99));
    seen.layered.push(median(ours(layered)));
    const began = performance.now();
    for (let i = 0; i < askedPlain; i += 1) plain(many.asks[i]);
    seen.floor.push(((performance.now() - began) * 1000) / askedPlain);
  }
  const rate = (micros) => micros.map((one) => 1e6 / one);
  return {
    counters: [
      {
        path: 'a decision over 10,000 rules',
        name: 'rules that casbin looks at',
        ours: candidates.reduce((sum, one) => sum + one, 0) / candidates.length,
        floor: many.policy.rules[0].rules.length,
      },
    ],
    paths: [
      judge({ path: 'over 10,000 rules, p99', unit: 'µs', ours: seen.p99, target: atMost(10) }),
      judge({
        path: 'over 10,000 rules, against the same asks over 10 rules',
        unit: 'µs',
        ours: seen.same,
        floor: seen.few,
        floorName: 'µs over 10',
        target: atMost(1.5),
      }),
      judge({
        path: 'asks that meet 512 rules in turn, against asks that meet 10',
        unit: 'µs',
        ours: seen.all,
        floor: seen.same,
        floorName: 'µs for 10',
        note: 'what this costs more is memory that the processor has to fetch, not rules that are looked at.',
      }),
      judge({
        path: 'over 10,000 rules, against plain casbin',
        unit: '/s',
        ours: rate(seen.all),
        floor: rate(seen.floor),
        floorName: '/s by enforceSync',
        target: atLeast(1000),
      }),
      judge({
        path: 'in two layers of 5,000, against one of 10,000',
        unit: 'µs',
        ours: seen.layered,
        floor: seen.all,
        floorName: 'µs in one',
      }),
    ],
  };
};
