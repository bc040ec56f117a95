export { AssessService } from './assess.service.js';
export { GrantService } from './grant.service.js';
export { IntakeService } from './intake.service.js';
export { PlaneModule, type PlaneProcess } from './plane.module.js';
export { logError, makeLog, nestLog } from './process.log.js';
export { SettleService } from './settle.service.js';
export { SubmitService, type Prepared } from './submit.service.js';
export { SweepService } from './sweep.service.js';
export { runTaskProcess, type TaskProcessOptions } from './task.process.js';
