import { nestLog } from '@gatehouse/orchestration';
import { PlaneSettings } from '@gatehouse/session';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ApiModule } from './api.module.js';
import { DoctorRepository } from './doctor/doctor.repository.js';
import { AccessGuard } from './http/access.guard.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RateLimits } from './http/rate.limits.js';
import { makeAdapter, prepareServer, sendProblem } from './http/server.js';
import { serveDocs } from './pages/docs.page.js';
import { serveMetrics } from './pages/metrics.page.js';
import { servePanel } from './pages/panel.page.js';
import { EventStreams } from './sessions/event.streams.js';

const panelFolder = join(import.meta.dirname, '..', '..', 'panel', 'dist');

/** The whole API, not listening yet. Throws what keeps it from serving. */
export const createApp = async (log: Logger): Promise<NestFastifyApplication> => {
  const plane = PlaneSettings.fromEnvironment(process.env);
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.for(log),
    makeAdapter(plane.settings, log),
    { logger: nestLog(log), bodyParser: false, abortOnError: false },
  );
  const server = app.getHttpAdapter().getInstance();
  await prepareServer(server, plane.settings);
  app.get(RateLimits).use(server);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalGuards(app.get(AccessGuard));
  await server.register(async (pages) => {
    pages.setErrorHandler(sendProblem);
    await servePanel(pages, panelFolder);
    await serveDocs(pages);
    serveMetrics(pages, app.get(DoctorRepository), app.get(EventStreams));
  });
  await app.init();
  return app;
};
