import { z } from 'zod';
import { pageOf, PageQuery } from './page.js';
import { CreatedToken, CreatePrincipal, CreateToken, Principal, Token } from './principal.js';
import { route } from './route.js';
import { idParams } from './route.parts.js';

export const principalRoutes = {
  'principals.list': route({
    method: 'GET',
    path: '/principals',
    summary: 'List principals',
    access: 'principals:read',
    query: PageQuery,
    answers: { 200: pageOf(Principal) },
  }),
  'principals.create': route({
    method: 'POST',
    path: '/principals',
    summary: 'Make a principal',
    access: 'principals:write',
    body: CreatePrincipal,
    creates: true,
    answers: { 201: Principal },
  }),
  'principals.get': route({
    method: 'GET',
    path: '/principals/{id}',
    summary: 'One principal',
    access: 'principals:read',
    params: idParams('principal'),
    answers: { 200: Principal },
  }),
  'principals.change': route({
    method: 'PATCH',
    path: '/principals/{id}',
    summary: 'Disable or enable a principal',
    access: 'principals:write',
    params: idParams('principal'),
    body: z.strictObject({ disabled: z.boolean() }),
    answers: { 200: Principal },
  }),
  'tokens.list': route({
    method: 'GET',
    path: '/tokens',
    summary: 'List tokens, never their secrets',
    access: 'principals:read',
    query: PageQuery,
    answers: { 200: pageOf(Token) },
  }),
  'tokens.create': route({
    method: 'POST',
    path: '/tokens',
    summary: 'Issue a token; its secret is shown once',
    access: 'principals:write',
    body: CreateToken,
    answers: { 201: CreatedToken },
  }),
  'tokens.revoke': route({
    method: 'DELETE',
    path: '/tokens/{id}',
    summary: 'Revoke a token',
    access: 'principals:write',
    params: idParams('token'),
    answers: { 200: Token },
  }),
} as const;
