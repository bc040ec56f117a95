import type {
  Page,
  PolicyDecision,
  PolicyExplanation,
  PolicyLint,
  PolicySimulation,
} from '@gatehouse/contracts';
import { Principal } from '@gatehouse/contracts';
import { PolicyTrialService } from '@gatehouse/policy';
import { gates, SimulationService } from '@gatehouse/validation';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

/** Questions to the policy that change nothing. */
@Controller()
export class PolicyTrialController {
  constructor(
    private readonly trials: PolicyTrialService,
    private readonly simulations: SimulationService,
  ) {}

  @Serves('policies.explain')
  @Can('policies:read')
  explain(
    @Input() { body }: In<'policies.explain'>,
    @Caller() caller: Principal,
  ): Promise<PolicyExplanation> {
    return this.trials.explain(body, caller);
  }

  @Serves('policies.lint')
  @Can('policies:read')
  async lint(@Input() { body }: In<'policies.lint'>): Promise<{ items: PolicyLint[] }> {
    return { items: await this.trials.lint(body, gates) };
  }

  @Serves('policies.simulate')
  @Can('policies:write')
  simulate(@Input() { body }: In<'policies.simulate'>): Promise<PolicySimulation> {
    return this.simulations.simulate(body);
  }

  @Serves('decisions.list')
  @Can('policies:read')
  list(@Input() { query }: In<'decisions.list'>): Promise<Page<PolicyDecision>> {
    return this.trials.page(query);
  }
}
