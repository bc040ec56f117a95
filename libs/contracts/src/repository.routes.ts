import { pageOf, PageQuery } from './page.js';
import { EffectivePolicy } from './policy.effective.js';
import { AddRepository, ChangeRepository, Repository } from './repository.js';
import { route } from './route.js';
import { idParams } from './route.parts.js';

export const repositoryRoutes = {
  'repositories.list': route({
    method: 'GET',
    path: '/repositories',
    summary: 'List repositories',
    access: 'repositories:read',
    query: PageQuery,
    answers: { 200: pageOf(Repository) },
  }),
  'repositories.add': route({
    method: 'POST',
    path: '/repositories',
    summary: 'Register a repository by path or URL',
    access: 'repositories:write',
    body: AddRepository,
    creates: true,
    answers: { 201: Repository },
  }),
  'repositories.get': route({
    method: 'GET',
    path: '/repositories/{id}',
    summary: 'One repository',
    access: 'repositories:read',
    params: idParams('repository'),
    answers: { 200: Repository },
  }),
  'repositories.change': route({
    method: 'PATCH',
    path: '/repositories/{id}',
    summary: 'Change the mode',
    access: 'repositories:write',
    params: idParams('repository'),
    body: ChangeRepository,
    answers: { 200: Repository },
  }),
  'repositories.fetch': route({
    method: 'POST',
    path: '/repositories/{id}/fetch',
    summary: 'Bring the mirror up to date',
    access: 'jobs:create',
    params: idParams('repository'),
    answers: { 202: Repository },
  }),
  'repositories.policy': route({
    method: 'GET',
    path: '/repositories/{id}/policy',
    summary: 'The effective policy of a repository',
    access: 'policies:read',
    params: idParams('repository'),
    answers: { 200: EffectivePolicy },
  }),
} as const;
