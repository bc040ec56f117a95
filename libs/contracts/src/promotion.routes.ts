import { z } from 'zod';
import { Lane, LaneQuery, Preflight } from './lane.js';
import { pageOf } from './page.js';
import { AnswerApproval, Approval, Promotion, PromotionQuery } from './promotion.js';
import { route } from './route.js';
import { idParams } from './route.parts.js';
import { text } from './text.js';

export const promotionRoutes = {
  'promotions.list': route({
    method: 'GET',
    path: '/promotions',
    summary: 'List promotions, newest first',
    access: 'promotions:read',
    query: PromotionQuery,
    answers: { 200: pageOf(Promotion) },
  }),
  'promotions.get': route({
    method: 'GET',
    path: '/promotions/{id}',
    summary: 'One promotion',
    access: 'promotions:read',
    params: idParams('promotion'),
    answers: { 200: Promotion },
  }),
  'promotions.preflight': route({
    method: 'GET',
    path: '/promotions/{id}/preflight',
    summary: 'Everything that has to hold before it publishes, asked now',
    access: 'promotions:read',
    params: idParams('promotion'),
    answers: { 200: Preflight },
  }),
  'lanes.list': route({
    method: 'GET',
    path: '/lanes',
    summary: 'Lanes in which something runs or waits',
    access: 'promotions:read',
    query: LaneQuery,
    answers: { 200: z.object({ items: z.array(Lane) }) },
  }),
  'promotions.abort': route({
    method: 'POST',
    path: '/promotions/{id}/abort',
    summary: 'Take a promotion out of its lane',
    access: 'promotions:operate',
    params: idParams('promotion'),
    body: z.strictObject({ reason: text(500).default('aborted on request') }),
    answers: { 200: Promotion },
  }),
  'promotions.retry': route({
    method: 'POST',
    path: '/promotions/{id}/retry',
    summary: 'Put an errored promotion back into its lane',
    access: 'promotions:operate',
    params: idParams('promotion'),
    answers: { 200: Promotion },
  }),
  'approvals.answer': route({
    method: 'POST',
    path: '/promotions/{id}/approvals',
    summary: 'Approve or reject',
    access: 'promotions:approve',
    params: idParams('promotion'),
    body: AnswerApproval,
    answers: { 201: Promotion },
  }),
  'approvals.list': route({
    method: 'GET',
    path: '/promotions/{id}/approvals',
    summary: 'Answers given',
    access: 'promotions:read',
    params: idParams('promotion'),
    answers: { 200: z.object({ items: z.array(Approval) }) },
  }),
} as const;
