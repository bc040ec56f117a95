import {
  attemptStates,
  promotionStates,
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
    const levels = [null, 'patch', 'branch', 'draft_pr'] as const;
    const facts = statesOf(sessionStates).flatMap((state) =>
      outcomes.flatMap((outcome) =>
        attempts.flatMap((attempt) =>
          promotions.flatMap((promotion) =>
            levels.map((promotedLevel) => ({ state, outcome, attempt, promotion, promotedLevel })),
          ),
        ),
      ),
    );
    const rows = (await database.dataSource.query(
      `SELECT ${phaseSql} AS phase
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
         WITH ORDINALITY AS q(state, outcome, attempt, promotion, level, n),
         LATERAL (SELECT q.state, q.outcome) s, LATERAL (SELECT q.attempt AS state) a,
         LATERAL (SELECT q.promotion AS state, q.level) m
       ORDER BY n`,
      [
        facts.map(({ state }) => state),
        facts.map(({ outcome }) => outcome),
        facts.map(({ attempt }) => attempt),
        facts.map(({ promotion }) => promotion),
        facts.map(({ promotedLevel }) => promotedLevel),
      ],
    )) as { phase: string }[];
    expect(rows.map(({ phase }) => phase)).toEqual(
      facts.map((fact) =>
        phaseOf({
          ...fact,
          state: fact.state as SessionState,
          outcome: fact.outcome as SessionOutcome | null,
          promotion: fact.promotion as PromotionState | null,
          handedIn: fact.attempt === 'succeeded',
        }),
      ),
    );
  });
});
