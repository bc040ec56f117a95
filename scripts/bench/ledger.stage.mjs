// A ledger on a Postgres of the bench, and events to write to it.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { Changes, LedgerModule, LedgerService } from '../../libs/domain/ledger/dist/index.js';
import { createDataSource, NotifyHub } from '../../libs/infra/database/dist/index.js';

/** What an agent's step looks like, with the key and the generation that workers send. */
let made = 0;
export const eventOf = (streamId) => ({
  streamId,
  type: 'agent.note',
  actor: 'prn_01JD0000000000000000000000',
  payload: {
    text: 'read src/index.ts and found the place where the limit is checked',
    step: made,
    tool: 'read',
  },
  leaseGeneration: 1,
  dedupeKey: `lea_01JD0000000000000000000000:${(made++).toString(36)}`,
});
export const streams = Array.from({ length: 256 }, (_, i) => `ses_01JD${String(i).padStart(22, '0')}`);

/** The ledger as a process of the plane has it, hints to other processes included. */
export const ledgerOn = async ({ url, folder }) => {
  const dataSource = await createDataSource({ url, applicationName: 'gatehouse bench', poolSize: 10 });
  const hub = new NotifyHub({ url, applicationName: 'gatehouse bench' });
  await hub.start();
  const providers = [
    { provide: DataSource, useValue: dataSource },
    { provide: NotifyHub, useValue: hub },
  ];
  class Given {}
  Module({ providers, exports: [DataSource, NotifyHub] })(Given);
  const root = {
    module: class Bench {},
    imports: [
      { module: Given, global: true },
      LedgerModule.forRoot({ directory: folder, signs: true, onError: (error) => console.error(error) }),
    ],
  };
  const app = await NestFactory.createApplicationContext(root, { logger: ['error'], abortOnError: false });
  const close = async () => {
    await app.close();
    await hub.close();
    await dataSource.destroy();
  };
  const given = (token) => app.get(token, { strict: false });
  return { ledger: given(LedgerService), changes: given(Changes), hub, close };
};
