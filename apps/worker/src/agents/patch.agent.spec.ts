import { describe, expect, it } from '@jest/globals';
import { planAgent } from './index.js';

describe('patch agent', () => {
  it('hands in the stored patch and runs nothing', () => {
    const artifact = `sha256:${'a'.repeat(64)}`;
    expect(planAgent({ adapter: 'patch', artifact })).toEqual({ do: 'hand_in', artifact });
  });
});
