import type { DoctorReport } from '@gatehouse/contracts';
import { Controller } from '@nestjs/common';
import { Answer } from '../http/answer.js';
import { Can, Public, Serves } from '../http/serves.js';
import { version } from '../version.js';
import { DoctorService } from './doctor.service.js';

@Controller()
export class DoctorController {
  constructor(private readonly doctor: DoctorService) {}

  @Serves('doctor.get')
  @Can('workers:read')
  report(): Promise<DoctorReport> {
    return this.doctor.full();
  }

  @Serves('health')
  @Public()
  health(): { status: 'ok'; version: string } {
    return { status: 'ok', version };
  }

  @Serves('ready')
  @Public()
  async ready(): Promise<Answer> {
    const report = await this.doctor.ready();
    return new Answer(report.ok ? 200 : 503, report);
  }
}
