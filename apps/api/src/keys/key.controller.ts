import type { PublicKey } from '@gatehouse/contracts';
import { ProofKeys } from '@gatehouse/promotion';
import { Controller } from '@nestjs/common';
import { Can, Serves } from '../http/serves.js';

@Controller()
export class KeyController {
  constructor(private readonly keys: ProofKeys) {}

  @Serves('keys.list')
  @Can('promotions:read')
  async list(): Promise<{ items: PublicKey[] }> {
    return { items: await this.keys.published() };
  }
}
