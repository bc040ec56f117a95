import { Module } from '@nestjs/common';
import { SchedulesRepository } from './schedule.repository.js';
import { ScheduleRunner } from './schedule.runner.js';
import { ScheduleService } from './schedule.service.js';
import { ScheduleSweep } from './schedule.sweep.js';

const services = [SchedulesRepository, ScheduleService, ScheduleRunner, ScheduleSweep];

/** Jobs at due times; stands beside PlaneModule in api and engine. */
@Module({ providers: services, exports: services })
export class SchedulesModule {}
