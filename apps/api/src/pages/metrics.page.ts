import type { FastifyInstance } from 'fastify';
import type { DoctorRepository } from '../doctor/doctor.repository.js';
import type { EventStreams } from '../sessions/event.streams.js';

const line = (name: string, help: string, value: number): string =>
  `# HELP gatehouse_${name} ${help}\n# TYPE gatehouse_${name} gauge\ngatehouse_${name} ${value}\n`;

/** Text for Prometheus: a few numbers of the process and of the work, no names. */
export const serveMetrics = (
  server: FastifyInstance,
  rows: DoctorRepository,
  streams: EventStreams,
): void => {
  server.get('/metrics', async (_, reply) => {
    const { rss, heapUsed } = process.memoryUsage();
    const counts = await rows.counts();
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(
        [
          line('process_resident_memory_bytes', 'Resident memory of the api process.', rss),
          line('process_heap_bytes', 'Heap in use of the api process.', heapUsed),
          line('process_uptime_seconds', 'Age of the api process.', Math.round(process.uptime())),
          line('event_streams', 'Live readers of session events.', streams.readers),
          line('sessions_live', 'Sessions that have not ended.', counts.sessionsLive),
          line('workers_ready', 'Workers that may take work.', counts.workersReady),
          line('tasks_open', 'Durable tasks that are not over.', counts.tasksWaiting),
          line('tasks_dead', 'Durable tasks that were given up.', counts.tasksDead),
        ].join(''),
      );
  });
};
