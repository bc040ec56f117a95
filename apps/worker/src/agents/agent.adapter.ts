import type { Agent } from '@gatehouse/contracts';

/** What running an agent comes to. */
export type AgentPlan =
  | {
      /** Run this in a sandbox; what it leaves in the workspace is the result. */
      readonly do: 'run';
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      /** A patch that was made elsewhere: hand it in as it is. */
      readonly do: 'hand_in';
      readonly artifact: string;
    };

type AgentOf<Id extends Agent['adapter']> = Extract<Agent, { adapter: Id }>;

/** One kind of agent: pure, from the job's words to what is to be done. */
export interface AgentAdapter<Id extends Agent['adapter'] = Agent['adapter']> {
  readonly id: Id;
  readonly summary: string;
  plan(agent: AgentOf<Id>): AgentPlan;
}
