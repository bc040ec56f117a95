import type { AgentAdapter } from './agent.adapter.js';

export const command: AgentAdapter<'command'> = {
  id: 'command',
  summary: 'Runs a command of the job in the workspace',
  plan: (agent) => ({ do: 'run', argv: agent.command, env: agent.env ?? {} }),
};
