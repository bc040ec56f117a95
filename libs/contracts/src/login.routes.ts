import { Login, LoginCode, Me } from './principal.js';
import { route } from './route.js';

export const loginRoutes = {
  'login.create': route({
    method: 'POST',
    path: '/login',
    summary: 'Exchange a one-time code or a token for a panel cookie',
    access: 'public',
    body: Login,
    answers: { 200: Me },
  }),
  'login.end': route({
    method: 'POST',
    path: '/logout',
    summary: 'End this panel session',
    access: 'self:read',
    answers: { 204: null },
  }),
  'login.code': route({
    method: 'POST',
    path: '/login-codes',
    summary: 'Make a one-time login code for yourself',
    access: 'self:read',
    answers: { 201: LoginCode },
  }),
  'me.get': route({
    method: 'GET',
    path: '/me',
    summary: 'Who am I, and what may I do',
    access: 'self:read',
    answers: { 200: Me },
  }),
} as const;
