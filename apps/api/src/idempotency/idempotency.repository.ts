import { runQuery } from '@gatehouse/database';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '@gatehouse/tasks';
import { DataSource } from 'typeorm';

export interface Place {
  readonly principalId: string;
  readonly route: string;
  readonly key: string;
}

export interface FirstAnswer {
  readonly requestSha256: string;
  readonly status: number;
  readonly answer: unknown;
}

interface Row {
  readonly request_sha256: string;
  readonly status: number;
  /** JSON text inside JSON: the database would put the keys of an object into another order. */
  readonly answer: string;
}

const kept = `interval '7 days'`;
const placeOf = ({ principalId, route, key }: Place): string[] => [principalId, route, key];

@Injectable()
export class IdempotencyRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Until the transaction ends; false where another request with this key is at work. */
  async tryLock(place: Place, manager: Transaction): Promise<boolean> {
    const [row] = (await manager.query(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || $1::text, 0)) AS locked`,
      [placeOf(place).join(' ')],
    )) as { locked: boolean }[];
    return row?.locked === true;
  }

  async find(place: Place, manager: Transaction = this.dataSource.manager): Promise<FirstAnswer | undefined> {
    const [row] = await runQuery<Row[]>(
      manager,
      `SELECT request_sha256, status, answer FROM idempotency_keys
       WHERE principal_id = $1 AND route = $2 AND key = $3 AND created_at > now() - ${kept}`,
      placeOf(place),
    );
    return (
      row && {
        requestSha256: row.request_sha256,
        status: row.status,
        answer: JSON.parse(row.answer) as unknown,
      }
    );
  }

  async keep(place: Place, first: FirstAnswer, manager: Transaction): Promise<void> {
    await manager.query(
      `INSERT INTO idempotency_keys (principal_id, route, key, request_sha256, status, answer)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (principal_id, route, key) DO UPDATE SET request_sha256 = excluded.request_sha256,
         status = excluded.status, answer = excluded.answer, created_at = now()`,
      [...placeOf(place), first.requestSha256, first.status, JSON.stringify(JSON.stringify(first.answer))],
    );
  }

  async prune(): Promise<void> {
    await this.dataSource.query(`DELETE FROM idempotency_keys WHERE created_at < now() - ${kept}`);
  }
}
