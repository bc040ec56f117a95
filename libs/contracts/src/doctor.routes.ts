import { DoctorReport, Health } from './doctor.js';
import { route } from './route.js';

export const doctorRoutes = {
  'doctor.get': route({
    method: 'GET',
    path: '/doctor',
    summary: 'Health of the parts, with fixes',
    access: 'workers:read',
    answers: { 200: DoctorReport },
  }),
} as const;

/** Doors for machines and probes, at the root. */
export const probes = {
  health: route({
    method: 'GET',
    path: '/health',
    summary: 'The process is up',
    access: 'public',
    answers: { 200: Health },
  }),
  ready: route({
    method: 'GET',
    path: '/ready',
    summary: 'Every part it needs answers',
    access: 'public',
    answers: { 200: DoctorReport, 503: DoctorReport },
  }),
} as const;
