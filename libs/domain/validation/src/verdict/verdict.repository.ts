import type { GateResult, Repair } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Learnt } from '../answer.cache.js';
import { VerdictEntity } from './verdict.entity.js';

@Injectable()
export class VerdictsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(manager: Transaction, row: Omit<VerdictEntity, 'decidedAt'>): Promise<VerdictEntity> {
    await manager.insert(VerdictEntity, row as VerdictEntity);
    return manager.findOneByOrFail(VerdictEntity, { id: row.id });
  }

  async latest(
    sessionId: string,
    candidateId: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<VerdictEntity | undefined> {
    const found = await manager.findOne(VerdictEntity, {
      where: { sessionId, candidateId },
      order: { id: 'DESC' },
    });
    return found ?? undefined;
  }

  /** Of one session, or of whichever judged the candidate last. */
  async latestOf(candidateId: string, sessionId?: string): Promise<VerdictEntity | undefined> {
    const where = sessionId === undefined ? { candidateId } : { candidateId, sessionId };
    return (
      (await this.dataSource.manager.findOne(VerdictEntity, { where, order: { id: 'DESC' } })) ?? undefined
    );
  }

  /** Answers that depend on content alone (I8); undefined where nobody asked before. */
  async cached(key: string): Promise<GateResult[] | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT answers FROM gate_answers WHERE key = $1 AND part = 'static'`,
      [key],
    )) as { answers: GateResult[] }[];
    return row?.answers;
  }

  /** Equal trees are one change, and the first answers stay: equal content gives equal ones. */
  async keep(manager: Transaction, { content, repair }: Learnt): Promise<void> {
    if (content !== null)
      await manager.query(
        'INSERT INTO tree_shapes (base_tree, tree, shape) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [content.baseTree, content.tree, JSON.stringify(content.shape)],
      );
    for (const [part, key, answers] of [
      ...(content?.answers ? [['static', content.answers.key, content.answers.results] as const] : []),
      ...(repair ? [['repair', repair.key, repair.repair] as const] : []),
    ])
      await manager.query(
        'INSERT INTO gate_answers (key, part, answers) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING',
        [key, part, JSON.stringify(answers)],
      );
  }

  async repair(key: string): Promise<Repair | null | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT answers FROM gate_answers WHERE key = $1 AND part = 'repair'`,
      [key],
    )) as { answers: Repair | null }[];
    return row?.answers;
  }
}
