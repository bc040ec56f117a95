import type { Agent } from '@gatehouse/contracts';
import type { AgentAdapter, AgentPlan } from './agent.adapter.js';
import { command } from './command.agent.js';
import { patch } from './patch.agent.js';

/** Every agent that this worker can run, by adapter. */
export const agents: { readonly [Id in Agent['adapter']]: AgentAdapter<Id> } = { command, patch };

/** Answers what is to be done for the agent of a job. */
export const planAgent = (agent: Agent): AgentPlan => {
  const { plan } = agents[agent.adapter] as AgentAdapter;
  return (plan as (agent: Agent) => AgentPlan)(agent);
};
