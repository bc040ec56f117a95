import type { CommandOutcome } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface TestBaseline {
  readonly image: string | null;
  readonly commands: CommandOutcome[];
}

/** What test commands do on a base alone, by all that decides it. */
@Injectable()
export class TestBaselinesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** One for each image that they ran in. */
  async known(key: string): Promise<TestBaseline[]> {
    const rows = (await this.dataSource.query(
      `SELECT image, commands FROM test_baselines WHERE key = $1 ORDER BY image`,
      [key],
    )) as { image: string; commands: CommandOutcome[] }[];
    return rows.map(({ image, commands }) => ({ image: image === '' ? null : image, commands }));
  }

  /** The first stays: equal content gives equal outcomes. */
  async keep(manager: Transaction, key: string, { image, commands }: TestBaseline): Promise<void> {
    await manager.query(
      `INSERT INTO test_baselines (key, image, commands) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [key, image ?? '', JSON.stringify(commands)],
    );
  }
}
