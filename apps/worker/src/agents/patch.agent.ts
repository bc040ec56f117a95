import type { AgentAdapter } from './agent.adapter.js';

export const patch: AgentAdapter<'patch'> = {
  id: 'patch',
  summary: 'Hands in a patch that was made elsewhere',
  plan: (agent) => ({ do: 'hand_in', artifact: agent.artifact }),
};
