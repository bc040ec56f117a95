// Every migration of the installation, in order. To add one:
//   1. write `NNNN-<noun>.migration.ts` in this folder, NNNN being the next free number;
//   2. export one class `<Noun>NNNN extends Migration` (from '../migration.js') with `up(runner)` in plain SQL:
//        export class Ledger0001 extends Migration {
//          async up(runner: QueryRunner): Promise<void> { await runner.query(`CREATE TABLE …`); }
//        }
//   3. add its import and its line below, at the end; the place in the list is its number;
//   4. where it makes a table, say in roles/grants.ts what each process may do with it: without that, nothing;
//   5. run `npm run schema -w @gatehouse/database` and commit schema.sql with it.
// Tables and columns are plural snake_case and snake_case, times timestamptz, ids and states text.
// A committed migration is never edited, renamed or moved: a correction is a new migration. There is no `down`.
// Each runs in one transaction of its own; never CREATE EXTENSION (the role may not be allowed to).
// index.spec.ts holds file name, class name and place in this list together.
import type { MigrationClass } from '../migration.js';
import { Ledger0001 } from './0001-ledger.migration.js';
import { Tasks0002 } from './0002-tasks.migration.js';
import { Principals0003 } from './0003-principals.migration.js';
import { Sessions0004 } from './0004-sessions.migration.js';
import { Policies0005 } from './0005-policies.migration.js';
import { Capabilities0006 } from './0006-capabilities.migration.js';
import { Candidates0007 } from './0007-candidates.migration.js';
import { Promotions0008 } from './0008-promotions.migration.js';
import { WorkerTrust0009 } from './0009-worker-trust.migration.js';
import { PolicySets0010 } from './0010-policy-sets.migration.js';
import { PublishedPromotions0011 } from './0011-published-promotions.migration.js';
import { PolicyDecisions0012 } from './0012-policy-decisions.migration.js';
import { TestBaselines0013 } from './0013-test-baselines.migration.js';
import { ApprovalCauses0014 } from './0014-approval-causes.migration.js';
import { KeptRepairs0015 } from './0015-kept-repairs.migration.js';
import { PullRequests0016 } from './0016-pull-requests.migration.js';
import { AttemptFeedback0017 } from './0017-attempt-feedback.migration.js';
import { Rebases0018 } from './0018-rebases.migration.js';
import { Proofs0019 } from './0019-proofs.migration.js';
import { Triggers0020 } from './0020-triggers.migration.js';
import { Schedules0021 } from './0021-schedules.migration.js';
import { Hearings0022 } from './0022-hearings.migration.js';
import { PromotionLogs0023 } from './0023-promotion-logs.migration.js';
import { SpeculativeLanes0024 } from './0024-speculative-lanes.migration.js';
import { Persons0025 } from './0025-persons.migration.js';
import { TaskOutages0026 } from './0026-task-outages.migration.js';
import { CurrentProofs0027 } from './0027-current-proofs.migration.js';

export const migrations: readonly MigrationClass[] = [
  // one line each: several people add here
  Ledger0001,
  Tasks0002,
  Principals0003,
  Sessions0004,
  Policies0005,
  Capabilities0006,
  Candidates0007,
  Promotions0008,
  WorkerTrust0009,
  PolicySets0010,
  PublishedPromotions0011,
  PolicyDecisions0012,
  TestBaselines0013,
  ApprovalCauses0014,
  KeptRepairs0015,
  PullRequests0016,
  AttemptFeedback0017,
  Rebases0018,
  Proofs0019,
  Triggers0020,
  Schedules0021,
  Hearings0022,
  PromotionLogs0023,
  SpeculativeLanes0024,
  Persons0025,
  TaskOutages0026,
  CurrentProofs0027,
];
