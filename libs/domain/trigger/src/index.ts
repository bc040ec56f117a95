export { commandOf, commandVerbs, type Command, type CommandVerb } from './command.js';
export { DeliveriesRepository } from './delivery.repository.js';
export { IdentityService } from './identity.service.js';
export { triage, type Triage, type TriageIssue } from './triage.js';
export { TriggerModule } from './trigger.module.js';
export { TriggerService } from './trigger.service.js';
export { TriggerSweep } from './trigger.sweep.js';
export { WebhookService } from './webhook.service.js';
