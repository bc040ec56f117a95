import type { CheckResult, DoctorReport } from '@gatehouse/contracts';
import { Spawner } from '@gatehouse/git';
import { checks, runCheck, stopsServing, type Check } from '@gatehouse/health';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DoctorRepository } from './doctor.repository.js';
import { planeChecks, type ApiContext } from './plane.checks.js';

/** A check that does not answer in this many milliseconds has failed. */
const patienceMs = 10_000;
/** For so many milliseconds a report is given again: probes and open panels must not add up to load. */
const freshMs = 2_000;

/** How the parts are that this process needs. */
@Injectable()
export class DoctorService {
  readonly #context: ApiContext;
  #last: { readonly at: number; readonly report: Promise<DoctorReport> } | undefined;

  constructor(rows: DoctorRepository, plane: PlaneSettings, spawner: Spawner) {
    this.#context = {
      rows,
      spawner,
      settings: plane.settings,
      data: plane.dataDir,
      mirrorsDir: plane.mirrorsDir,
      database: () => Promise.resolve(rows.dataSource),
    };
  }

  /** Everything, with details and fixes, for people who may see them. */
  full(): Promise<DoctorReport> {
    const now = performance.now();
    if (this.#last === undefined || now - this.#last.at > freshMs)
      this.#last = { at: now, report: this.#look([...checks, ...planeChecks]) };
    return this.#last.report;
  }

  /** The same checks for probes without a token: paths, versions and addresses stay inside. */
  async ready(): Promise<DoctorReport> {
    const report = await this.full();
    const plain = report.checks.map((check): CheckResult => ({
      ...check,
      detail: check.status === 'PASS' ? 'fine' : 'see gatehouse doctor or the panel',
      fix: check.status === 'PASS' ? null : 'gatehouse doctor',
    }));
    return { ok: !plain.some(({ id, status }) => status === 'FAIL' && stopsServing.has(id)), checks: plain };
  }

  async #look(all: readonly Check<ApiContext>[]): Promise<DoctorReport> {
    const done = await Promise.all(all.map((check) => runCheck(check, this.#context, patienceMs)));
    return { ok: done.every(({ status }) => status !== 'FAIL'), checks: done };
  }
}
