import {
  attemptStates,
  promotionStates,
  pullRequestStates,
  sessionStates,
  statesOf,
  type PromotionState,
  type SessionOutcome,
  type SessionState,
} from '@gatehouse/contracts';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { phaseSql } from './job.repository.js';
import { phaseOf } from './session.js';

describe('the phase of a job, asked of the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('is the derived one, for whatever the rows can say', async () => {
    const outcomes = [null, 'succeeded', 'noop', 'failed', 'errored', 'cancelled'] as const;
    const attempts = [null, ...statesOf(attemptStates)];
    const promotions = [null, ...statesOf(promotionStates)];
    const levels = [null, 'patch', 'branch'] as const;
    const pulls = [null, ...statesOf(pullRequestStates)];
    const facts = statesOf(sessionStates).flatMap((state) =>
      outcomes.flatMap((outcome) =>
        attempts.flatMap((attempt) =>
          promotions.flatMap((promotion) =>
            levels.flatMap((promotedLevel) =>
              pulls.map((pull) => ({ state, outcome, attempt, promotion, promotedLevel, pull })),
            ),
          ),
        ),
      ),
    );
    const rows = (await database.dataSource.query(
      `SELECT ${phaseSql} AS phase
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         WITH ORDINALITY AS f(state, outcome, attempt, promotion, level, pull, n),
         LATERAL (SELECT f.state, f.outcome) s, LATERAL (SELECT f.attempt AS state) a,
         LATERAL (SELECT f.promotion AS state, f.level) m, LATERAL (SELECT f.pull AS state) q
       ORDER BY n`,
      [
        facts.map(({ state }) => state),
        facts.map(({ outcome }) => outcome),
        facts.map(({ attempt }) => attempt),
        facts.map(({ promotion }) => promotion),
        facts.map(({ promotedLevel }) => promotedLevel),
        facts.map(({ pull }) => pull),
      ],
    )) as { phase: string }[];
    expect(rows.map(({ phase }) => phase)).toEqual(
      facts.map((fact) =>
        phaseOf({
          ...fact,
          state: fact.state as SessionState,
          outcome: fact.outcome as SessionOutcome | null,
          promotion: fact.promotion as PromotionState | null,
          isPullOpen: fact.pull === 'open',
          handedIn: fact.attempt === 'succeeded',
        }),
      ),
    );
  });
});
