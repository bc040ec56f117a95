import type { Candidate, CandidateDiff, CandidateVerification, Page, SarifLog } from '@gatehouse/contracts';
import { CandidateService, CandidateVerifier, sarifOf } from '@gatehouse/validation';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Can, Input, Serves } from '../http/serves.js';

@Controller()
export class CandidateController {
  constructor(
    private readonly candidates: CandidateService,
    private readonly verifier: CandidateVerifier,
  ) {}

  @Serves('candidates.list')
  @Can('candidates:read')
  list(@Input() { query }: In<'candidates.list'>): Promise<Page<Candidate>> {
    return this.candidates.page(query);
  }

  @Serves('candidates.get')
  @Can('candidates:read')
  get(@Input() { params, query }: In<'candidates.get'>): Promise<Candidate> {
    return this.candidates.find(params.id, query.sessionId);
  }

  @Serves('candidates.verify')
  @Can('candidates:read')
  verify(@Input() { params, query }: In<'candidates.verify'>): Promise<CandidateVerification> {
    return this.verifier.verify(params.id, query.sessionId);
  }

  @Serves('candidates.sarif')
  @Can('candidates:read')
  async sarif(@Input() { params, query }: In<'candidates.sarif'>): Promise<SarifLog> {
    return sarifOf(await this.candidates.find(params.id, query.sessionId));
  }

  @Serves('candidates.diff')
  @Can('candidates:read')
  diff(@Input() { params }: In<'candidates.diff'>): Promise<CandidateDiff> {
    return this.candidates.diff(params.id);
  }
}
