import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Agent } from '@gatehouse/contracts';
import { agents } from './index.js';

const files = readdirSync(import.meta.dirname);
const inFolder = files
  .filter((name) => name.endsWith('.agent.ts'))
  .map((name) => name.replace('.agent.ts', ''));

describe('agent registry', () => {
  it('holds what the folder holds, each under its file name, each with a spec', () => {
    expect(Object.keys(agents).sort()).toEqual(inFolder.sort());
    for (const [id, agent] of Object.entries(agents)) {
      expect(agent.id).toBe(id);
      expect(agent.summary).not.toBe('');
      expect(files).toContain(`${id}.agent.spec.ts`);
    }
  });

  it('knows every adapter that a job may name', () => {
    const named = Agent.options.map((option) => option.shape.adapter.value);
    expect(Object.keys(agents).sort()).toEqual([...named].sort());
  });
});
